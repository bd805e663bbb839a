"""The verdicts of a study: every planned comparison, and each arm."""

from transfusion_tf.reporting import verdict_text
from transfusion_tf.reporting.html import page
from transfusion_tf.statistics import equivalence

_MARKS = {
    equivalence.HELPS: "good",
    equivalence.HELPS_WITHIN_MARGIN: "good",
    equivalence.EQUIVALENT: "good",
    equivalence.HURTS: "bad",
    equivalence.HURTS_WITHIN_MARGIN: "bad",
    equivalence.CANNOT_TELL: "open",
}


def section(context):
    """The page.Section of the verdicts."""
    rows = context.verdict["comparisons"]
    return page.Section(
        anchor="verdicts",
        title="Verdicts",
        blocks=(
            page.Table(
                caption="Every planned comparison.",
                headings=("arm", "against", "difference [95%]", "verdict"),
                rows=tuple(
                    (
                        row["arm"],
                        row["reference"],
                        verdict_text.interval(row),
                        row["verdict"],
                    )
                    for row in rows
                ),
                numbers=(2,),
                files=("../comparisons.csv", "../verdict.json"),
                marks=_MARKS,
            ),
        ),
    )


def sentences(context):
    """At most three sentences on what was found."""
    rows = context.verdict["comparisons"]
    return tuple(
        f"{row['arm']} against {row['reference']}: {verdict_text.words(row)}."
        for row in rows[:3]
    )
