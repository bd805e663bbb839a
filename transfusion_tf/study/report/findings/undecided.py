"""What a study could not tell, and what would tell it."""

from transfusion_tf.reporting import verdict_text
from transfusion_tf.reporting.html import page
from transfusion_tf.statistics import equivalence
from transfusion_tf.study.report import cells, commands

_UNDECIDED = equivalence.CANNOT_TELL
# Of a study of one seed, whose spread between seeds is not known.
_SEEDS = 5
_EXPLAINED = (
    "That one cannot tell is not to say that there is no difference: the "
    "interval holds differences that would matter as well as none at all. How "
    "much more data would settle it depends on the true difference, which is "
    "not known, so there is a range: from the fewest to the most over "
    "differences within one standard error of the one that was found, at a "
    "power of 80%."
)


def section(context):
    """The page.Section of the comparisons that are undecided."""
    rows = [row for row in context.rows if row["verdict"] == _UNDECIDED]
    open_ones = [row for row in rows if row["difference"] is not None]
    undefined = [row for row in rows if row["difference"] is None]
    blocks = []
    if open_ones:
        blocks += [page.Text(text=_EXPLAINED), _table(context, open_ones)]
        blocks += _more_seeds(context, open_ones)
    if undefined:
        blocks += [
            page.Text(
                text=(
                    "These have no AUC, so nothing can be said of them; other "
                    "test images would be needed, of both kinds:"
                )
            ),
            page.Bullets(
                items=tuple(
                    f"{row['arm']} against {row['reference']}: {row['note']}"
                    for row in undefined
                ),
                kind="warning",
            ),
        ]
    if not blocks:
        blocks.append(_nothing_open(context))
    return page.Section(
        anchor="undecided",
        title="What could not be told, and what would tell it",
        blocks=tuple(blocks),
    )


def _nothing_open(context):
    if not context.rows:
        return page.Text(text="Nothing was compared, so nothing is open.")
    return page.Text(text="Every planned comparison has an answer.")


def _range(row, name):
    low, high = (row[f"settled_by_{name}_{end}"] for end in ("from", "to"))
    if low is None:
        one_seed = 1 in (row["num_seeds"], row["num_reference_seeds"])
        is_unknown = name == "seeds" and one_seed
        return "not known from one seed" if is_unknown else "out of reach"
    if high is None:
        return f"{low} or more"
    return f"{low}" if low == high else f"{low} to {high}"


def _patients(row):
    return _range(row, "patients")


_COLUMNS = (
    cells.Column("arm", "arm"),
    cells.Column("against", "reference"),
    cells.Column("difference [95% interval]", verdict_text.interval, True),
    cells.Column(
        "seeds now",
        lambda row: f"{row['num_seeds']} and {row['num_reference_seeds']}",
        True,
    ),
    cells.Column(
        "seeds that would settle it", lambda row: _range(row, "seeds"), True
    ),
)


def _table(context, rows):
    unit = "patients" if rows[0]["num_patients"] is not None else "images"
    return cells.table(
        rows,
        (
            *_COLUMNS,
            cells.Column(f"test {unit} now", f"num_{unit}", True),
            cells.Column(f"test {unit} that would settle it", _patients, True),
        ),
        caption="Undecided comparisons, and what would settle each.",
        files=(context.table("comparisons.csv"),),
    )


def _more_seeds(context, rows):
    """The command that adds the seeds that settle the rows, if any do."""
    seeds, why = _needed(context, rows)
    if seeds is None:
        return [
            page.Text(
                text=(
                    "More seeds would settle none of them: what is lacking is "
                    "test images."
                )
            )
        ]
    command = commands.run_study(context, seeds=seeds)
    return [page.Missing(title="More seeds", why=why, command=command)]


def _needed(context, rows):
    """(Number of seeds that the study needs, why); None: seeds do not help."""
    config = context.config
    needed = [row["settled_by_seeds_from"] for row in rows]
    needed = [number for number in needed if number is not None]
    if needed and max(needed) > config.seeds:
        return max(needed), (
            "This command adds the fewest seeds that can settle every "
            "comparison that seeds can; runs that are there stay."
        )
    if needed:
        return config.seeds, (
            "Not all runs that were planned are finished. This command trains "
            "the others, whose number may suffice."
        )
    if 1 in {row["num_seeds"] for row in rows}:
        return max(_SEEDS, config.seeds), (
            "From one seed nobody knows how much seeds matter. This command "
            "adds runs of more seeds; those that are there stay."
        )
    return None, None
