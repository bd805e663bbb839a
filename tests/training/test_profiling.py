"""Where the time of steps goes."""

import tensorflow as tf

from transfusion_tf.training import profiling

STRATEGY = tf.distribute.OneDeviceStrategy("/cpu:0")


class Step:
    """In the place of a TrainStep: notes what is called, and computes once."""

    def __init__(self):
        self.called = []

    def compiled_parts(self):
        """Three functions of a batch."""
        names = ("loss", "gradients", "step")
        return [lambda _, name=name: self.called.append(name) for name in names]

    def __call__(self, batch, *, step, learning_rate):
        self.called.append(float(batch))
        return batch


def test_parts_are_the_differences_of_what_contains_them():
    found = {
        "forward": [0.01, 0.01, 0.5],  # Medians count.
        "backward": [0.03] * 3,
        "update": [0.035] * 3,
        "host": [0.036] * 3,
        "input": [0.04] * 3,
    }
    rows = profiling._rows(found, [0.002] * 3)
    assert {row["part"]: row["milliseconds"] for row in rows} == {
        "input": 4,
        "forward": 10,
        "backward": 20,
        "update": 5,
        "host": 1,
        "step": 40,
        "input_alone": 2,
    }
    assert [row["share"] for row in rows] == [
        *(0.1, 0.25, 0.5, 0.125, 0.025),
        *(1, 0.05),
    ]
    assert [row["part"] for row in rows[:5]] == list(profiling.PARTS)


def test_kinds_take_turns_on_one_batch_and_others_are_read(tmp_path):
    step = Step()
    batches = tf.data.Dataset.range(1000)
    rows = profiling.measure(
        STRATEGY, step, batches, steps=2, trace_dir=tmp_path
    )
    warm_up = profiling.WARM_UP_STEPS
    rounds = [
        ["loss", "gradients", "step", 0.0, float(number)]
        for number in range(1, warm_up + 3)
    ]
    traced = [float(number) for number in range(warm_up + 3, warm_up + 5)]
    assert step.called == [*sum(rounds, []), *traced]
    whole = next(row for row in rows if row["part"] == "step")
    assert whole["share"] == 1 and whole["milliseconds"] > 0
    (trace,) = tmp_path.glob("plugins/profile/*/*.xplane.pb")
    assert trace.stat().st_size > 0
