"""How soon arms reach one validation AUC (Transfusion, figures 6 to 8).

A run has reached the target at the first of two evaluations in a row at which
its validation AUC is at least that, so that one lucky evaluation does not
count. A run that never did is censored at its own end: it would have taken
longer, one cannot say how long.
"""

import dataclasses

import numpy as np

from transfusion_tf.analysis.comparing import (
    learning_curves,
    stage_convergence,
)
from transfusion_tf.statistics import survival

UNITS = ("step", "seconds")
COLUMNS = (
    "arm",
    "network",
    "reference",
    "target",
    "unit",
    "num_runs",
    "num_reached",
    "median",
    "speed_up",
    "low",
    "high",
    "p_value",
    "smallest_p_value",
    "num_images",
    "num_patients",
    "note",
)
RUN_COLUMNS = (
    "arm",
    "run",
    "seed",
    "target",
    "is_reached",
    "step",
    "seconds",
    "final_val_auc",
)
CURVE_COLUMNS = ("arm", "step", "mean", "lowest", "highest", "num_runs")
# Of the way from chance to where the reference ends.
TARGET_SHARE = 0.9
CHANCE = 0.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Convergence:
    """What `compare` returns: rows of three tables, and what is left out.

    Attributes:
        rows: dicts of COLUMNS, one for each arm and unit.
        run_rows: dicts of RUN_COLUMNS, one for each run.
        curve_rows: dicts of CURVE_COLUMNS, one for each arm and step.
        stage_rows: dicts of stage_convergence.COLUMNS; none without runs from
            weight transfusion.
        dataset: name of the data set.
        target: the validation AUC; None where networks have their own.
        left_out: lines on runs that do not count.
    """

    rows: list
    run_rows: list
    curve_rows: list
    stage_rows: list
    dataset: str
    target: float | None
    left_out: list


def compare(paths, *, target=None, reference=None):
    """Returns the Convergence of runs on one data set.

    Args:
        paths: run directories, or patterns of them. Runs that are not finished
            are left out and named.
        target: validation AUC; None: CHANCE and TARGET_SHARE of the way from
            there to the median last AUC of the reference's runs.
        reference: name of the arm that speed-ups are against; None: the one
            arm from random weights.

    Raises:
        ValueError, FileNotFoundError: no finished run, several data sets, or
            no such reference.
    """
    curves, dataset, left_out = learning_curves.read(paths)
    reference = _reference(curves, reference)
    if target is None:
        target = _default_target(curves, reference)
    rows = _arm_rows(curves, _checked(target), reference)
    return Convergence(
        rows=rows,
        run_rows=[_run_row(curve, target) for curve in curves],
        curve_rows=_curve_rows(curves),
        stage_rows=stage_convergence.rows(curves, rows),
        dataset=dataset,
        target=target,
        left_out=left_out,
    )


def compare_networks(paths, *, free=()):
    """Returns the Convergence of each network at each number of images.

    Each has its own target and reference: its arm from random weights; where
    it has none, its first arm.

    Args:
        paths: as for `compare`.
        free: further settings in which runs of an arm may differ.

    Returns:
        Convergence of all of them; networks that have no target are among what
        is left out.

    Raises:
        ValueError, FileNotFoundError: no finished run, a damaged one, several
            data sets, or no network that has a target.
    """
    curves, dataset, left_out = learning_curves.read(paths, free=free)
    groups, kept, rows, run_rows, without = {}, [], [], [], []
    for curve in curves:
        groups.setdefault((curve.network, curve.train_size), []).append(curve)
    for of in groups.values():
        random = [curve.arm for curve in of if curve.is_random]
        reference = (random or [of[0].arm])[0]
        try:
            target = _checked(_default_target(of, reference))
        except ValueError as error:
            without.append(f"{reference}: {error}")
            continue
        kept += of
        rows += _arm_rows(of, target, reference)
        run_rows += [_run_row(curve, target) for curve in of]
    if not kept:
        raise ValueError(without[0])
    return Convergence(
        rows=rows,
        run_rows=run_rows,
        curve_rows=_curve_rows(kept),
        stage_rows=stage_convergence.rows(kept, rows),
        dataset=dataset,
        target=None,
        left_out=[*left_out, *without],
    )


