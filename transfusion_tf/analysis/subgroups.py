"""AUCs of runs within subgroups: by site, sex, device, and what differs.

The groups are the values of columns that the records carry, which the
predictions have kept.
"""

import dataclasses

import numpy as np

from transfusion_tf import tables
from transfusion_tf.analysis import auc_table
from transfusion_tf.metrics import auc, components, problems, summary
from transfusion_tf.statistics import (
    equivalence,
    intervals,
    variance_components,
)

ALL = "all images"
EMPTY = "(empty)"
MAX_GROUPS = 20
_LEVEL = 0.95
COLUMNS = (
    *auc_table.RUN,
    "column",
    "group",
    "auc_of",
    *auc_table.SIZES,
    "num_positive",
    "num_negative",
    *auc_table.ESTIMATE,
    "note",
)
DIFFERENCE_COLUMNS = (
    *auc_table.RUN,
    "column",
    "auc_of",
    "group",
    "other_group",
    *auc_table.DIFFERENCE,
    "num_shared_patients",
    "note",
)


def run(loaded, columns):
    """Returns {"subgroups", "subgroup_differences": DataFrame}.

    Args:
        loaded: ScoredRuns.
        columns: names of columns that their records carry.

    Raises:
        ValueError: the predictions have no such column, or it has more than
            MAX_GROUPS values.
    """
    found, differences = [], []
    for scored_run in loaded:
        for column in columns:
            groups = _groups(scored_run, column)
            found += _rows(scored_run, column, groups)
            differences += _difference_rows(scored_run, column, groups)
    return {
        "subgroups": tables.frame(found, columns=COLUMNS),
        "subgroup_differences": tables.frame(
            differences, columns=DIFFERENCE_COLUMNS
        ),
    }


def _groups(scored_run, column):
    """{name of a group: (num_images,) bool}, sorted by name."""
    extra = scored_run.predictions.extra
    if column not in extra:
        raise ValueError(
            f"--subgroups={column}: the predictions in {scored_run.root} have "
            f"no such column; they have {', '.join(extra) or 'none'}. Those of "
            "runs have it where make_tfrecords.py was given "
            f"--extra_columns={column} (csv, dicom)."
        )
    values = extra[column]
    names = sorted(set(values.tolist()))
    if len(names) > MAX_GROUPS:
        raise ValueError(
            f"--subgroups={column}: the column has {len(names):,} values, of "
            f"which no groups can be made; at most {MAX_GROUPS} are. Put them "
            "into groups (years of age into decades) when records are made."
        )
    return {name or EMPTY: values == name for name in names}


def _about(scored_run, column):
    about = auc_table.about_run(scored_run)
    return {**{k: about[k] for k in auc_table.RUN}, "column": column}


def _rows(scored_run, column, groups):
    """Rows of all images, then of each group: its AUCs, and their mean."""
    everyone = np.ones(len(scored_run.predictions), bool)
    rows = []
    for group, members in {ALL: everyone, **groups}.items():
        part = scored_run.predictions.taken(members)
        numbers = auc_table.summarize(
            dataclasses.replace(scored_run, predictions=part)
        )
        rows += [
            {
                **_about(scored_run, column),
                **auc_table.auc_cells(of, entry),
                "group": group,
                "num_images": numbers["num_images"],
                "num_patients": numbers["num_patients"],
                "num_positive": entry.get("num_positive"),
                "num_negative": entry.get("num_negative"),
                "level": numbers["level"],
            }
            for of, entry in auc_table.parts_and_mean(numbers)
        ]
    return rows


@dataclasses.dataclass(frozen=True)
class _Group:
    """A group's AUC, what each unit adds to its error, and its units."""

    result: auc.AucResult
    influence: np.ndarray | None
    units: frozenset


def _difference_rows(scored_run, column, groups):
    """Rows of each group against the largest one."""
    if len(groups) < 2:
        return []
    largest = max(groups, key=lambda name: groups[name].sum())
    scored, task = scored_run.predictions, scored_run.data["task"]
    codes = components.group_codes(scored.patients, len(scored))
    rows = []
    for asked in problems.split(task, scored.labels, scored.scores):
        of_groups = {
            name: _group(asked, members & asked.keep, codes)
            for name, members in groups.items()
        }
        about = {
            **_about(scored_run, column),
            "auc_of": summary.name_of(task, scored_run.classes, asked.index),
        }
        for name in groups:
            if name != largest:
                difference = _difference(of_groups[largest], of_groups[name])
                names = {"group": name, "other_group": largest}
                rows.append({**about, **names, **difference})
    adjusted = equivalence.holm([row["p_value"] for row in rows])
    return [
        {**row, "p_adjusted": p_value}
        for row, p_value in zip(rows, adjusted, strict=True)
    ]


def _group(asked, members, codes):
    compared = components.compare(asked.labels[members], asked.scores[members])
    sums = components.sum_by_group(
        compared, codes[members], size=int(codes.max()) + 1
    )
    return _Group(
        auc.from_sums(compared.value, sums, level=_LEVEL),
        sums.influence(),
        frozenset(codes[members].tolist()),
    )


def _difference(other, first):
    """Cells on the AUC of one group less that of the other.

    Patients of both groups make the two AUCs correlated; that is allowed for.
    """
    a, b = other.result, first.result
    cells = {
        "difference": None,
        "low": None,
        "high": None,
        "level": _LEVEL,
        "p_value": None,
        "num_shared_patients": len(other.units & first.units),
        "note": "; ".join(
            dict.fromkeys(
                filter(None, (b.reason or b.note, a.reason or a.note))
            )
        ),
    }
    if a.value is None or b.value is None:
        return cells
    correlation = 0.0
    if other.influence is not None and first.influence is not None:
        norms = np.linalg.norm(other.influence) * np.linalg.norm(
            first.influence
        )
        correlation = float(other.influence @ first.influence / norms)
        spread = a.variance + b.variance
        spread -= 2 * correlation * (a.variance * b.variance) ** 0.5
        cells["p_value"] = variance_components.p_value(
            b.value - a.value, spread, np.inf
        )
    low, high = intervals.difference(
        (a.value, a.low, a.high), (b.value, b.low, b.high), correlation
    )
    return {**cells, "difference": b.value - a.value, "low": low, "high": high}
