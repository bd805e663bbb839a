"""How soon a target is reached, by the last stage that was transferred.

Figure 7 of Raghu et al. 2019 (arXiv:1902.07208): the stages up to one start
from the source, the others at random; at the ends of the row stand networks
from random weights alone and those that have taken all stages.
"""

import json
import re

from transfusion_tf.analysis.comparing import arms
from transfusion_tf.config.init import NO_STAGE

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
    random, taking = {}, {}
    for curve in curves:
        place = _place(curve.settings)
        key = _key(curve.settings)
        if place == NO_STAGE:
            random.setdefault(key, []).append((curve.arm, place))
        elif place is not None:
            source = curve.settings["source"]
            taking.setdefault((key, source), []).append((curve, place))
    taking = {
        key: found
        for key, found in taking.items()
        if any(place != ALL_STAGES for _, place in found)
    }
    names = _names([found[0][0] for found in taking.values()])
    return {
        name: [*random.get(key, ()), *((c.arm, place) for c, place in found)]
        for name, ((key, _), found) in zip(names, taking.items(), strict=True)
    }


def _place(settings):
    """The last stage that an arm has taken, or None for other starts."""
    return {
        "random": NO_STAGE,
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
        parts += [
            f"{flag}={arms.shown(flag, value)}"
            for flag, value in key.items()
            if flag not in ("model", "truncate_at")
            and len({str(other[flag]) for other in keys}) > 1
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
