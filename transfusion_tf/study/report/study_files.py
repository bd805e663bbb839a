"""The tables and the verdict of a study: read, and whether they agree."""

import collections
import dataclasses
import math

import pandas as pd

from transfusion_tf import files, tables
from transfusion_tf.analysis.comparing import paired_table, run_comparison
from transfusion_tf.process.errors import one_line
from transfusion_tf.study import cell_state, selection, summary

_AGAIN = "Start run_study.py again with the same --study_dir."
# Of these a report needs numbers.
_NUMBERS = {
    "study": ("learning_rate", "seed", "steps", "seconds", "val_auc"),
    "arms": ("value", "low", "high", "num_seeds", "num_images"),
    "comparisons": ("arm_auc", "difference", "low", "high", "p_value"),
}
_COLUMNS = {
    "study": summary.COLUMNS,
    "arms": paired_table.ARM_COLUMNS,
    "comparisons": paired_table.COLUMNS,
    "remarks": run_comparison.REMARK_COLUMNS,
}
_MAY_BE_EMPTY = ("comparisons", "remarks")
# Of verdict.json, and not of comparisons.csv in this form.
_SETTLED = "would_settle"
# Means over seeds may be summed in another order.
_TOLERANCE = 1e-9


@dataclasses.dataclass(frozen=True)
class StudyFiles:
    """What a study has written of itself.

    Attributes:
      verdict: dict, verdict.json.
      tables: {"study", "arms", "comparisons", "remarks": DataFrame}.
    """

    verdict: dict
    tables: dict


def read(study):
    """The StudyFiles of a StudyDir.

    Raises:
      FileNotFoundError: the study has no finished run, or a file is gone.
      ValueError: a file is damaged.
    """
    verdict = study.root / "verdict.json"
    paths = {name: study.root / f"{name}.csv" for name in _COLUMNS}
    for path in (verdict, *paths.values()):
        if not path.is_file():
            raise FileNotFoundError(
                f"{study.root} has no {path.name}: none of its runs is "
                f"finished, or not all jobs have ended. {_AGAIN}"
            )
    return StudyFiles(
        verdict=files.read_object(
            verdict,
            _AGAIN,
            comparisons=list,
            left_out=list,
            warnings=list,
            learning_rates=list,
        ),
        tables={name: _table(name, path) for name, path in paths.items()},
    )


def _table(name, path):
    try:
        table = tables.read(path)
    except ValueError as error:  # Of pandas, and of UTF-8.
        raise _damaged(path, one_line(error)) from None
    lacking = [c for c in _COLUMNS[name] if c not in table]
    if lacking:
        raise _damaged(path, f"it has no column {lacking[0]}")
    if name not in _MAY_BE_EMPTY and table.empty:
        raise _damaged(path, "it has no rows")
    for column in _NUMBERS.get(name, ()):
        if len(table) and not pd.api.types.is_numeric_dtype(table[column]):
            raise _damaged(path, f"its column {column} is not all numbers")
    return table


def _damaged(path, reason):
    return ValueError(f"{path} is damaged ({reason}). {_AGAIN}")


def check_agreement(study, config, found):
    """Raises ValueError unless verdict.json is what the tables say.

    Compared are every value of a comparison with comparisons.csv, AUCs and
    numbers of seeds with arms.csv, the seeds of the arms and the learning rates
    with study.csv, warnings and what is left out with remarks.csv, and the
    margin with study.json.

    Args:
      study: StudyDir.
      config: its StudyConfig.
      found: its StudyFiles.
    """
    for field, here, table, there in _differences(study, config, found):
        raise ValueError(
            f"{study.root / 'verdict.json'} and {table} do not agree: {field} "
            f"is {_shown(here)} there and {_shown(there)} here; one of them "
            f"was changed by hand, or is of an earlier state. {_AGAIN}"
        )


def _differences(study, config, found):
    """Yields (field, value in verdict.json, table, value in the table)."""
    verdict, arms = found.verdict, found.tables["arms"]
    if not _same(verdict.get("margin"), config.margin):
        yield "margin", verdict.get("margin"), "study.json", config.margin
    rows = tables.read_text(study.root / "comparisons.csv").to_dict("records")
    said = verdict["comparisons"]
    yield from _of_numbers("comparisons", said, "comparisons.csv", rows)
    for index, (one, row) in enumerate(zip(said, rows, strict=False)):
        one = as_row(one)
        for column in paired_table.COLUMNS:
            if not _same(one.get(column), row[column]):
                field = f"comparisons[{index}].{column}"
                yield field, one.get(column), "comparisons.csv", row[column]
        yield from _of_arms(index, one, arms)
    yield from _of_seeds(config, found)
    yield from _of_rates(found)
    yield from _of_remarks(study, verdict)


