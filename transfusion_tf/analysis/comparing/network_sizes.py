"""How small a network may be: differences from the best against costs.

The best arm is the one with the highest AUC on val: the highest of several on
test would owe a part of its lead to chance (the winner's curse), and all
others would look too bad beside it. Against it every arm is tested for
non-inferiority on test.
"""

import dataclasses

from transfusion_tf.analysis.comparing import chosen_arms, paired_table
from transfusion_tf.metrics import paired_auc, seed_auc
from transfusion_tf.statistics import equivalence, variance_components

# What a network costs, cheapest first on every axis.
COSTS = (
    "parameters",
    "multiply_adds",
    "milliseconds_single",
    "milliseconds_batch",
)
COLUMNS = (
    "arm",
    "network",
    "dataset",
    "split",
    "metric",
    "image_size",
    "learning_rate",
    "val_auc",
    "value",
    "low",
    "high",
    "level",
    "best",
    "difference",
    "difference_low",
    "difference_high",
    "p_non_inferior",
    "p_adjusted",
    "margin",
    "non_inferior",
    *COSTS,
    "batch_size",
    *(f"front_{cost}" for cost in COSTS),
    "machine",
    "num_seeds",
    "num_images",
    "num_patients",
    "note",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkComparison:
    """Arms by what they cost and how far they are from the best.

    Attributes:
        rows: of COLUMNS, one for each arm, fewest parameters first.
        best: name of the arm that is best on val, or that was asked for.
        is_chosen: whether it was chosen on val.
        margin: in AUC.
        left_out: lines on runs that are not compared.
    """

    rows: list
    best: str
    is_chosen: bool
    margin: float
    left_out: list

    @property
    def smallest(self):
        """The row of the smallest arm not inferior to the best, or None.

        None, too, where no smaller one is shown to be.
        """
        return next((r for r in self.smaller if r["non_inferior"]), None)

    @property
    def best_row(self):
        """The row of the best arm."""
        return next(row for row in self.rows if row["arm"] == self.best)

    @property
    def smaller(self):
        """Rows of arms with fewer parameters than the best, fewest first."""
        most = self.best_row["parameters"]
        return [row for row in self.rows if row["parameters"] < most]


def compare(
    paths,
    costs,
    *,
    split="test",
    margin=0.01,
    reference=None,
    threshold=None,
):
    """Returns the NetworkComparison of runs on one data set.

    Args:
        paths, split, margin, threshold: as for run_comparison.compare. Of runs
            at several learning rates those at the best on val count.
        costs: function of a list of ChosenArms -> for each a dict of COSTS and
            "machine", None for what is not measured.
        reference: name of the arm to stand for the best; None: chosen on val.

    Raises:
        ValueError, FileNotFoundError: nothing to compare, one arm only, runs
            on other numbers of training images or other data, or no best.
    """
    equivalence.check_margin(margin)
    chosen, left_out = chosen_arms.read(paths, split)
    _check_one_size(chosen)
    best = _best(chosen, reference)
    scored = {
        one.arm.name: paired_table.metric_of(one.arm, threshold)
        for one in chosen
    }
    judged = _judged(scored, best.arm.name, margin)
    rows = [
        {
            **_about(one, *scored[one.arm.name]),
            **judged[one.arm.name],
            **cost,
        }
        for one, cost in zip(chosen, costs(chosen), strict=True)
    ]
    _mark_fronts(rows)
    rows.sort(key=lambda row: (row["parameters"], -(row["val_auc"] or 0)))
    return NetworkComparison(
        rows=rows,
        best=best.arm.name,
        is_chosen=reference is None,
        margin=margin,
        left_out=left_out,
    )


def _check_one_size(chosen):
    sizes = sorted({one.config.data.train_size or 0 for one in chosen})
    if len(sizes) > 1:
        text = ", ".join(str(size or "all") for size in sizes)
        raise ValueError(
            "Networks are compared at one number of training images; give "
            f"runs of one --train_size. Received: {text}"
        )
    if len(chosen) == 1:
        raise ValueError(
            f"There is one arm only, {chosen[0].arm.name}; give runs of "
            "several networks."
        )


def _best(chosen, reference):
    known = {one.arm.name: one for one in chosen}
    if reference is not None:
        if reference not in known:
            raise ValueError(
                f"--reference={reference} is none of the arms: "
                f"{'; '.join(known)}."
            )
        return known[reference]
    without = [one.arm.name for one in chosen if one.val_auc is None]
    if without:
        raise ValueError(
            "The best arm is chosen on val, and the val AUC of "
            f"{'; '.join(without)} is missing or undefined; name the best with "
            "--reference=ARM."
        )
    return max(chosen, key=lambda one: one.val_auc)


def _about(one, metric, scored):
    arm = one.arm
    found = seed_auc.over_seeds(scored, level=paired_table.LEVEL)
    patients = arm.patients
    return {
        "arm": arm.name,
        "network": one.config.model.label,
        "dataset": arm.dataset,
        "split": arm.split,
        "metric": metric,
        "image_size": one.image_size,
        "learning_rate": one.config.train.learning_rate,
        "val_auc": one.val_auc,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "level": paired_table.LEVEL,
        "batch_size": one.config.train.batch_size,
        "num_seeds": len(arm.seeds),
        "num_images": len(arm.labels),
        "num_patients": None if patients is None else len(set(patients)),
        "note": paired_table.note(scored, found.reason, [arm]),
    }


def _judged(scored, best, margin):
    """What is known of each arm's difference from the best.

    Args:
        scored: {name of an arm: (its metric, its seed_auc.Arm)}.
        best: name of the best arm.
        margin: in AUC.

    Returns:
        {name: dict of the columns `best` to `non_inferior`}.
    """
    _, first = scored[best]
    others = [name for name in scored if name != best]
    found = [paired_auc.between(first, scored[name][1]) for name in others]
    p_values = [_p_value(one, first.pairs, margin) for one in found]
    judged = {
        best: {
            "best": best,
            "difference": 0.0 if first.values is not None else None,
            "difference_low": None,
            "difference_high": None,
            "p_non_inferior": None,
            "p_adjusted": None,
            "margin": margin,
            "non_inferior": True,
        }
    }
    for name, one, p_value, p_adjusted in zip(
        others, found, p_values, equivalence.holm(p_values), strict=True
    ):
        judged[name] = {
            "best": best,
            "difference": one.value,
            "difference_low": one.low,
            "difference_high": one.high,
            "p_non_inferior": p_value,
            "p_adjusted": p_adjusted,
            "margin": margin,
            "non_inferior": p_adjusted is not None
            and p_adjusted <= equivalence.SIGNIFICANCE,
        }
    return judged


def _p_value(found, pairs, margin):
    """Of being worse than the best by the margin, or None where undefined.

    Args:
        found: PairedAuc.
        pairs: disjoint pairs that an exact interval rests on, see
            paired_auc.paired.
        margin: in AUC.
    """
    if found.interval is None:
        return None
    if found.interval == "exact":
        return float((1 - margin) ** pairs)
    return variance_components.upper_p_value(
        found.value + margin, found.variance, found.degrees_of_freedom
    )


def _mark_fronts(rows):
    """Says of each arm whether no other is both cheaper and better.

    Args:
        rows: dicts of COLUMNS; `front_<cost>` is added, None where the AUC or
            the cost is not known.
    """
    for cost in COSTS:
        known = [
            row
            for row in rows
            if row["value"] is not None and row[cost] is not None
        ]
        for row in rows:
            row[f"front_{cost}"] = None
        for row in known:
            row[f"front_{cost}"] = not any(
                _dominates(other, row, cost) for other in known
            )


def _dominates(other, row, cost):
    is_no_worse = other[cost] <= row[cost] and other["value"] >= row["value"]
    return is_no_worse and (other[cost], other["value"]) != (
        row[cost],
        row["value"],
    )
