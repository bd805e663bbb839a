"""What columns that records carry tell of the label, without any image."""

import dataclasses

from transfusion_tf import tables
from transfusion_tf.analysis import subgroups
from transfusion_tf.audit import label_columns

COLUMNS = (
    "dataset",
    "split",
    "column",
    "auc_of",
    "auc",
    "by_chance",
    "p_value",
    "tells_label",
    "unit",
    "group",
    "positives",
    "units",
    "low",
    "high",
    "other_positives",
    "other_units",
    "other_low",
    "other_high",
    "note",
)


def run(loaded):
    """Looks at every carried column and every label, class or threshold.

    Args:
        loaded: ScoredRuns; those of the same images count once.

    Returns:
        DataFrame with COLUMNS, and a list of sentences on columns
        that tell the label.
    """
    rows, sentences, known = [], [], set()
    for one in loaded:
        scored, key = one.predictions, (one.data["fingerprint"], one.split)
        if key in known or not scored.extra:
            continue
        known.add(key)
        unit = "image" if scored.patients is None else "patient"
        found = list(
            label_columns.associations(
                one.data["task"],
                one.classes,
                scored.labels,
                scored.extra,
                scored.patients,
            )
        )
        about = {"dataset": one.data["name"], "split": one.split, "unit": unit}
        rows += [
            {**about, **_association(*association)} for association in found
        ]
        sentences += label_columns.sentences(found, unit=unit).values()
    return tables.frame(rows, columns=COLUMNS), sentences


def _association(column, asked, found):
    cells = {**dataclasses.asdict(found), "tells_label": found.tells_label}
    cells |= {"column": column, "auc_of": asked, "note": cells.pop("reason")}
    value = cells.pop("value")
    return {**cells, "group": (value or subgroups.EMPTY) if found.units else ""}
