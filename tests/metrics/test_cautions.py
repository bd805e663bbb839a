"""Each warning where it is due, by hand, and nowhere else."""

import copy

import numpy as np
import pytest

from transfusion_tf.metrics import cautions, summary

LABELS = np.array([0] * 20 + [1] * 10)


def scores(positives):
    """Scores of two classes that call the images of the slice positive."""
    second = np.full(len(LABELS), 0.2) + np.linspace(0, 0.01, len(LABELS))
    second[positives] += 0.6
    return np.stack([1 - second, second], axis=1)


def numbers(positives, labels=LABELS):
    return summary.summarize(
        "multiclass", ("no", "yes"), labels, scores(positives)
    )


GOOD = numbers(slice(20, 30))
EVALUATED = [{"step": step} for step in range(10, 210, 10)]


def names(
    best_step=100,
    history=EVALUATED,
    audit=None,
    folds=None,
    ema_momentum=None,
    unfreeze_at=None,
    **splits,
):
    found = cautions.of_run(
        {"val": GOOD, "test": GOOD, **splits},
        best_step=best_step,
        history=history,
        audit=audit or {},
        num_folds=folds,
        ema_momentum=ema_momentum,
        unfreeze_at=unfreeze_at,
    )
    assert not [one for one in found if "\n" in one["text"]]
    return [one["name"] for one in found]


def test_a_good_run_is_not_warned_of():
    assert names() == []


def test_few_positives_or_negatives_on_val():
    few = summary.summarize(
        "multiclass", ("no", "yes"), LABELS[1:], scores(0)[1:]
    )
    assert few["aucs"][0]["num_positive"] == 10
    assert "few_in_val" not in names(val=few)
    few = copy.deepcopy(GOOD)
    few["aucs"][0]["num_negative"] = 9
    assert names(val=few) == ["few_in_val"]
    assert names(test=few) == []


@pytest.mark.parametrize(("last", "expected"), [(99, ["few_steps"]), (100, [])])
def test_few_steps(last, expected):
    history = [{"step": step} for step in (40, 80, last)]
    assert names(best_step=80, history=history) == expected


@pytest.mark.parametrize(
    ("count", "best", "expected"),
    [(20, 1, True), (20, 2, True), (20, 3, False), (3, 1, True), (2, 1, False)],
)
def test_best_weights_within_the_first_tenth(count, best, expected):
    history = [{"step": 100 * n} for n in range(1, count + 1)]
    found = names(best_step=100 * best, history=history)
    assert found == (["best_is_first"] if expected else [])


def test_an_average_that_reaches_back_to_the_start():
    # Of 200 steps: 0.99^199 is 0.135, and 0.98^199 is 0.018.
    assert names(ema_momentum=0.99) == ["average_lags"]
    assert names(ema_momentum=0.98) == []
    # With 50 steps since it began anew: 0.98^49 is 0.37.
    assert names(ema_momentum=0.98, unfreeze_at=150) == ["average_lags"]
    assert names() == []


def test_one_answer_for_all_images():
    # Two in three are negative, and it always says so: as good as a constant.
    assert numbers(slice(0))["accuracy"]["majority"] == pytest.approx(2 / 3)
    assert names(test=numbers(slice(0))) == ["one_answer_test"]
    # It is right where there is one class only.
    alone = numbers(slice(0), np.zeros(30, int))
    assert names(test=alone) == []


def test_an_accuracy_below_that_of_the_most_frequent_answer():
    assert names(val=numbers(slice(0, 2))) == ["below_majority_val"]


def test_the_most_frequent_answers_of_labels_are_each_label_s_own():
    labels = np.array([[1, 0], [1, 0], [1, -1], [0, 1]])
    found = summary.accuracy(
        "multilabel", labels, np.full((4, 2), 0.7), np.arange(4)
    )
    # Three of four, and two of the three that are there.
    assert found["majority"] == pytest.approx(5 / 7)
    assert found["num_answers"] == 1


def test_training_images_like_those_of_the_test_split():
    audit = {"train_images_like_later_ones": 7, "near_pairs": {"train-test": 9}}
    assert names(audit=audit) == ["look_alikes"]
    gone = {"dropped": {"train": 3}, "near_dropped": {"train": 4, "val": 1}}
    assert names(audit={**audit, **gone}) == []
    # Folds are cut from all images, whatever was dropped of a split.
    assert names(audit={**audit, **gone}, folds=5) == ["look_alikes"]
    assert names(audit={"near_pairs": {}}, folds=5) == []
