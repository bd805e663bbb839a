"""What a Ray executor says of its cluster; the rest is in test_executor."""

import socket

import pytest

pytest.importorskip("ray")

import ray

from tests.study import tasks
from transfusion_tf.study.ray_executor import RayActors


def test_an_address_at_which_nothing_answers_is_one_line(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Nobody listens.
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        with RayActors(2, 1) as workers:
            with pytest.raises(OSError, match=f"RAY_ADDRESS={address} "):
                list(workers.run(tasks.where, ["a"]))


def test_each_actor_has_a_gpu_in_the_ray_of_a_program():
    ray.init(
        address="local",
        num_cpus=3,
        num_gpus=2,
        include_dashboard=False,
        log_to_driver=False,
    )
    try:
        with RayActors(None, 1) as workers:
            found = dict(workers.run(tasks.device, range(4)))
        assert set(found.values()) == {"0", "1"}
        assert ray.is_initialized()
        # Three fit the processors, two the GPUs; one fits the processors.
        with RayActors(None, 2) as workers:
            assert (
                len({*dict(workers.run(tasks.where, range(3))).values()}) == 1
            )
    finally:
        ray.shutdown()
