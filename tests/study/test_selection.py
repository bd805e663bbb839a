"""The learning rate of each arm."""

import pytest

from transfusion_tf.study import cell_state, grid, selection
from transfusion_tf.study.cell_state import CellState
from transfusion_tf.study.spec import StudyConfig


def study(aucs, **values):
    """Cells of one arm, and states with {(learning rate, seed): val_auc}."""
    config = StudyConfig.from_values({"inits": "random", "seeds": 2, **values})
    cells, _ = grid.cells(config)
    states = []
    for cell in cells:
        key = cell.learning_rate, cell.seed
        status = cell_state.FINISHED if key in aucs else cell_state.FAILED
        states.append(CellState(status=status, val_auc=aucs.get(key)))
    return cells, states


@pytest.mark.parametrize(
    "aucs, expected",
    [
        # By the mean, not by the best seed.
        ([0.99, 0.5, 0.8, 0.8], 1e-3),
        ([0.9, 0.9, 0.8, 0.8], 1e-2),
        ([0.8, 0.8, 0.8, 0.8], 1e-3),
        ([None, 0.9, 0.6, 0.6], 1e-3),
        ([None, None, None, None], 1e-3),
    ],
)
def test_the_largest_mean_and_of_equal_ones_the_lower(aucs, expected):
    keys = [(1e-2, 0), (1e-2, 1), (1e-3, 0), (1e-3, 1)]
    cells, states = study(
        dict(zip(keys, aucs, strict=True)), learning_rates="1e-2,1e-3"
    )
    (rate,) = selection.chosen(cells, states).values()
    assert rate == expected


def test_a_rate_that_lacks_a_seed_is_not_chosen_by_its_luck():
    aucs = {(1e-2, 0): 0.9, (1e-3, 0): 0.8, (1e-3, 1): 0.8}
    cells, states = study(aucs, learning_rates="1e-2,1e-3")
    assert list(selection.chosen(cells, states).values()) == [1e-3]
    cells, states = study({}, learning_rates="1e-2,1e-3")
    assert selection.chosen(cells, states) == {}


def test_each_arm_and_size_has_its_own():
    config = StudyConfig.from_values(
        {"inits": "random,gabor", "seeds": 1, "train_sizes": "50,all"}
    )
    cells, _ = grid.cells(config)
    best = {"random50": 1e-3, "gabor50": 1e-4, "randomNone": 1e-4}
    states = [
        CellState(
            status=cell_state.FINISHED,
            val_auc=0.5
            + (best.get(f"{c.init}{c.train_size}", 1e-3) == c.learning_rate),
        )
        for c in cells
    ]
    found = selection.chosen(cells, states)
    assert {f"{g[1]}{g[3]}": rate for g, rate in found.items()} == {
        **best,
        "gaborNone": 1e-3,
    }
    lines = "\n".join(selection.warnings(cells, found))
    assert "0.0001 is at the edge of --learning_rates" in lines
    assert "cbr_tiny random all images; cbr_tiny gabor 50 images: a" in lines
    assert "a higher one may be better" in lines


def test_a_choice_within_the_grid_is_not_warned_of_and_a_single_rate_is():
    keys = [(1e-2, 0), (1e-3, 0), (1e-4, 0)]
    aucs = dict(zip(keys, [0.7, 0.8, 0.7], strict=True))
    cells, states = study(aucs, seeds=1, learning_rates="1e-2,1e-3,1e-4")
    rates = selection.chosen(cells, states)
    assert list(selection.warnings(cells, rates)) == []
    cells, states = study(aucs, seeds=1, learning_rates="1e-3")
    (line,) = selection.warnings(cells, selection.chosen(cells, states))
    assert line.startswith("All arms had the learning rate 0.001")
