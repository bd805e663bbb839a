"""The share of a cell's studies that count.

`HITS` says of one study of a Cell (verdict_cells.py) whether it counts.
"""

import dataclasses

import numpy as np

from tests.benchmarks import simulated_studies
from transfusion_tf.analysis.comparing import settling
from transfusion_tf.metrics import auc, paired_auc, seed_auc
from transfusion_tf.statistics import equivalence, power


def predicted(cell, *, num=500):
    """The Cell with the number it needs, from the true variances."""
    truth = cell.truth
    found = [
        paired_auc.between(*arms)
        for arms in simulated_studies.studies(
            truth, num, np.random.default_rng(0)
        )
    ]
    parts = {
        name: float(np.mean([getattr(f, name) for f in found]))
        for name in ("patient_variance", "noise_variance", "patients_freedom")
    }
    design = power.Design(
        num_seeds=truth.num_seeds,
        num_units=sum(truth.unit_counts),
        seed_variance=truth.seed_variance,
        **parts,
    )
    predict = {"seeds": power.needed_seeds, "patients": power.needed_units}
    return dataclasses.replace(
        cell,
        number=predict[cell.needs](
            design, truth.difference, margin=cell.margin
        ),
    )


def enlarged(cell):
    """The Cell with a study of the size that was predicted."""
    truth = cell.truth
    if cell.needs == "seeds":
        changes = {"num_seeds": cell.number}
    else:
        share = cell.number / sum(truth.unit_counts)
        changes = {
            "num_positive": round(share * truth.num_positive),
            "num_negative": round(share * truth.num_negative),
        }
    return dataclasses.replace(
        cell, truth=dataclasses.replace(truth, **changes)
    )


def _covers_single(cell, first, other):
    value, sums = simulated_studies.first_network(cell.truth, first)
    found = auc.from_sums(value, sums, level=0.95)
    return found.low <= cell.truth.expected(cell.truth.auc) <= found.high


def _covers_mean(cell, first, other):
    found = seed_auc.over_seeds(first)
    return found.low <= cell.truth.expected(cell.truth.auc) <= found.high


def _covers_difference(cell, first, other):
    found = paired_auc.between(first, other)
    return found.low <= cell.truth.difference <= found.high


def _is_significant(cell, first, other):
    found = paired_auc.between(first, other)
    return found.p_value <= equivalence.SIGNIFICANCE


def _verdict(cell, first, other):
    found = paired_auc.between(first, other)
    return equivalence.verdict(
        found.value,
        *found.bounds(equivalence.EQUIVALENCE_LEVEL),
        p_value=found.p_value,
        margin=cell.margin,
    )


def _is_called_different(cell, first, other):
    return _verdict(cell, first, other) in (
        equivalence.HELPS,
        equivalence.HURTS,
        equivalence.HELPS_WITHIN_MARGIN,
        equivalence.HURTS_WITHIN_MARGIN,
    )


def _is_right(cell, first, other):
    right = equivalence.HELPS
    if cell.truth.difference < 0:
        right = equivalence.HURTS
    return _verdict(cell, first, other) == right


def _is_settled(cell, first, other):
    return _verdict(cell, first, other) != equivalence.CANNOT_TELL


def _is_within(cell, first, other):
    found = paired_auc.between(first, other)
    low, high = found.bounds(equivalence.EQUIVALENCE_LEVEL)
    return low is not None and -cell.margin < low and high < cell.margin


def _range_holds(cell, first, other):
    """Whether the range of would_settle holds the number; None: settled."""
    if _is_settled(cell, first, other):
        return None
    found = paired_auc.between(first, other)
    low, high = settling.needed(found, margin=cell.margin)[cell.needs]
    return low is not None and low <= cell.number <= (high or np.inf)


HITS = {
    "single": _covers_single,
    "mean": _covers_mean,
    "difference": _covers_difference,
    "null": _is_called_different,
    "right": _is_right,
    "within": _is_within,
    "significant": _is_significant,
    "settled": _is_settled,
    "range": _range_holds,
}


def share(cell, num_studies):
    """The Cell as simulated, the share of studies that count, their number."""
    if cell.needs:
        cell = predicted(cell)
    if cell.kind == "settled":
        cell = enlarged(cell)
    rng = np.random.default_rng([ord(c) for c in f"{cell.kind} {cell.truth}"])
    hits = [
        HITS[cell.kind](cell, *arms)
        for arms in simulated_studies.studies(cell.truth, num_studies, rng)
    ]
    known = [hit for hit in hits if hit is not None]
    return cell, float(np.mean(known)), len(known)
