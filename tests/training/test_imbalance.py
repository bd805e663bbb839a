"""Weights and biases: scikit-learn's, by hand, and by what they are for."""

import numpy as np
import pytest
from sklearn.utils import class_weight

from tests import idle_steps, short_trainings
from transfusion_tf import files
from transfusion_tf.config.run import TrainConfig
from transfusion_tf.training import imbalance, tasks

GRADES = np.array([0] * 12 + [1] * 5 + [2] * 3)
# Labels of five images; the second label is missing in two of them.
LABELS = np.array([[1, 0], [0, -1], [0, 1], [0, 1], [0, -1]])


def of_classes(labels=GRADES, task="multiclass", **settings):
    classes = ("none", "mild", "severe")
    return imbalance.of(TrainConfig(**settings), task, classes, labels)


def of_labels(labels=LABELS, **settings):
    return imbalance.of(
        TrainConfig(**settings), "multilabel", ("a", "b"), labels
    )


@pytest.mark.parametrize("task", ["multiclass", "ordinal"])
def test_balanced_weights_are_those_of_scikit_learn(task):
    found = of_classes(task=task, class_weights=["balanced"])
    expected = class_weight.compute_class_weight(
        "balanced", classes=np.arange(3), y=GRADES
    )
    np.testing.assert_allclose(found.class_weights, expected)
    np.testing.assert_allclose(found.loss_weights, expected, rtol=1e-6)


def test_weights_that_are_given_keep_their_ratios_and_get_a_mean_of_one():
    found = np.array(of_classes(class_weights=["1", "2", "8"]).class_weights)
    np.testing.assert_allclose(found / found[0], [1, 2, 8])
    assert found[GRADES].mean() == pytest.approx(1)


def test_labels_are_balanced_by_those_that_are_there():
    pairs = np.array(of_labels(positive_weights=["balanced"]).label_weights)
    # 4 negatives to 1 positive, and 1 to 2: what is missing does not count.
    np.testing.assert_allclose(pairs[:, 1] / pairs[:, 0], [4, 1 / 2])
    np.testing.assert_allclose(pairs, [[5 / 8, 5 / 2], [3 / 2, 3 / 4]])


def test_missing_labels_change_neither_weights_nor_bias():
    settings = {"positive_weights": ["3", "2"], "head_bias": "prior"}
    more = np.concatenate([LABELS, np.full((9, 2), -1)])
    assert of_labels(more, **settings) == of_labels(**settings)


def test_the_head_begins_at_the_shares_of_the_training_images():
    found = of_classes(head_bias="prior")
    shares = tasks.scores("multiclass", np.array([found.head_bias])).numpy()
    np.testing.assert_allclose(shares, [[0.6, 0.25, 0.15]])
    assert found.loss_weights is None
    found = of_labels(head_bias="prior")
    shares = tasks.scores("multilabel", np.array([found.head_bias])).numpy()
    np.testing.assert_allclose(shares, [[1 / 5, 2 / 3]])


@pytest.mark.parametrize(
    ("make", "labels", "weights", "task"),
    [
        (of_classes, GRADES, {"class_weights": ["1", "2", "9"]}, "multiclass"),
        (of_labels, LABELS, {"positive_weights": ["3", "0.5"]}, "multilabel"),
    ],
)
def test_no_other_constant_has_less_of_the_weighted_loss(
    make, labels, weights, task
):
    found = make(head_bias="prior", **weights)

    def loss(bias):
        logits = np.tile(np.array(bias, np.float64), (len(labels), 1))
        return (
            tasks.losses(task, labels, logits, found.loss_weights)
            .numpy()
            .mean()
        )

    best = loss(found.head_bias)
    rng = np.random.default_rng(0)
    for _ in range(20):
        moved = found.head_bias + rng.normal(0, 0.1, len(found.head_bias))
        assert loss(moved) > best


def test_without_options_there_is_nothing_to_do():
    assert not imbalance.is_asked_for(TrainConfig())
    assert of_classes() == imbalance.Balance()
    assert of_classes().loss_weights is None


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (of_classes, {"class_weights": ["1", "2"]}, "needs 3 numbers.*: 2$"),
        (of_classes, {"positive_weights": ["balanced"]}, "give --class_weigh"),
        (of_labels, {"class_weights": ["balanced"]}, "give --positive_weights"),
        (of_labels, {"positive_weights": ["1"]}, "needs 2 numbers.* a, b"),
    ],
)
def test_refuses_weights_of_others(make, settings, message):
    with pytest.raises(ValueError, match=message):
        make(**settings)


@pytest.mark.parametrize(
    "settings", [{"class_weights": ["balanced"]}, {"head_bias": "prior"}]
)
def test_a_class_without_training_images_is_named(settings):
    option = "--class_weights=balanced|--head_bias=prior"
    with pytest.raises(ValueError, match=f"^({option}) needs.*: severe"):
        of_classes(GRADES[:15], **settings)


def test_a_label_without_negatives_is_named():
    with pytest.raises(ValueError, match="positives and negatives.*: b"):
        of_labels(np.array([[1, 1], [0, 1]]), positive_weights=["balanced"])


def test_weights_of_nothing_are_refused():
    with pytest.raises(ValueError, match="the weight 0"):
        of_classes(GRADES[:15], class_weights=["0", "0", "1"])


@pytest.mark.parametrize(
    "words",
    [["even"], ["-1", "2"], ["nan", "1"], ["0", "0"], ["balanced", "1"]],
)
def test_refuses_words_that_are_no_weights(words):
    for flag in ("class_weights", "positive_weights"):
        with pytest.raises(ValueError, match=f"^--{flag} must be balanced, or"):
            TrainConfig(**{flag: words})


@pytest.mark.parametrize("flag", ["class_weights", "positive_weights"])
def test_a_prior_of_balanced_shares_is_refused(flag):
    with pytest.raises(ValueError, match="--head_bias=prior does nothing with"):
        TrainConfig(head_bias="prior", **{flag: ["balanced"]})


def test_a_run_takes_them_from_its_own_subset_and_says_so(
    tiny_dataset, tmp_path, monkeypatch
):
    steps = idle_steps.replace_steps(monkeypatch)
    train = short_trainings.starter(tiny_dataset, tmp_path)
    run = train(
        class_weights=["1", "3"], head_bias="prior", train_size=41, steps=1
    )
    plan = files.read_json(run.config)["plan"]
    # Of 41 images one class has 20: the mean weight is one.
    low = 41 / (21 + 3 * 20), 41 / (20 + 3 * 21)
    weights = plan["class_weights"]
    assert min(abs(weights[0] - x) for x in low) < 1e-12
    assert weights[1] == pytest.approx(3 * weights[0])
    assert plan["label_weights"] is None
    (taken,) = steps
    assert taken.about[-1] == pytest.approx(weights)
    report = run.read_init_report()
    assert report["variables"]["logits/bias"] == "prior"
    assert report["counts"]["prior"] == 1
