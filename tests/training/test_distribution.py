"""Strategies that this process can have: one CPU."""

import os
import platform
import subprocess
import sys

import pytest
import tensorflow as tf

from transfusion_tf.config import TrainConfig
from transfusion_tf.training import distribution

pytestmark = pytest.mark.skipif(
    len(tf.config.list_physical_devices("GPU")) > 1,
    reason="several GPUs: `auto` would be mirrored",
)


@pytest.mark.parametrize("strategy", ["auto", "one_device"])
def test_one_device(strategy):
    made = distribution.make_strategy(TrainConfig(strategy=strategy))
    assert made.num_replicas_in_sync == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"strategy": "mirrored"}, "needs several devices.*--num_virtual_dev"),
        ({"num_virtual_devices": 2}, "goes with --strategy=mirrored"),
        (
            {"strategy": "mirrored", "num_virtual_devices": 3},
            "before TensorFlow is used|multiple of the 3 devices",
        ),
    ],
)
def test_refuses(settings, message):
    tf.constant(0)  # TensorFlow has started: its devices are fixed.
    with pytest.raises(ValueError, match=message):
        distribution.make_strategy(TrainConfig(**settings))


@pytest.mark.skipif(
    bool(tf.config.list_physical_devices("GPU")), reason="there is a GPU"
)
def test_devices_are_called_by_what_they_are():
    strategy = distribution.make_strategy(TrainConfig())
    assert distribution.kinds(strategy) == ["CPU"]


@pytest.mark.skipif(
    platform.machine() != "x86_64", reason="oneDNN as of x86 processors"
)
def test_the_setting_of_onednn_is_that_of_the_import():
    code = (
        "import os, tensorflow; "
        "os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'; "
        "from transfusion_tf.training import distribution; "
        "print(distribution.uses_onednn())"
    )
    environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.stdout == "True\n"
