"""Compares runs by arms, from the predictions that they have saved."""

import dataclasses

from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import (
    arms,
    foreign_predictions,
    paired_table,
    references,
)
from transfusion_tf.runs import globs

REMARK_COLUMNS = ("kind", "text")
WARNING, LEFT_OUT = "warning", "left out"  # Kinds of remarks.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the arms of some runs say of each other.

    Attributes:
        arm_rows: of paired_table.ARM_COLUMNS.
        rows: of paired_table.COLUMNS, one for each planned comparison.
        margin: in AUC.
        left_out: lines on runs and arms that are not compared.
        warnings: lines on what the verdicts do not allow for.
        learning_rates: dicts, of study.selection.CHOICE_FIELDS; empty where
            none were chosen.
    """

    arm_rows: list
    rows: list
    margin: float
    left_out: list
    warnings: list
    learning_rates: list = dataclasses.field(default_factory=list)

    def remark_rows(self):
        """Rows of REMARK_COLUMNS, as remarks.csv has them."""
        said = {WARNING: self.warnings, LEFT_OUT: self.left_out}
        return [
            {"kind": kind, "text": text}
            for kind, texts in said.items()
            for text in texts
        ]

    def as_json(self):
        """What verdict.json holds."""
        return {
            "margin": self.margin,
            "comparisons": [_as_json(row) for row in self.rows],
            "left_out": self.left_out,
            "warnings": self.warnings,
            "learning_rates": self.learning_rates,
        }


def compare(
    paths, *, split="test", margin=0.01, reference=None, threshold=None
):
    """Returns the Comparison of runs on one data set.

    Args:
        paths: run directories, or patterns (globs) of them. Runs without
            predictions of `split` (not finished, or failed) are left out and
            named.
        split: "val" or "test".
        margin: largest difference of AUCs that does not matter.
        reference: name of the arm to compare with; None: the random one.
        threshold: ordinal tasks: the AUC is that of grade >= this.

    Raises:
        ValueError, FileNotFoundError: nothing to compare, or runs of several
            data sets.
    """
    runs, left_out = scored_runs(paths, split)
    return compare_scored(
        runs,
        margin=margin,
        reference=reference,
        threshold=threshold,
        left_out=left_out,
    )


def scored_runs(paths, split):
    """(ScoredRuns on one data set, lines on runs that are left out).

    Args:
        paths, split: as for `compare`.

    Raises:
        ValueError, FileNotFoundError: no run has predictions of `split`, or
            there are runs of several data sets.
    """
    found = globs.expanded([str(path) for path in paths])
    finished = [p for p in found if auc_table.has_predictions(p, split)]
    left_out = [
        f"{path}: no predictions of {split}; let train.py finish the run."
        for path in found
        if path not in finished
    ]
    if not finished:
        raise FileNotFoundError(left_out[0])
    runs = auc_table.load(finished, split)
    check_one_data_set(runs)
    return runs, left_out


def compare_scored(
    runs, *, margin=0.01, reference=None, threshold=None, left_out=()
):
    """Returns the Comparison of ScoredRuns with predictions of the same images.

    Args:
        runs: ScoredRuns.
        margin, reference, threshold: as for `compare`.
        left_out: lines on what is not among them.

    Raises:
        ValueError: nothing to compare, or predictions of different images.
    """
    grouped, partial = arms.of_runs(runs)
    if not grouped:
        raise ValueError(f"There is nothing to compare: {'; '.join(partial)}")
    pairs, without = references.of_arms(grouped, reference)
    left_out = [*left_out, *partial, *without]
    return _compared(grouped, pairs, margin, left_out, threshold)


def compare_predictions(paths, *, margin=0.01, reference=None):
    """Returns the Comparison of predictions of any tools, one network a file.

    Args:
        paths: CSV files, see analysis.comparing.foreign_predictions.
        margin: as for `compare`.
        reference: name (file name without suffix) of the one that the others
            are compared with; None: the first.

    Raises:
        ValueError, OSError: files that cannot be read, or of other images.
    """
    grouped = foreign_predictions.read(paths)
    pairs, without = references.of_arms(grouped, reference or grouped[0].name)
    return _compared(grouped, pairs, margin, without)


def _as_json(row):
    """A row of comparisons.csv, its ranges of what would settle as lists."""
    kept = {k: v for k, v in row.items() if not k.startswith("settled")}
    ranges = {
        name: [row[f"settled_by_{name}_from"], row[f"settled_by_{name}_to"]]
        for name in ("seeds", "patients")
    }
    return {**kept, "would_settle": ranges}


def warnings(grouped, left_out):
    """Lines on what the verdicts on some arms do not allow for.

    Args:
        grouped: arms.Arms.
        left_out: lines on runs and arms that are not compared.
    """
    found = []
    single = [arm.name for arm in grouped if len(arm.seeds) == 1]
    if single:
        found.append(
            f"One seed only: {'; '.join(single)}. That other seeds give other "
            "networks is not allowed for."
        )
    if len({len(arm.seeds) for arm in grouped}) > 1:
        numbers = [f"{arm.name} {len(arm.seeds)}" for arm in grouped]
        found.append(
            f"The arms have unequal numbers of seeds: {'; '.join(numbers)}."
        )
    if left_out:
        number = len(left_out)
        what = "run or arm is" if number == 1 else "runs or arms are"
        found.append(f"{number} {what} left out; see left_out.")
    return found


def _compared(grouped, pairs, margin, left_out, threshold=None):
    return Comparison(
        arm_rows=paired_table.arm_rows(grouped, threshold=threshold),
        rows=paired_table.rows(pairs, margin=margin, threshold=threshold),
        margin=margin,
        left_out=left_out,
        warnings=warnings(grouped, left_out),
    )


def check_one_data_set(runs):
    """Raises ValueError for ScoredRuns on records of several fingerprints."""
    known = {run.data["fingerprint"]: run for run in runs}
    if len(known) > 1:
        raise ValueError(
            "Differences are of AUCs on the same images; give runs on one data "
            "set. Received runs on "
            + ", ".join(
                f"{run.data['name']} ({run.name})" for run in known.values()
            )
            + "."
        )
