"""States: exact, unpickled, and told when damaged."""

import keras
import numpy as np
import pytest

from transfusion_tf.training import state


@pytest.fixture
def variables():
    rng = np.random.default_rng(0)
    return [
        keras.Variable(rng.normal(size=(3, 4)).astype(np.float32)),
        keras.Variable(np.array(7, np.int32), dtype="int32"),
    ]


def test_progress_and_values_come_back_exactly(tmp_path, variables):
    path = tmp_path / "newest.npz"
    progress = state.Progress(
        step=3,
        loss_sum=0.1,
        best_step=2,
        history=[{"step": 2, "val_auc": None}],
    )
    state.save(path, progress, variables)
    kept = [v.numpy().copy() for v in variables]
    for variable in variables:
        variable.assign(variable * 0)
    assert state.restore(path, variables) == progress
    for variable, array in zip(variables, kept, strict=True):
        np.testing.assert_array_equal(variable.numpy(), array)


def test_damage_is_told(tmp_path, variables):
    path = tmp_path / "newest.npz"
    state.save(path, state.Progress(), variables[:1])
    with pytest.raises(ValueError, match="--overwrite starts anew"):
        state.restore(path, variables)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match="--overwrite starts anew"):
        state.restore(path, variables)
