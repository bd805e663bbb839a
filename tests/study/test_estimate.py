"""What a study will take, counted from what a step takes."""

import pytest

from transfusion_tf.study import estimate, grid
from transfusion_tf.study.spec import StudyConfig

COST = estimate.Cost(start=10.0, step=0.5, batch=0.25, weights=1000)
SIZES = {"train": 100, "val": 20, "test": 30}


@pytest.mark.parametrize(
    "settings, keep, steps, seconds, files",
    [
        # 2 x 10 steps; val (2 batches) twice and at the end, test (3) once.
        ({"epochs": 2, "snapshots": 0}, None, 20, 10 + 10 + 9 * 0.25, 3),
        ({"epochs": 2, "snapshots": 0}, "best", 20, 22.25, 1),
        ({"epochs": 2, "snapshots": 0}, "last,snapshots", 20, 22.25, 1),
        # The sizes of a subset count: 4 steps, evaluated at 3 and at 4.
        (
            {"epochs": 1, "train_sizes": "40", "eval_every": 3},
            "initial,last",
            4,
            10 + 2 + 9 * 0.25,
            2,
        ),
    ],
)
def test_of_a_cell(settings, keep, steps, seconds, files):
    values = {"inits": "random", "batch_size": 10, **settings}
    if keep:
        values["keep"] = keep
    config = StudyConfig.from_values(values)
    cell = grid.cells(config)[0][0]
    found = estimate.of_cell(cell, COST, SIZES, config.keep)
    assert (found.steps, found.seconds) == (steps, seconds)
    assert found.num_bytes == files * 1000 + 50 * 60
