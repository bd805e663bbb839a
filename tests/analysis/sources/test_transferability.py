"""LogME against the evidence that SciPy computes, LEEP by hand."""

import numpy as np
import pytest
from scipy import optimize, stats

from transfusion_tf.analysis.sources import transferability


def direct(features, target, alpha, beta):
    """log N(target; 0, 1 / beta + features features' / alpha), per image."""
    count = len(target)
    covariance = np.eye(count) / beta + features @ features.T / alpha
    normal = stats.multivariate_normal(np.zeros(count), covariance)
    return normal.logpdf(target) / count


def largest(features, target):
    """The maximum of `direct` over both precisions, by Nelder and Mead."""
    found = optimize.minimize(
        lambda logs: -direct(features, target, *np.exp(logs)),
        [0.0, 0.0],
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-10},
    )
    return -found.fun


def made(count, width, seed=0, noise=0.5):
    """Features, and classes 0 and 1 that one direction of them tells."""
    rng = np.random.default_rng(seed)
    features = rng.normal(0.3, 1, (count, width))
    labels = features[:, 0] + noise * rng.normal(size=count) > 0.3
    return features, labels.astype(int)


@pytest.mark.parametrize(("count", "width"), [(40, 6), (30, 50)])
def test_logme_is_the_largest_evidence(count, width):
    features, labels = made(count, width)
    found = transferability.logme(
        features, labels, task="multiclass", num_classes=2
    )
    wanted = [largest(features, (labels == k).astype(float)) for k in (0, 1)]
    np.testing.assert_allclose(found, np.mean(wanted), atol=1e-6)


def test_logme_knows_neither_rotations_nor_copies_of_neurons():
    features, labels = made(60, 5)
    of = {"labels": labels, "task": "ordinal", "num_classes": 2}
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))
    wanted = transferability.logme(features, **of)
    twice = np.hstack([features, features])
    for same in (features @ rotation, 7 * features, twice):
        found = transferability.logme(same, **of)
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_logme_does_not_know_the_scale_of_features(scale):
    """Also of those that tell little, where the fixed point is far away."""
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(40, 100)), rng.integers(0, 2, 40)
    of = {"labels": labels, "task": "multiclass", "num_classes": 2}
    wanted = transferability.logme(features, **of)
    found = transferability.logme(scale * features, **of)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_classes_that_set_no_images_apart_are_left_out():
    """As those that the first training images lack: LogME is not of them."""
    features, labels = made(60, 5)
    of = {"features": features, "task": "multiclass"}
    wanted = transferability.logme(labels=labels, num_classes=2, **of)
    more = transferability.logme(labels=labels, num_classes=3, **of)
    np.testing.assert_allclose(more, wanted)
    one = np.zeros(60, int)
    assert transferability.logme(labels=one, num_classes=2, **of) is None
    known = np.stack([labels, one, one + 1, one - 1], axis=1)
    found = transferability.logme(
        features, known, task="multilabel", num_classes=4
    )
    single = transferability.logme(
        features, labels[:, None], task="multilabel", num_classes=1
    )
    np.testing.assert_allclose(found, single)


def test_logme_is_higher_for_features_that_tell():
    features, labels = made(200, 8)
    of = {"labels": labels, "task": "multiclass", "num_classes": 2}
    noise = np.random.default_rng(2).normal(size=features.shape)
    assert transferability.logme(features, **of) > (
        transferability.logme(noise, **of) + 0.1
    )


def test_missing_labels_are_left_out_label_by_label():
    features, labels = made(80, 4)
    other = 1 - labels
    both = np.stack([labels, other], axis=1)
    both[:30, 1] = -1
    of = {"task": "multilabel", "num_classes": 2}
    found = transferability.logme(features, both, **of)
    single = [
        largest(features[a:], labels.astype(float)[a:])
        if k
        else largest(features[a:], other.astype(float)[a:])
        for a, k in ((0, True), (30, False))
    ]
    np.testing.assert_allclose(found, np.mean(single), atol=1e-6)
    nothing = np.full((80, 1), -1)
    assert transferability.logme(features, nothing, **of) is None


def test_leep_by_hand():
    """Four images, two source classes, labels 0, 0, 1, 1.

    The joint distribution times four is [[1.5, 0.5], [0.5, 1.5]]: of those
    whom the source takes for its first class, 3 in 4 have the label 0.
    """
    probabilities = np.array([[1, 0], [0.5, 0.5], [0.5, 0.5], [0, 1]])
    found = transferability.leep(
        probabilities, np.array([0, 0, 1, 1]), task="ordinal", num_classes=2
    )
    wanted = np.mean(np.log([0.75, 0.5, 0.5, 0.75]))
    np.testing.assert_allclose(found, wanted)


def test_leep_of_a_source_that_knows_the_labels_is_zero():
    labels = np.array([0, 1, 2, 1, 0])
    exact = np.eye(4)[labels + 1]  # The first source class never comes.
    of = {"task": "multiclass", "num_classes": 3}
    assert transferability.leep(exact, labels, **of) == 0
    # One that says nothing leaves the entropy of the labels.
    nothing = np.full((5, 4), 0.25)
    found = transferability.leep(nothing, labels, **of)
    np.testing.assert_allclose(found, -stats.entropy([2 / 5, 2 / 5, 1 / 5]))


def test_leep_of_several_labels_is_their_mean():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 40)
    labels = rng.integers(0, 2, (40, 2))
    labels[:10, 1] = -1
    found = transferability.leep(
        probabilities, labels, task="multilabel", num_classes=2
    )
    single = [
        transferability.leep(
            probabilities[k:], labels[k:, i], task="multiclass", num_classes=2
        )
        for i, k in enumerate((0, 10))
    ]
    np.testing.assert_allclose(found, np.mean(single))


def test_softmax():
    found = transferability.softmax(np.log([[1.0, 3.0], [2.0, 2.0]]) + 1000)
    np.testing.assert_allclose(found, [[0.25, 0.75], [0.5, 0.5]])
