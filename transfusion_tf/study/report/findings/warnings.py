"""What readers of a study must not miss: all that its verdicts rest on."""

import collections

from transfusion_tf import names, progress, tables
from transfusion_tf.reporting.html import page
from transfusion_tf.runs import record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.report import cells

NAME = "warnings.csv"
COLUMNS = ("about", "text", "num_runs")
RATES_NAME = "learning_rates.csv"
RATE_COLUMNS = ("arm", "learning_rate", "val_auc", "tried", "edge")
STUDY, ARM, RUN, LEFT_OUT = "study", "arm", "run", "left out"
_SHOWN = 8  # More that is left out is folded away.


def section(context):
    """The page.Section of the warnings."""
    rows = rows_of(context)
    tables.write(context.output_dir / NAME, rows, columns=COLUMNS)
    said = {about: [] for about in (STUDY, ARM, RUN, LEFT_OUT)}
    for row in rows:
        said[row["about"]].append(_line(row, len(context.runs)))
    blocks = [
        *_bullets("Of the study:", said[STUDY]),
        *_bullets("Of its arms:", said[ARM]),
        *_bullets("Of its runs:", said[RUN]),
        *_left_out(said[LEFT_OUT]),
    ]
    if not blocks:
        blocks.append(page.Text(text="There is nothing to warn of."))
    blocks += _rates(context)
    blocks.append(_numbers(context))
    return page.Section(
        anchor="warnings", title="Warnings", blocks=tuple(blocks)
    )


def rows_of(context):
    """Rows of COLUMNS: each warning once, with the number of runs it is of.

    Args:
      context: context.Context.
    """
    rows = [
        {"about": STUDY, "text": text, "num_runs": None}
        for text in context.verdict["warnings"]
    ]
    rows += [
        {"about": ARM, "text": f"{row['arm']}: {row['note']}", "num_runs": None}
        for row in context.arm_rows
        if row["note"]
    ]
    counts = collections.Counter()
    for path in progress.over(context.runs, "warnings", unit="run"):
        counts.update(dict.fromkeys(_of_run(RunDir(path)), 1))
    rows += [
        {"about": RUN, "text": text, "num_runs": number}
        for text, number in counts.items()
    ]
    rows += [
        {"about": LEFT_OUT, "text": text, "num_runs": None}
        for text in context.verdict["left_out"]
    ]
    return rows


def _of_run(run):
    """Yields what a run warns of, in words that are those of others."""
    try:
        metrics, report = run.read_metrics(), run.read_init_report()
        total = record.last_step(run)
    except FileNotFoundError:
        yield "Files of the run are gone; what they would warn of is not here."
        return
    for split, numbers in metrics.items():
        if split in names.SPLITS:
            yield from _of_numbers(split, numbers)
    yield from report["warnings"]
    yield from (one["text"] for one in metrics.get("warnings", ()))
    if metrics["best_step"] == total:
        yield (
            "The best weights on val are those of the last step: training may "
            "have ended too early (--epochs, --steps)."
        )


def _of_numbers(split, numbers):
    """Yields the notes and reasons of the numbers of a split."""
    aucs = numbers["aucs"]
    named = [(f"AUC of {entry['name']}", entry) for entry in aucs]
    if len(aucs) > 1:
        named.append(("mean AUC", numbers["auc"]))
    for name, entry in [*named, ("accuracy", numbers["accuracy"])]:
        for said in (entry.get("reason"), entry.get("note")):
            if said:
                yield f"{name} on {split}: {said}."


def _line(row, num_runs):
    if row["num_runs"] is None:
        return row["text"]
    return f"{row['text']} ({row['num_runs']} of {num_runs} runs)"


def _bullets(title, lines):
    if not lines:
        return []
    return [
        page.Text(text=title),
        page.Bullets(items=tuple(lines), kind="warning"),
    ]


def _left_out(lines):
    blocks = _bullets("Left out:", lines)
    if len(lines) <= _SHOWN:
        return blocks
    return [
        page.Details(title="What is left out, and why", blocks=(blocks[1],))
    ]


_RATE_COLUMNS = (
    cells.Column("arm", "arm"),
    cells.Column("chosen", lambda row: f"{row['learning_rate']:g}", True),
    cells.Column(
        "AUC on val", lambda row: cells.number(row["val_auc"], digits=4), True
    ),
    cells.Column("tried", "tried"),
    cells.Column("at the edge", "edge"),
)


def _rates(context):
    """The learning rates of the arms, where there were several to try."""
    rows = rate_rows(context)
    tables.write(context.output_dir / RATES_NAME, rows, columns=RATE_COLUMNS)
    if len(context.config.learning_rates) == 1:
        return []
    return [
        cells.table(
            rows,
            _RATE_COLUMNS,
            caption=(
                "Learning rates, each chosen by the best AUC on val, mean over "
                "seeds. At the edge of those tried a further one may be better."
            ),
            files=(RATES_NAME,),
        )
    ]


def rate_rows(context):
    """Rows of RATE_COLUMNS, one for each arm (and fold)."""
    rates = context.config.learning_rates
    edges = {min(rates): "lowest", max(rates): "highest"}
    return [
        {
            **choice,
            "tried": " ".join(f"{rate:g}" for rate in choice["tried"]),
            "edge": edges.get(choice["learning_rate"], "no")
            if len(rates) > 1
            else "only one",
        }
        for choice in context.verdict["learning_rates"]
    ]


def _numbers(context):
    """Where the warnings stand as a table."""
    return page.Text(
        text=page.joined(
            "All of them as a table: ",
            page.link(NAME, NAME),
            "; as written by the study: ",
            page.link("verdict.json", context.table("verdict.json")),
            ".",
        )
    )
