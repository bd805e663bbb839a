"""When things happen in a run."""

import pytest

from transfusion_tf.config import TrainConfig
from transfusion_tf.training import loop


def plan(num_train=100, **settings):
    return loop.Plan.of(TrainConfig(batch_size=10, **settings), num_train)


def test_epochs_and_steps():
    assert plan(epochs=3).total_steps == 30
    assert plan(steps=7).total_steps == 7
    assert plan(num_train=109).steps_per_epoch == 10  # The rest is left out.


def test_evaluations_come_once_an_epoch_or_as_asked_and_at_the_end():
    def steps(made):
        return [s for s in range(1, made.total_steps + 1) if made.evaluates(s)]

    assert steps(plan(epochs=2)) == [10, 20]
    assert steps(plan(steps=25)) == [10, 20, 25]
    assert steps(plan(steps=9, eval_every=4)) == [4, 8, 9]


def test_snapshots_are_log_spaced_with_the_start_and_the_end():
    assert sorted(plan(steps=1000, snapshots=4).snapshots) == [
        0,
        1,
        10,
        100,
        1000,
    ]
    assert sorted(plan(steps=1000, snapshots=0).snapshots) == [0, 1000]


def test_less_than_a_batch_is_refused():
    with pytest.raises(ValueError, match="more than the 9 training images"):
        plan(num_train=9)
