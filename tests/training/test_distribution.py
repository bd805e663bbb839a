"""Strategies that this process can have: one CPU."""

import os
import subprocess
import sys

import pytest
import tensorflow as tf

from transfusion_tf.config.run import TrainConfig
from transfusion_tf.training import distribution

VARIABLE = "TF_FORCE_GPU_ALLOW_GROWTH"

pytestmark = pytest.mark.skipif(
    len(tf.config.list_physical_devices("GPU")) > 1,
    reason="several GPUs: `auto` would be mirrored",
)


@pytest.mark.parametrize("strategy", ["auto", "one_device"])
def test_one_device(strategy):
    made = distribution.make_strategy(TrainConfig(strategy=strategy))
    assert made.num_replicas_in_sync == 1


def test_the_cpu_alone_takes_batches_as_they_are():
    batches = tf.data.Dataset.range(9)
    one_device = distribution.make_strategy(TrainConfig())
    found = distribution.distribute(one_device, batches, 3)
    assert list(map(int, found)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"strategy": "mirrored"}, "needs several devices.*--num_virtual_dev"),
        ({"num_virtual_devices": 2}, "goes with --strategy=mirrored"),
        ({"num_threads": 61}, "--num_threads=61 must be set before TensorFlow"),
        (
            {"strategy": "mirrored", "num_virtual_devices": 3},
            "before TensorFlow is used",
        ),
        ({"batch_norm": "per_replica"}, "goes with several devices"),
    ],
)
def test_refuses(settings, message):
    tf.constant(0)  # TensorFlow has started: its devices are fixed.
    with pytest.raises(ValueError, match=message):
        distribution.make_strategy(TrainConfig(**settings))


@pytest.fixture
def three_gpus(monkeypatch):
    """A process that finds three GPUs; mirroring gives the list of devices."""
    gpus = [
        tf.config.LogicalDevice(name=f"/device:GPU:{n}", device_type="GPU")
        for n in range(3)
    ]
    for kind in ("physical", "logical"):
        monkeypatch.setattr(
            tf.config,
            f"list_{kind}_devices",
            lambda device_type=None: gpus if device_type == "GPU" else [],
        )
    monkeypatch.setattr(
        tf.distribute,
        "MirroredStrategy",
        lambda devices, cross_device_ops=None: devices,
    )
    monkeypatch.setattr(
        tf.distribute, "OneDeviceStrategy", lambda device: [device]
    )


@pytest.mark.parametrize(
    ("batch_size", "used"), [(33, 3), (32, 3), (3, 3), (2, 2), (1, 1)]
)
def test_auto_takes_all_gpus_that_can_have_an_image(
    three_gpus, capsys, batch_size, used
):
    made = distribution.make_strategy(TrainConfig(batch_size=batch_size))
    assert made == [f"/device:GPU:{n}" for n in range(used)]
    printed = capsys.readouterr().out
    if used == 3:
        assert not printed
    else:
        assert printed == (
            f"{used} of 3 GPUs are used, one for each image of "
            f"--batch_size={batch_size}.\n"
        )


def test_mirrored_needs_an_image_a_device(three_gpus):
    config = TrainConfig(strategy="mirrored", batch_size=2)
    with pytest.raises(ValueError, match="the 3 devices.*--batch_size=3 or"):
        distribution.make_strategy(config)


def test_one_device_is_the_first(three_gpus):
    config = TrainConfig(strategy="one_device", batch_size=32)
    assert distribution.make_strategy(config) == ["/device:GPU:0"]


@pytest.mark.parametrize(
    ("environment", "expected"), [({}, "true"), ({VARIABLE: "false"}, "false")]
)
def test_gpu_memory_grows_unless_the_user_says_otherwise(environment, expected):
    # TensorFlow reads it when the GPUs start, whoever starts them.
    inherited = {k: v for k, v in os.environ.items() if k != VARIABLE}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os, transfusion_tf; print(os.environ['{VARIABLE}'])",
        ],
        env={**inherited, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == expected


@pytest.mark.skipif(
    bool(tf.config.list_physical_devices("GPU")), reason="there is a GPU"
)
def test_devices_are_called_by_what_they_are():
    strategy = distribution.make_strategy(TrainConfig())
    assert distribution.kinds(strategy) == ["CPU"]
