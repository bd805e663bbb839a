"""Several devices train as one does, whether or not they divide the batch."""

import json

import numpy as np
import pytest

STEPS = 50


@pytest.fixture
def losses(binary, tiny_dataset):
    """losses(floatx, steps, optimizer, counts): (len(counts), steps)."""

    def train(*arguments):
        done = binary("tests/shared_batches.py", tiny_dataset, *arguments)
        assert done.returncode == 0, done.stderr
        return np.array(json.loads(done.stdout.splitlines()[-1]))

    return train


@pytest.mark.parametrize(("optimizer", "count"), [("sgd", 2), ("adam", 3)])
def test_in_double_precision_the_losses_are_equal(losses, optimizer, count):
    one, several = losses("float64", STEPS, optimizer, 1, count)
    assert len(one) == STEPS and np.ptp(one) > 0.1
    np.testing.assert_allclose(several, one, rtol=1e-10)


def test_in_single_precision_the_first_loss_is_equal(losses):
    (one,), (several,) = losses("float32", 1, "sgd", 1, 3)
    assert several == pytest.approx(one, rel=1e-5)
