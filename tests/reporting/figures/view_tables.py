"""Made tables of the views, and the figures of them."""

import itertools

import numpy as np
import pandas as pd

from transfusion_tf.analysis.views import selection, start_end
from transfusion_tf.reporting.figures import views as similarity_figures

STAGES = ["conv1", "conv2", "conv3", "conv4"]
MEASURES = ["cca", "svcca"]
INITS = {"r0": "random", "r1": "random", "p0": "pretrained", "p1": "pretrained"}


def rows(run, other_run, value, *, step=0, other_step=50, measures=MEASURES):
    """A row a stage and measure; `value` is a function of the stage's index."""
    return [
        {
            "run": run,
            "init": INITS.get(run, "source"),
            "step": step,
            "other_run": other_run,
            "other_init": INITS.get(other_run, "source"),
            "other_step": other_step,
            "stage": stage,
            "stage_index": index,
            "measure": measure,
            "draw": np.nan,
            "value": value(index),
            "low": value(index) - 0.02,
            "high": value(index) + 0.02,
            "interval": "jackknife",
            "level": 0.95,
            "chance": 0.05,
            "layout": 0.2,
            "num_images": 60,
            "model": "cbr_tiny",
            "dataset": "lungs",
            "split": "test",
            "num_patients": 30,
        }
        for (index, stage), measure in itertools.product(
            enumerate(STAGES), measures
        )
    ]


def falling(start):
    return lambda index: start - 0.1 * index


def before_after():
    levels = {"r0": 0.6, "r1": 0.64, "p0": 0.8, "p1": 0.84}
    return [
        row
        for run, level in levels.items()
        for row in rows(run, run, falling(level))
    ]


def pairs(step=50):
    return [
        row
        for place, (a, b) in enumerate(itertools.combinations(INITS, 2))
        for row in rows(
            a,
            b,
            falling(0.5 + 0.05 * place + step / 500),
            step=step,
            other_step=step,
        )
    ]


def reuse():
    found = [
        row
        for run, level in {"p0": 0.8, "r0": 0.5}.items()
        for step, of in ((0, level + 0.1), (50, level))
        for row in rows("source", run, falling(of), step=0, other_step=step)
    ]
    for run, level in (("source", 0.7), ("r0", 0.6)):
        found += rows(
            run,
            run,
            lambda i, level=level: level + 0.03 * i,
            other_step=0,
            measures=["probe_auc"],
        )
    return found


TABLES = {
    "before_after": before_after(),
    "between": pairs(),
    "start_against_end": pairs(0) + pairs(50),
    "dynamics": [
        row
        for run, step in itertools.product(("r0", "p0"), (0, 1, 4, 16, 50))
        for row in rows(run, run, lambda i, s=step: 0.4 + s / 100, step=step)
    ],
    "matrix": pairs(),
    "movement": before_after()
    + rows("r0", "r0", lambda i: 3.0 - i / 2, measures=["l2"]),
    "reuse": reuse(),
}


def draw(view):
    table, more = pd.DataFrame(TABLES[view]), {}
    if selection.VIEWS[view].has_points:
        more["fits"] = start_end.table_of_fits(table)
    return similarity_figures.FIGURES[view](table, **more)
