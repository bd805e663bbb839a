"""Linear probes on made features."""

import numpy as np
import pytest

from transfusion_tf.analysis.views import probe


def features(labels, strength, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(len(labels), 6))
    x[:, 0] += strength * labels
    return x


def auc(task, classes, labels, strength, test_labels=None, groups=None):
    test_labels = labels if test_labels is None else test_labels
    one = labels if labels.ndim == 1 else labels[:, 0]
    other = test_labels if test_labels.ndim == 1 else test_labels[:, 0]
    return probe.score(
        features(one, strength, 0),
        features(other, strength, 1),
        train_labels=labels,
        test_labels=test_labels,
        task=task,
        classes=classes,
        groups=groups,
    )


LABELS = np.arange(400) % 2


def test_features_that_tell_classes_apart_do_and_others_do_not():
    found = auc("multiclass", ("a", "b"), LABELS, 2.0)["auc"]
    # Two normals 2 standard deviations apart: Phi(2 / sqrt(2)) = 0.921.
    assert found["low"] < 0.921 < found["high"]
    nothing = auc("multiclass", ("a", "b"), LABELS, 0.0)["auc"]
    assert nothing["low"] < 0.5 < nothing["high"]


def test_scale_of_a_feature_does_not_matter():
    train, test = features(LABELS, 1.0, 0), features(LABELS, 1.0, 1)
    options = {
        "train_labels": LABELS,
        "test_labels": LABELS,
        "task": "multiclass",
        "classes": ("a", "b"),
        "groups": None,
    }
    one = probe.score(train, test, **options)["auc"]["value"]
    scale = np.array([1e3, 1, 1e-3, 1, 5, 1])
    other = probe.score(train * scale, test * scale, **options)["auc"]["value"]
    assert one == pytest.approx(other, abs=1e-4)


def test_grades():
    labels = np.arange(600) % 3
    found = auc("ordinal", ("0", "1", "2"), labels, 2.0)
    assert [entry["name"] for entry in found["aucs"]] == [">=1", ">=2"]
    assert all(entry["value"] > 0.85 for entry in found["aucs"])


def test_missing_labels_are_left_out():
    labels = np.stack([LABELS, 1 - LABELS], axis=1)
    labels[::5, 1] = -1
    found = auc("multilabel", ("a", "b"), labels, 2.0)
    assert all(entry["value"] > 0.85 for entry in found["aucs"])


def test_a_class_that_training_lacks_has_no_auc():
    found = auc(
        "multiclass",
        ("a", "b", "c"),
        LABELS,
        2.0,
        test_labels=np.arange(400) % 3,
    )
    assert found["aucs"][0]["value"] > 0.7
    assert found["aucs"][2]["value"] is None
    assert "nothing was learned of it" in found["aucs"][2]["reason"]
    # Not the 0.5 of equal scores, neither in the mean.
    mean = np.mean([entry["value"] for entry in found["aucs"][:2]])
    assert found["auc"]["value"] == pytest.approx(mean)
    assert (found["auc"]["num_defined"], found["auc"]["num_total"]) == (2, 3)


@pytest.mark.parametrize("known", [-1, 0, 1])
def test_a_label_that_training_images_do_not_have(known):
    """Missing in all of them, or equal in all of them."""
    training = np.stack([LABELS, np.full(400, known)], axis=1)
    test = np.stack([LABELS, 1 - LABELS], axis=1)
    found = auc("multilabel", ("a", "b"), training, 2.0, test_labels=test)
    assert found["aucs"][0]["value"] > 0.85
    assert found["aucs"][1]["value"] is None
    assert found["auc"]["value"] == found["aucs"][0]["value"]


def test_training_images_of_one_class_leave_nothing_to_learn():
    one = np.ones(400, int)
    for task in ("multiclass", "ordinal"):
        found = auc(task, ("a", "b"), one, 2.0, test_labels=LABELS)["auc"]
        assert found["value"] is found["low"] is None
        assert "nothing was learned" in found["reason"]
    grades = auc("ordinal", "012", LABELS, 2.0, test_labels=np.arange(400) % 3)
    assert grades["aucs"][0]["value"] > 0.85
    assert grades["aucs"][1]["value"] is None


def test_patients_are_the_unit():
    groups = np.array([f"p{n // 4}" for n in range(400)])
    found = auc("multiclass", ("a", "b"), LABELS, 1.0, groups=groups)
    assert (found["unit"], found["num_patients"]) == ("patient", 100)


class Twice:
    """A backbone of one stage that doubles its images."""

    stage_names = ("conv1",)

    def feature_extractor(self):
        return lambda images, training: [2 * images]


def test_features_are_means_over_positions_in_the_order_of_the_images():
    images = np.random.default_rng(0).normal(size=(5, 4, 4, 3))
    batches = [
        {"image": images[rows], "label": np.arange(5)[rows]}
        for rows in (slice(0, 3), slice(3, 5))
    ]
    found, columns = probe.pooled({"n": Twice()}, ["conv1"], batches)
    np.testing.assert_allclose(
        found["n"]["conv1"], 2 * images.mean(axis=(1, 2))
    )
    np.testing.assert_array_equal(columns["label"], np.arange(5))
