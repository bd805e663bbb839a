"""The view `barrier`: loss and AUC on the line between two runs.

Frankle et al. 2020 (arXiv:1912.05671) and Neyshabur et al. 2020
(arXiv:2008.11687) go from the weights of one run to those of another on the
straight line: where the loss rises between the two there is a barrier, and they
lie in different basins. Neyshabur et al. find none between two runs from the
same pretrained weights.

The barrier is the largest excess over the line between the numbers of the two
ends, and not below 0; `loss_above_mean` is that over the mean of the ends, as
Frankle et al. count it. At each point, the ends included, batch norm is
estimated anew (batch_moments). Runs of the CBR family are also compared with
their channels matched (channels).
"""

import itertools

from transfusion_tf import progress, tables
from transfusion_tf.analysis.interventions import channels, walks
from transfusion_tf.analysis.interventions import subjects as opened_subjects
from transfusion_tf.statistics import jackknife

WITHIN, BETWEEN = "within", "between"
_PAIR = (
    "dataset",
    "model",
    "split",
    "kind",
    "run",
    "arm",
    "other_run",
    "other_arm",
    "channels",
)
_IMAGES = ("num_images", "num_patients", "num_batch_norm_images")
COLUMNS = (
    *_PAIR,
    "alpha",
    "loss",
    "excess_loss",
    "excess_low",
    "excess_high",
    "metric",
    "auc",
    "auc_lost",
    "auc_low",
    "auc_high",
    "level",
    *_IMAGES,
)
_HEIGHTS = (
    "loss_barrier",
    "loss_barrier_alpha",
    "loss_barrier_low",
    "loss_barrier_high",
    "loss_above_mean",
    "auc_barrier",
    "auc_barrier_alpha",
    "auc_barrier_low",
    "auc_barrier_high",
)
HEIGHT_COLUMNS = (
    *_PAIR,
    "metric",
    *_HEIGHTS,
    "level",
    "share_moved",
    *_IMAGES,
    "note",
)
ARM_COLUMNS = (
    "dataset",
    "model",
    "split",
    "kind",
    "arm",
    "other_arm",
    "channels",
    "metric",
    "num_pairs",
    "auc_barrier",
    "lowest_auc_barrier",
    "highest_auc_barrier",
    "loss_barrier",
    "lowest_loss_barrier",
    "highest_loss_barrier",
    "note",
)
NOT_MATCHED = "not matched: channels are matched for the CBR family only"


def make_tables(paths, options):
    """{stem: DataFrame} of the view.

    Args:
      paths: run directories, or patterns of them.
      options: options.InterventionOptions.

    Raises:
      FileNotFoundError, ValueError: as subjects.open_runs, or there is no pair.
    """
    subjects = opened_subjects.open_runs(paths, options, fewest=2)
    pairs = pairs_of(subjects, options.pairs)
    walk = walks.Walk(subjects, options)
    rows, heights = [], []
    for kind, first, second in progress.over(pairs, "Lines", unit="pairs"):
        for found in walk.lines(first, second):
            of_pair, height = _rows(
                subjects,
                kind,
                first,
                second,
                found,
                walk.num_batch_norm_images,
            )
            rows += of_pair
            heights.append(height)
    return {
        "barrier": tables.frame(rows, columns=COLUMNS),
        "barrier_heights": tables.frame(heights, columns=HEIGHT_COLUMNS),
        "barrier_arms": tables.frame(_arm_rows(heights), columns=ARM_COLUMNS),
    }


def pairs_of(subjects, which):
    """[(kind, Subject, Subject)]: seeds of an arm, and arms at equal seeds.

    Args:
      subjects: Subjects.
      which: "all", or one of WITHIN and BETWEEN.

    Raises:
      ValueError: there is no such pair.
    """
    found = [
        (WITHIN, *pair)
        for of_arm in subjects.arms.values()
        for pair in itertools.combinations(of_arm, 2)
    ] + [
        (BETWEEN, first, second)
        for one, other in itertools.combinations(subjects.arms.values(), 2)
        for first, second in itertools.product(one, other)
        if first.config.seed == second.config.seed
    ]
    found = [pair for pair in found if which in ("all", pair[0])]
    if not found:
        raise ValueError(
            f"--pairs={which}: no two of these runs are of one arm, or of two "
            "arms and one seed. Received: "
            + ", ".join(
                f"{one.name} ({one.arm}, seed {one.config.seed})"
                for one in subjects.runs
            )
        )
    return found


def _rows(subjects, kind, first, second, found, num_batch_norm_images):
    """(rows of COLUMNS, one of HEIGHT_COLUMNS) of a line between two runs.

    Args:
      subjects: Subjects.
      kind: WITHIN or BETWEEN.
      first, second: Subjects at the ends.
      found: (walks.AS_TRAINED or MATCHED, share of channels moved, Line).
      num_batch_norm_images: that batch norm was estimated on.
    """
    matching, moved, line = found
    shared, other = (subjects.columns_of(one) for one in (first, second))
    pair = {
        **{name: shared[name] for name in ("dataset", "model", "split")},
        "kind": kind,
        "run": first.name,
        "arm": first.arm,
        "other_run": second.name,
        "other_arm": second.arm,
        "channels": matching,
    }
    images = {
        "level": jackknife.LEVEL,
        "num_images": len(line.labels),
        "num_patients": None
        if line.patients is None
        else len(set(line.patients)),
        "num_batch_norm_images": num_batch_norm_images,
    }
    points = line.points()
    height = {
        "metric": points[0]["metric"],
        **_heights(points),
        "share_moved": moved,
        "note": ""
        if channels.can_match(first.config.model.name)
        else NOT_MATCHED,
    }
    rows = [{**pair, **images, **point} for point in points]
    return rows, {**pair, **images, **height}


def _heights(points):
    """The columns _HEIGHTS of the points of a line, see the module.

    Ends have an excess of 0, so that no barrier is below that.
    """
    found = {}
    for name, excess, low, high in (
        ("loss_barrier", "excess_loss", "excess_low", "excess_high"),
        ("auc_barrier", "auc_lost", "auc_low", "auc_high"),
    ):
        known = [point for point in points if point[excess] is not None]
        # The first of equal ones: an end, where there is no barrier.
        top = max(known, key=lambda point: point[excess], default={})
        found |= {
            name: top.get(excess),
            f"{name}_alpha": top.get("alpha"),
            f"{name}_low": top.get(low),
            f"{name}_high": top.get(high),
        }
    ends = (points[0]["loss"] + points[-1]["loss"]) / 2
    highest = max(point["loss"] for point in points)
    return {**found, "loss_above_mean": highest - ends}


def _arm_rows(heights):
    """Means over the pairs of runs of an arm, or of two: of ARM_COLUMNS."""
    pairs = {}
    for row in heights:
        key = (row["kind"], row["arm"], row["other_arm"], row["channels"])
        pairs.setdefault(key, []).append(row)
    return [
        {
            **{name: rows[0][name] for name in ARM_COLUMNS if name in rows[0]},
            "num_pairs": len(rows),
            **_over_pairs("auc_barrier", rows),
            **_over_pairs("loss_barrier", rows),
        }
        for rows in pairs.values()
    ]


def _over_pairs(name, rows):
    """Mean and range; no interval, since pairs share their runs."""
    values = [row[name] for row in rows if row[name] is not None]
    return {
        name: sum(values) / len(values) if values else None,
        f"lowest_{name}": min(values, default=None),
        f"highest_{name}": max(values, default=None),
    }
