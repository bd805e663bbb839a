"""The verdicts of a study: every planned comparison, and each arm."""

from transfusion_tf.reporting import verdict_summary, verdict_text
from transfusion_tf.reporting.figures.comparing import comparisons
from transfusion_tf.reporting.html import page
from transfusion_tf.study.report import (
    cells,
    commands,
    pictures,
    verdict_words,
)
from transfusion_tf.study.report.findings import counts

FIGURE = "comparisons"
_RULES = (
    "Planned comparisons: {count}. An arm helps or hurts where the p value, "
    "adjusted for all of them by Holm's method, is at most 0.05; it is "
    "equivalent where the 90% interval of the difference lies within the "
    "margin of {margin:g}; else these data cannot tell. Not inferior is an arm "
    "that is worse by less than the margin at most, whatever else is open."
)


def sentences(context):
    """At most three sentences on what was found."""
    return verdict_summary.sentences(
        context.rows, context.arm_rows, margin=context.config.margin
    )


def section(context):
    """The page.Section of the verdicts."""
    numbers = counts.write(context)
    blocks = [page.Text(text=_about(context))]
    if context.rows:
        blocks += [
            page.Text(
                text=_RULES.format(
                    count=numbers["comparisons"], margin=context.config.margin
                )
            ),
            _table(context),
            _figure(context),
        ]
    else:
        blocks.append(_nothing(context))
    blocks.append(_arms(context))
    return page.Section(
        anchor="verdicts", title="Verdicts", blocks=tuple(blocks)
    )


def _about(context):
    """On which images, by which AUC."""
    first = context.comparisons_or_arms.iloc[0]
    return (
        f"Arms are judged on {_images(first)} of {first['dataset']}, "
        f"{first['split']}, by: {first['metric']}. An AUC of 1 puts every "
        "image with the finding before every one without it, 0.5 is chance."
    )


def _images(row):
    text = f"{row['num_images']} images"
    patients = row["num_patients"]
    if patients == patients:  # Not NaN.
        return f"{text} of {int(patients)} patients"
    return f"{text} (whose patients are not known)"


def _digits(name, form):
    """A function of a row that says its number in a form, or n/a."""
    return lambda row: "n/a" if row[name] is None else format(row[name], form)


_COMPARISON_COLUMNS = (
    cells.Column("arm", "arm"),
    cells.Column("against", "reference"),
    cells.Column("AUC", _digits("arm_auc", ".4f"), True),
    cells.Column("AUC against", _digits("reference_auc", ".4f"), True),
    cells.Column("difference [95% interval]", verdict_text.interval, True),
    cells.Column("adjusted p", _digits("p_adjusted", ".2g"), True),
    cells.Column("verdict", lambda row: verdict_words.IN_WORDS[row["verdict"]]),
    cells.Column(
        "not inferior", lambda row: "yes" if row["non_inferior"] else "no"
    ),
    cells.Column(cells.NOTE, "note"),
)
_ARM_COLUMNS = (
    cells.Column("arm", "arm"),
    cells.Column("AUC [95% interval]", verdict_summary.auc, True),
    cells.Column("SD of seeds", _digits("seed_sd", ".3f"), True),
    cells.Column("seeds", "num_seeds", True),
    cells.Column(cells.NOTE, "note"),
)


def _table(context):
    return cells.table(
        context.rows,
        _COMPARISON_COLUMNS,
        caption="Every planned comparison: the arm minus its reference.",
        files=(context.table("comparisons.csv"), context.table("verdict.json")),
        marks=verdict_words.MARKS,
    )


def _figure(context):
    return pictures.write(
        context,
        FIGURE,
        comparisons.differences(context.comparisons, context.arms),
        title="AUCs of the arms, and their differences",
        sentence=_figure_sentence(context),
        alt=(
            "On the left the AUC of each arm with its interval and its single "
            "seeds, on the right the difference of each arm from its "
            "reference with the margin around zero. The table above has the "
            "same numbers."
        ),
        files=(context.table("comparisons.csv"), context.table("arms.csv")),
    )


def _figure_sentence(context):
    defined = [r for r in context.rows if r["difference"] is not None]
    if not defined:
        return "No difference is defined here; the table says why."
    lowest, highest = (
        chosen(defined, key=lambda row: row["difference"])
        for chosen in (min, max)
    )
    if lowest is highest:
        return (
            f"{lowest['arm']} minus {lowest['reference']} is "
            f"{verdict_summary.difference(lowest)} in AUC."
        )
    return (
        f"Differences go from {verdict_summary.difference(lowest)} "
        f"({lowest['arm']}) to {verdict_summary.difference(highest)} "
        f"({highest['arm']})."
    )


def _nothing(context):
    """Why nothing is compared, and what would change that."""
    config = context.config
    failed = set(context.cells["status"]) - {"finished"}
    if failed and len(set(config.inits)) > 1:
        why = (
            "Of the arms that were planned only those below have finished "
            "runs. The same command trains the others."
        )
        changes = {}
    else:
        why = (
            "All arms start from the same weights. A start from trained ones "
            "is compared with them by adding it to the study."
        )
        inits = tuple(dict.fromkeys((*config.inits, "pretrained")))
        changes = {"inits": inits, **commands.a_source(context)}
    return page.Missing(
        title="Nothing is compared",
        why=why,
        command=commands.run_study(context, **changes),
    )


def _arms(context):
    return cells.table(
        context.arm_rows,
        _ARM_COLUMNS,
        caption=(
            "Every arm: mean AUC over its seeds, with the interval over other "
            "seeds and patients."
        ),
        files=(context.table("arms.csv"),),
    )
