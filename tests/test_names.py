"""Which names are near enough to have been meant."""

import pytest

from transfusion_tf import names
from transfusion_tf.config import run


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("batchsize", ["batch_size"]),
        ("learnign_rate", ["learning_rate"]),
        ("optimiser", ["optimizer"]),
        ("freeze", ["freeze_through"]),
        ("num_epochs", ["epochs"]),
        ("size", ["batch_size", "image_size", "train_size"]),
        *((far, []) for far in ("foo", "lr", "gpus", "resolution", "verbose")),
    ],
)
def test_near(name, expected):
    assert names.near(name, sorted(run.flag_fields())) == expected