def _of_numbers(name, said, table, rows):
    """Whether there are as many as the table has."""
    if len(said) != len(rows):
        yield f"the number of {name}", len(said), table, len(rows)


def as_row(said):
    """A comparison of verdict.json with the columns of comparisons.csv."""
    row = dict(said) if isinstance(said, dict) else {}
    settled = row.pop(_SETTLED, None)
    for name in ("seeds", "patients"):
        ends = settled.get(name) if isinstance(settled, dict) else None
        if isinstance(ends, list) and len(ends) == 2:
            row[f"settled_by_{name}_from"] = ends[0]
            row[f"settled_by_{name}_to"] = ends[1]
    return row


def _of_arms(index, row, arms):
    """What a comparison and the rows of its two arms say differently."""
    by_name = arms.set_index("arm")
    for side, auc, number in (
        ("arm", "arm_auc", "num_seeds"),
        ("reference", "reference_auc", "num_reference_seeds"),
    ):
        name = row[side]
        if name not in by_name.index:
            yield f"comparisons[{index}].{side}", name, "arms.csv", None
            continue
        for column, there in (
            (auc, by_name["value"][name]),
            (number, by_name["num_seeds"][name]),
        ):
            if not _same(row[column], there):
                field = f"comparisons[{index}].{column}"
                yield field, row[column], "arms.csv", there


def _of_seeds(config, found):
    """Whether the seeds of the arms are those of the finished runs."""
    cells = found.tables["study"]
    is_there = cells["status"].eq(cell_state.FINISHED)
    cells = cells[is_there & cells["chosen"].eq("yes")]
    folds = config.num_folds or 1
    of_runs = collections.Counter()
    arm = ["model", "init", "source", "train_size"]
    for _, rows in cells.groupby(arm, sort=False):
        counts = rows.groupby("seed").size()
        whole = counts.index[counts == folds]
        if len(whole):
            of_runs[" ".join(sorted(map(str, whole), key=int))] += 1
    of_arms = collections.Counter(map(str, found.tables["arms"]["seeds"]))
    if of_runs != of_arms:
        yield (
            "the seeds of the finished runs (arms.csv)",
            _listed(of_arms),
            "study.csv",
            _listed(of_runs),
        )


def _listed(counter):
    return "; ".join(sorted(counter.elements()))


def _of_rates(found):
    """Whether the chosen learning rates are those of study.csv."""
    expected = _rates(found.tables["study"])
    said = found.verdict["learning_rates"]
    yield from _of_numbers("learning_rates", said, "study.csv", expected)
    for index, (one, row) in enumerate(zip(said, expected, strict=False)):
        for field in selection.CHOICE_FIELDS:
            here = one.get(field) if isinstance(one, dict) else None
            if not _same(here, row[field]):
                name = f"learning_rates[{index}].{field}"
                yield name, here, "study.csv", row[field]


def _of_remarks(study, verdict):
    """Whether warnings and what is left out are those of remarks.csv."""
    rows = tables.read_text(study.root / "remarks.csv")
    for field, kind in (
        ("warnings", run_comparison.WARNING),
        ("left_out", run_comparison.LEFT_OUT),
    ):
        texts = list(rows["text"][rows["kind"].eq(kind)])
        yield from _of_numbers(field, verdict[field], "remarks.csv", texts)
        for index, (here, there) in enumerate(
            zip(verdict[field], texts, strict=False)
        ):
            if not _same(here, there):
                yield f"{field}[{index}]", here, "remarks.csv", there


def _rates(cells):
    """What study.csv says in the words of selection.CHOICE_FIELDS."""
    finished = cells[cells["status"].eq(cell_state.FINISHED)]
    group = ["model", "init", "source", "train_size", "fold"]
    found = []
    for key, rows in finished.groupby(group, sort=False, dropna=False):
        chosen = rows[rows["chosen"].eq("yes")]
        model, init, source, size, fold = key
        parts = [model, init, source, f"{size} images"]
        parts += [f"fold {fold:g}"] if fold == fold else []
        found.append(
            {
                "arm": " ".join(part for part in parts if part),
                "learning_rate": chosen["learning_rate"].max(),
                "val_auc": chosen["val_auc"].mean(skipna=False),
                "tried": sorted(set(rows["learning_rate"])),
            }
        )
    return found


def _same(here, there):
    """Whether a value of JSON is one of a table, or the text of one."""
    if isinstance(here, list):
        is_list = isinstance(there, list) and len(here) == len(there)
        return is_list and all(map(_same, here, there))
    if here is None:
        return there == tables.UNDEFINED or there != there
    if isinstance(here, str | bool):
        return str(here) == str(there)
    try:
        return math.isclose(here, float(there), rel_tol=_TOLERANCE)
    except (TypeError, ValueError):
        return False


def _shown(value):
    return tables.UNDEFINED if value is None else value