def _checked(target):
    if not CHANCE < target <= 1:
        raise ValueError(
            f"The target is a validation AUC above {CHANCE} and at most 1. "
            f"Received: {target:g}."
        )
    return target


def _reference(curves, name):
    known = list(dict.fromkeys(curve.arm for curve in curves))
    if name is not None and name not in known:
        raise ValueError(
            f"--reference={name} is none of the arms: {'; '.join(known)}."
        )
    random = list(dict.fromkeys(c.arm for c in curves if c.is_random))
    if name is None and len(random) != 1:
        what = "several arms start" if random else "no arm starts"
        raise ValueError(
            f"{what.capitalize()} from random weights; give --reference=ARM, "
            f"one of: {'; '.join(random or known)}."
        )
    return name or random[0]


def _default_target(curves, reference):
    last = [
        curve.evaluations[-1].auc for curve in curves if curve.arm == reference
    ]
    if None in last:
        raise ValueError(
            f"The validation AUC of {reference} is undefined (one class only "
            "in the validation split?), so no target follows from it."
        )
    return CHANCE + TARGET_SHARE * (float(np.median(last)) - CHANCE)


def _run_row(curve, target):
    at = curve.reached(target)
    return {
        "arm": curve.arm,
        "run": curve.run,
        "seed": curve.seed,
        "target": target,
        "is_reached": at is not None,
        **{unit: _time(curve, target, unit)[0] for unit in UNITS},
        "final_val_auc": curve.evaluations[-1].auc,
    }


def _time(curve, target, unit):
    """(time of the event or of the end, whether it is an event)."""
    at = curve.reached(target)
    return getattr(at or curve.evaluations[-1], unit), at is not None


def _arm_rows(curves, target, reference):
    members = {}
    for curve in curves:
        members.setdefault(curve.arm, []).append(curve)
    sizes = learning_curves.val_sizes(curves[0])
    rows = []
    for unit in UNITS:
        times = {
            arm: tuple(
                np.array(
                    [_time(curve, target, unit) for curve in of]
                ).T  # Of times and of 0 or 1.
            )
            for arm, of in members.items()
        }
        for arm, of in members.items():
            rows.append(
                {
                    "arm": arm,
                    "network": of[0].network,
                    "reference": reference,
                    "target": target,
                    "unit": unit,
                    "num_runs": len(times[arm][0]),
                    "num_reached": int(times[arm][1].sum()),
                    "median": survival.median(*times[arm]),
                    **_against(times[arm], times[reference], arm == reference),
                    "num_images": sizes[0],
                    "num_patients": sizes[1],
                }
            )
    return rows


def _against(times, others, is_itself):
    """Speed-up of `times` over `others` with interval and test."""
    found = dict.fromkeys(
        ("speed_up", "low", "high", "p_value", "smallest_p_value")
    )
    note = ""
    if not is_itself:
        medians = [survival.median(*group) for group in (others, times)]
        if None not in medians:
            found["speed_up"] = medians[0] / medians[1]
        else:
            note = "fewer than half of the runs of an arm reached the target"
        tested = survival.log_rank(*times, *others)
        found["p_value"] = tested.p_value
        found["smallest_p_value"] = tested.smallest
        found["low"], found["high"] = survival.speed_up_interval(
            *times, *others
        )
        if not (times[1].any() or others[1].any()):
            note = "no run of either arm reached the target"
    return {**found, "note": note}


def _curve_rows(curves):
    """Mean and range over the runs of an arm where all have an evaluation."""
    values = {}
    for curve in curves:
        for one in curve.evaluations:
            if one.auc is not None:
                values.setdefault(curve.arm, {}).setdefault(
                    one.step, []
                ).append(one.auc)
    num_runs = {
        arm: sum(curve.arm == arm for curve in curves) for arm in values
    }
    return [
        {
            "arm": arm,
            "step": step,
            "mean": float(np.mean(aucs)),
            "lowest": min(aucs),
            "highest": max(aucs),
            "num_runs": len(aucs),
        }
        for arm, of_arm in values.items()
        for step, aucs in sorted(of_arm.items())
        if len(aucs) == num_runs[arm]
    ]
