"""How soon a target is reached, by the last stage that was transferred.

Figure 7 of Raghu et al. 2019 (arXiv:1902.07208): the stages up to one start
from the source, the others at random; at the ends of the row stand networks
from random weights alone and those that have taken all stages. Where the others
are those of mean_var (Matsoukas et al. 2022, arXiv:2203.01825), a network of
mean_var alone is at the lower end.
"""

import json
import re

from transfusion_tf.analysis.comparing import arms
from transfusion_tf.config.init import MEAN_VAR, NO_STAGE

ALL_STAGES = "all"
COLUMNS = (
    "series",
    "unit",
    "through",
    "place",
    "arm",
    "num_runs",
    "num_reached",
    "median",
)
# In these the arms of one series differ; scalings follow from the source.
_OF_START = {
    "init",
    "through",
    "rest",
    "mean_var_biases",
    "source",
    "input_scaling",
    "gabor_orientations",
    "gabor_wavelengths",
    "gabor_phases",
    "gabor_bandwidth",
    "gabor_color_fraction",
}


def rows(curves, arm_rows):
    """One row (dict of COLUMNS) for each place of a series, and unit.

    A series is what one network, with all other settings equal, does with one
    source, if there is an arm that has taken some of the stages.

    Args:
        curves: learning_curves.Curves.
        arm_rows: dicts of convergence.COLUMNS of their arms.
    """
    series = _series({curve.arm: curve for curve in curves}.values())
    found = []
    for name, places in series.items():
        order = sorted({place for _, place in places}, key=_height)
        for unit in dict.fromkeys(row["unit"] for row in arm_rows):
            times = {r["arm"]: r for r in arm_rows if r["unit"] == unit}
            for arm, place in sorted(places, key=lambda x: _height(x[1])):
                found.append(
                    {
                        "series": name,
                        "unit": unit,
                        "through": place,
                        "place": order.index(place),
                        "arm": arm,
                        **{key: times[arm][key] for key in COLUMNS[-3:]},
                    }
                )
    return found


def _series(curves):
    """{name of a series: [(arm, last stage)]} of one curve for each arm."""
    placed = [
        (curve, place, _start(curve.settings))
        for curve in curves
        if (place := _place(curve.settings)) is not None
    ]
    first = {}
    for curve, place, start in placed:
        if place not in (NO_STAGE, ALL_STAGES):
            key = (_key(curve.settings), *start.values())
            first.setdefault(key, (curve, start))
    names = _names([curve for curve, _ in first.values()])
    return {
        name: [
            (curve.arm, place)
            for curve, place, start in placed
            if _key(curve.settings) == _key(of.settings)
            and start.items() <= of_start.items()
        ]
        for name, (of, of_start) in zip(names, first.values(), strict=True)
    }


def _start(settings):
    """{setting: value}: what of its start an arm shares with its series."""
    rest = settings["rest"]
    if _place(settings) == NO_STAGE and MEAN_VAR not in (
        settings["init"],
        rest,
    ):
        return {"rest": "random"}
    start = {"source": settings["source"]}
    if settings["init"] != "pretrained":
        start["rest"] = rest or MEAN_VAR
        start["mean_var_biases"] = settings["mean_var_biases"]
    return start


def _place(settings):
    """The last stage that an arm has taken, or None for other starts."""
    return {
        "random": NO_STAGE,
        MEAN_VAR: NO_STAGE,
        "transfusion": settings["through"],
        "pretrained": ALL_STAGES,
    }.get(settings["init"])


def _key(settings):
    shared = {k: v for k, v in settings.items() if k not in _OF_START}
    return json.dumps(shared, sort_keys=True)


def _names(curves):
    """Names of series, by one curve of each: network, source, differences."""
    keys = [json.loads(_key(curve.settings)) for curve in curves]
    names = []
    for curve, key in zip(curves, keys, strict=True):
        parts = [f"{arms.model_label(curve.settings)} {curve.source}"]
        if curve.settings["rest"] == MEAN_VAR:
            biases = ", biases too" if curve.settings["mean_var_biases"] else ""
            parts.append(f"{MEAN_VAR} above{biases}")
        parts += [
            f"{flag}={arms.shown(flag, value)}"
            for flag, value in key.items()
            if flag not in ("model", "truncate_at")
            and arms.tells(flag, [other[flag] for other in keys])
        ]
        names.append(", ".join(parts))
    return [
        name
        if names.count(name) == 1
        else f"{name} {curve.settings['source'][:6]}"
        for name, curve in zip(names, curves, strict=True)
    ]


def _height(stage):
    """Orders stages from the bottom to the top: conv1 or embed, block1, ..."""
    if stage in (NO_STAGE, ALL_STAGES):
        return (0 if stage == NO_STAGE else 2,)
    kind, number = re.fullmatch(r"(\D+)(\d*)", stage).groups()
    return 1, kind == "block", int(number or 0)
