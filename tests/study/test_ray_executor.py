"""What a Ray executor says of its cluster; the rest is in test_executor."""

import socket

import pytest

pytest.importorskip("ray")

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
