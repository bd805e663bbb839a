"""Several devices train as one does, whether or not they divide the batch."""

import json

import numpy as np
import pytest

STEPS = 50


@pytest.fixture
def train(binary, tiny_dataset):
    """train(floatx, steps, optimizer, batch_norm, counts): (losses, means).

    losses[i][step] and means[i][device] are of counts[i] devices.
    """

    def run(*arguments):
        done = binary("tests/shared_batches.py", tiny_dataset, *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.mark.parametrize(("optimizer", "count"), [("sgd", 2), ("adam", 3)])
def test_in_double_precision_the_losses_are_equal(train, optimizer, count):
    (one, several), _ = train(
        "float64", STEPS, optimizer, "synchronized", 1, count
    )
    assert len(one) == STEPS and np.ptp(one) > 0.1
    np.testing.assert_allclose(several, one, rtol=1e-10)


def test_batch_norm_per_replica_weighs_each_image_alike(train):
    # Single precision: the first loss is that of one device where batch norm is
    # synchronized.
    ((one,), (synced,)), (means, _) = train(
        "float32", 1, "sgd", "synchronized", 1, 3
    )
    assert synced == pytest.approx(one, rel=1e-5)
    ((apart,),), (three,) = train("float32", 1, "sgd", "per_replica", 3)
    assert abs(apart - one) > 1e-4
    # Below the first batch norm nothing differs: the mean of the parts' means,
    # each by its number of images, is that of the batch, on every device.
    for found in three:
        np.testing.assert_allclose(found, means[0], rtol=1e-4, atol=1e-6)
