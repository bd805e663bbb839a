"""What a worker says where it cannot begin, and where another one has ended."""

import json
import socket

import pytest
import tensorflow as tf

from transfusion_tf.config.run import TrainConfig
from transfusion_tf.training import cluster, distribution


@pytest.fixture
def alone():
    """A strategy of one process."""
    return tf.distribute.OneDeviceStrategy("/cpu:0")


def test_a_port_in_use_is_named(monkeypatch):
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        address = f"localhost:{other.getsockname()[1]}"
        task = {"type": "worker", "index": 0}
        config = {"cluster": {"worker": [address, "b:1"]}, "task": task}
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))
        with pytest.raises(ValueError, match=f"{address}, cannot be used"):
            distribution.make_strategy(TrainConfig(strategy="multi_worker"))


def test_virtual_devices_do_not_go_with_several_workers():
    with pytest.raises(ValueError, match="goes with --strategy=mirrored"):
        TrainConfig(strategy="multi_worker", num_virtual_devices=2)


def test_one_process_is_the_chief_and_asks_nobody(alone):
    assert cluster.is_chief(alone) and cluster.num_workers(alone) == 1
    assert cluster.agreed(alone, True) and not cluster.agreed(alone, False)
    assert cluster.broadcast(alone, b"text") == b"text"


def test_of_one_process_an_error_stays_what_it_is(alone):
    with pytest.raises(tf.errors.InternalError):
        with cluster.naming_lost_workers(alone):
            raise tf.errors.InternalError(None, None, "a fault")


@pytest.mark.parametrize("rank", [0, 2])
def test_a_process_takes_the_rows_of_its_devices(monkeypatch, rank):
    class Strategy:
        """Three workers of two devices each."""

        num_replicas_in_sync = 6

        class extended:  # noqa: N801
            worker_devices = ("a", "b")

    monkeypatch.setattr(cluster, "rank", lambda strategy: rank)
    # 7 rows for 6 devices: the bounds are 0, 1, 2, 3, 4, 5, 7.
    expected = {0: [(0, 1), (1, 2)], 2: [(4, 5), (5, 7)]}[rank]
    assert distribution.parts(Strategy, 7) == expected
