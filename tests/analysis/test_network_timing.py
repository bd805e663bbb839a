"""Times of an image: medians without warm-up, of the machine at hand."""

import pytest
import tensorflow as tf

from transfusion_tf.analysis import network_timing
from transfusion_tf.models import zoo


@pytest.fixture(scope="module")
def model():
    return zoo.build("cbr_tiny", num_outputs=2, image_size=16).model


@pytest.fixture
def timed(monkeypatch):
    """Sets how long each call takes; returns the clock and the batches."""

    def set_durations(durations):
        clock, batches, left = [0.0], [], iter(durations)

        def call(images):
            batches.append(tuple(images.shape))
            clock[0] += next(left)
            return tf.zeros(1)

        monkeypatch.setattr(tf, "function", lambda function, autograph: call)
        monkeypatch.setattr(
            network_timing.time, "perf_counter", lambda: clock[0]
        )
        return batches

    return set_durations


def test_the_median_of_calls_after_the_first_is_shared_by_images(
    model, timed, monkeypatch
):
    monkeypatch.setattr(network_timing, "MAX_SECONDS", 1e9)
    batches = timed([100.0] * 3 + [4.0] * 8 + [40.0] * 7)
    assert network_timing.milliseconds(model, 8) == 500
    assert batches == [(8, 16, 16, 3)] * 18


def test_slow_networks_are_timed_less_often(model, timed):
    batches = timed([20.0] * 18)
    assert network_timing.milliseconds(model, 1) == 20_000
    few = network_timing.WARM_CALLS + network_timing.MIN_CALLS
    assert len(batches) == few


def test_a_network_takes_some_time(model):
    assert 0 < network_timing.milliseconds(model, 2) < 10_000


def test_the_machine_is_named():
    kind, version, load = network_timing.machine().split("; ")
    assert "x " in kind or "CPU" in kind or "GPU" in kind
    assert version == f"TensorFlow {tf.__version__}"
    assert float(load.removeprefix("load ")) >= 0
