"""Learning rates by hand."""

import pytest

from transfusion_tf import names
from transfusion_tf.config.run import TrainConfig
from transfusion_tf.training import schedules


def rates(total, **settings):
    at = schedules.learning_rate(
        TrainConfig(learning_rate=2.0, **settings), total
    )
    return [at(step) for step in range(total)]


def test_the_family_is_complete():
    assert set(schedules.SCHEDULES) == set(names.SCHEDULES)


def test_constant():
    assert rates(3, schedule="constant") == [2, 2, 2]


def test_cosine_is_half_a_cosine_to_zero():
    assert rates(4, schedule="cosine") == pytest.approx(
        [2, 1 + 0.5**0.5, 1, 1 - 0.5**0.5]
    )


def test_step_falls_by_ten_at_half_and_three_quarters():
    assert rates(8, schedule="step") == pytest.approx(
        [2, 2, 2, 2, 0.2, 0.2, 0.02, 0.02]
    )


def history(*aucs):
    return [{"step": n, "val_auc": auc} for n, auc in enumerate(aucs, start=1)]


def test_plateau_falls_after_as_many_evaluations_without_a_better_auc():
    at = schedules.learning_rate(
        TrainConfig(
            learning_rate=2.0,
            schedule="plateau",
            plateau_factor=0.5,
            plateau_patience=2,
        ),
        20,
    )
    aucs = history(0.6, 0.7, 0.7, 0.6, 0.8, 0.8, 0.7, 0.6, None)
    found = [at(9, aucs[:count]) for count in range(10)]
    # After 0.7 and 0.6, which are not above 0.7; then after 0.8 and 0.7, and
    # again after 0.6 and one that is undefined.
    assert found == [2, 2, 2, 2, 1, 1, 1, 0.5, 0.5, 0.25]


def test_a_plateau_does_not_count_what_comes_before_the_warm_up_ends():
    at = schedules.learning_rate(
        TrainConfig(
            learning_rate=2.0,
            schedule="plateau",
            plateau_patience=1,
            warmup_steps=1,
            freeze_through="conv1",
            unfreeze_at=2,
        ),
        9,
    )
    aucs = history(0.6, 0.5, 0.5, 0.5)
    assert [at(3, aucs[:count]) for count in (2, 3, 4)] == pytest.approx(
        [2, 2, 0.2]
    )


def test_warm_up_rises_to_the_rate_and_the_schedule_takes_the_rest():
    found = rates(6, schedule="cosine", warmup_steps=2)
    assert found == pytest.approx([1, 2, *rates(4, schedule="cosine")])


def test_a_warm_up_of_the_whole_run_is_refused():
    with pytest.raises(ValueError, match="--warmup_steps=6 must be less than"):
        rates(6, warmup_steps=6)


def test_while_frozen_the_rate_is_constant_and_then_the_schedule_begins():
    found = rates(
        9,
        schedule="cosine",
        warmup_steps=2,
        freeze_through="conv1",
        unfreeze_at=3,
        frozen_learning_rate=0.5,
    )
    later = rates(6, schedule="cosine", warmup_steps=2)
    assert found == pytest.approx([0.5, 0.5, 0.5, *later])


def test_while_frozen_the_rate_is_by_default_the_largest():
    found = rates(4, schedule="step", freeze_through="conv1", unfreeze_at=2)
    assert found == pytest.approx([2, 2, *rates(2, schedule="step")])


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"unfreeze_at": 4}, "--unfreeze_at=4 must be less than the 4 steps"),
        (
            {"unfreeze_at": 2, "warmup_steps": 2},
            "less than the 2 steps of the run after --unfreeze_at=2",
        ),
    ],
)
def test_frozen_steps_must_leave_some(settings, message):
    with pytest.raises(ValueError, match=message):
        rates(4, freeze_through="conv1", **settings)
