"""What came of comparing networks: the rows of a view's CSV.

A row is one measure of one stage of one pair of networks, with its null floors
and, for each, `low` and `high`. What these are says `interval`: "jackknife" for
a confidence interval of `level`; "range of draws" for the smallest and largest
draw of the same images, which is none.
"""

import dataclasses

import numpy as np

from transfusion_tf import progress
from transfusion_tf.analysis import estimates, similarity
from transfusion_tf.statistics import jackknife

COLUMNS = (
    "run",
    "init",
    "step",
    "other_run",
    "other_init",
    "other_step",
    "view",
    "stage",
    "stage_index",
    "measure",
    "draw",
    "value",
    "low",
    "high",
    "chance",
    "chance_low",
    "chance_high",
    "layout",
    "layout_low",
    "layout_high",
    "excess",
    "excess_low",
    "excess_high",
    "interval",
    "level",
    "dropped_x",
    "dropped_y",
    "kept_x",
    "kept_y",
    "effective_rank_x",
    "effective_rank_y",
    "num_datapoints",
    "num_images",
    "num_groups",
    "tolerance",
    "note",
)
# What all rows of a table have in common, for the titles of figures: added
# once the rows of all parts of a view are there.
SUBJECT = ("model", "dataset", "split", "num_patients")
TABLE_COLUMNS = (*COLUMNS, *SUBJECT)
# Column of a value -> its name among those of an Estimate.
_VALUES = {
    "value": "measured",
    "chance": "chance",
    "layout": "layout",
    "excess": "excess",
}

_WEIGHTED_BY_VARIANCE = (
    "cka",
    "cka_plain",
    "procrustes",
    "procrustes_held_out",
)
# How the note on fewer groups than were asked for begins.
FEWER_GROUPS = "Fewer groups"
# Less than two: one direction alone decides.
_FEW_DIRECTIONS = 2


def rows(
    view,
    gathered,
    *,
    measures,
    stages,
    known=None,
    by_draw=False,
    num_groups=1,
):
    """Returns the rows (dicts of COLUMNS) of a view.

    Where a measure is not defined, its value is None and `note` gives the
    reason; `note` also warns of stages with fewer images than directions, of
    networks compared with themselves, and of fewer groups than were asked for.
    `excess` is value minus chance.

    Args:
      view: its name.
      gathered: StageSums of all stages and pairs (Network, Network).
      measures: names, out of similarity.MEASURES.
      stages: names of the stages, bottom to top.
      known: {Network: object with `init` and the checksum `digest`}, as far
        as known.
      by_draw: a row for each draw of images and channels, without interval.
      num_groups: of the jackknife, that were asked for.
    """
    functions = {name: similarity.MEASURES[name] for name in measures}
    known, found = known or {}, {}
    with progress.bar("Measuring", len(stages), unit="stages") as bar:
        for sums in gathered:
            for pair, of_pair in estimates.of_stage(sums, functions).items():
                for measure, estimate in of_pair.items():
                    key = pair, sums.stage, measure
                    found[key] = _observations(estimate, measure, sums, by_draw)
            bar.update()
    pairs = dict.fromkeys(pair for pair, *_ in found)
    return [
        {
            **about(view, pair, known),
            "stage": stage,
            "stage_index": index,
            "measure": measure,
            **observation,
            "note": " ".join(
                filter(
                    None,
                    [
                        _same_weights(pair, known) or observation["note"],
                        _fewer_groups(observation["num_groups"], num_groups),
                    ],
                )
            ),
        }
        for pair in pairs
        for index, stage in enumerate(stages)
        for measure in measures
        for observation in found[pair, stage, measure]
    ]


def about(view, pair, known):
    """The columns on a pair of networks."""
    first, second = pair
    return {
        "run": first.run,
        "init": known[first].init if first in known else None,
        "step": first.step,
        "other_run": second.run,
        "other_init": known[second].init if second in known else None,
        "other_step": second.step,
        "view": view,
    }


def _observations(estimate, measure, sums, by_draw):
    """The columns from `draw` on, once or for each draw."""
    if not (by_draw and sums.drawn):
        return [{"draw": None, **_numbers(estimate, measure, sums)}]
    of_draws = []
    for draw, values in enumerate(estimate.draws):
        one = dataclasses.replace(
            estimate, values=values, intervals=dict.fromkeys(values)
        )
        of_draws.append({"draw": draw, **_numbers(one, measure, sums)})
    return of_draws


def _numbers(estimate, measure, sums):
    """The columns from `value` on, for one Estimate."""
    result, m = estimate.result, estimate.moments
    columns = {}
    for column, name in _VALUES.items():
        interval = estimate.intervals[name]
        prefix = "" if column == "value" else f"{column}_"
        columns[column] = estimate.values[name]
        columns[f"{prefix}low"] = interval and interval.low
        columns[f"{prefix}high"] = interval and interval.high
    counts = ("dropped_x", "dropped_y", "kept_x", "kept_y", "tolerance")
    return {
        **columns,
        **_kind_of_interval(estimate, sums),
        **{name: result and getattr(result, name) for name in counts},
        "effective_rank_x": _defined(m.x.effective_rank),
        "effective_rank_y": _defined(m.y.effective_rank),
        "num_datapoints": m.num_datapoints,
        "num_images": m.num_images,
        "num_groups": sums.num_groups,
        "note": estimate.reason or _warning(estimate, measure),
    }


def _defined(value):
    return None if np.isnan(value) else value


def _kind_of_interval(estimate, sums):
    """The columns `interval` and `level`; None where there is none."""
    if not any(estimate.intervals.values()):
        return {"interval": None, "level": None}
    if sums.drawn:
        return {"interval": estimates.RANGE, "level": None}
    return {"interval": estimates.JACKKNIFE, "level": jackknife.LEVEL}


def _fewer_groups(found, asked):
    """Says that the jackknife left out fewer groups than were asked for."""
    if found >= asked:
        return ""
    intervals = "no intervals" if found < 2 else "wider intervals"
    return (
        f"{FEWER_GROUPS} of images ({found}) than --groups={asked}: too few "
        f"images or patients; {intervals}."
    )


def _same_weights(pair, known):
    """What overrides `note` where weights are compared with themselves."""
    first, second = pair
    digests = [known[n].digest if n in known else n for n in pair]
    if first != second and digests[0] != digests[1]:
        return ""
    return "Both sides are the same weights; their similarity is 1."


def _warning(estimate, measure):
    """What a reader of the value should know."""
    images, result = estimate.moments.num_images, estimate.result
    if result.kept_x is not None and images < max(result.kept_x, result.kept_y):
        return (
            f"Fewer images ({images}) than directions "
            f"({max(result.kept_x, result.kept_y)}): positions of one image "
            "are not independent."
        )
    if measure in _WEIGHTED_BY_VARIANCE:
        sides = estimate.moments.x, estimate.moments.y
        fewest = min(_num_effective_directions(side.cov) for side in sides)
        if fewest < _FEW_DIRECTIONS:
            return (
                f"Variance of a side is that of {fewest:.2f} directions: this "
                "measure sees little else. Few extreme images do that, or "
                "brightness; svcca and cca weigh directions alike."
            )
    if estimate.values["chance"] is None:
        return "No floors: no image had a partner of another patient."
    return ""


def _num_effective_directions(cov):
    """Participation ratio of the variances: tr(C)^2 / tr(C^2)."""
    return float(np.trace(cov) ** 2 / np.sum(cov**2))
