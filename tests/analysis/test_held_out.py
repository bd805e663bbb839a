"""Held-out alignment against SciPy on arrays, and what it must not find."""

import numpy as np
import pytest
import scipy.linalg

from tests.analysis.arrays import normal, related
from transfusion_tf.analysis import held_out, moments, similarity

MEASURES = [held_out.cca, held_out.procrustes]


def of_arrays(x, y):
    """Moments; the first and the second half of the rows are two patients."""
    patients = np.repeat(["a", "b"], [len(x) // 2, len(x) - len(x) // 2])
    return moments.from_arrays(x, y, patients=patients)


def by_scipy(x, y, alpha):
    """A second algorithm: whitened matrices of datapoints, padded by zeros."""
    width = max(x.shape[1], y.shape[1])
    x, y = (np.pad(a, ((0, 0), (0, width - a.shape[1]))) for a in (x, y))
    middle, found = len(x) // 2, []
    for train, test in [
        (slice(middle), slice(middle, None)),
        (slice(middle, None), slice(middle)),
    ]:
        aligned = []
        for a in (x, y):
            centered = a[train] - a[train].mean(axis=0)
            used = centered.any(axis=0)
            cov = np.cov(centered[:, used].T, bias=True)
            cov = np.atleast_2d(cov) / np.mean(np.linalg.eigvalsh(cov))
            root = scipy.linalg.inv(scipy.linalg.sqrtm(cov))
            whitening = np.zeros((width, width))
            whitening[np.ix_(used, used)] = (
                alpha * np.eye(len(root)) + (1 - alpha) * root
            )
            aligned.append(
                (centered @ whitening, (a[test] - a[train].mean(0)) @ whitening)
            )
        (x_train, x_test), (y_train, y_test) = aligned
        rotation, _ = scipy.linalg.orthogonal_procrustes(x_train, y_train)
        x_test = x_test @ rotation
        found.append(
            np.sum(x_test * y_test)
            / np.linalg.norm(x_test)
            / np.linalg.norm(y_test)
        )
    return found


@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.7, 1.0])
@pytest.mark.parametrize("width", [4, 6])
def test_agrees_with_scipy(alpha, width):
    x, y = related(60)
    x, y = x @ normal(6, width, seed=3), y * [5.0, 1.0, 2.0, 0.3]
    found = held_out.cca(of_arrays(x, y), alpha=alpha)
    expected = by_scipy(x, y, alpha)
    # Which half is the first is not promised.
    np.testing.assert_allclose(sorted(found.of_halves), sorted(expected))
    assert found.value == pytest.approx(np.mean(expected))
    assert 0.1 < found.value < 0.9


def test_procrustes_is_cca_without_whitening():
    m = of_arrays(*related(60))
    assert held_out.procrustes(m).value == pytest.approx(
        held_out.cca(m, alpha=1.0).value
    )
    assert held_out.procrustes(m).kept_x is None


@pytest.mark.parametrize("measure", MEASURES)
def test_independent_ones_are_at_zero_however_few_datapoints(measure):
    """The measures that are scored on what they were aligned on are not."""
    found = [
        measure(of_arrays(normal(100, 8, seed=s), normal(100, 8, seed=s + 99)))
        for s in range(20)
    ]
    values = [f.value for f in found]
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / np.sqrt(20)
    plain = {held_out.cca: similarity.cca}.get(measure, similarity.procrustes)
    other = plain(of_arrays(normal(100, 8), normal(100, 8, seed=99))).value
    assert other > np.max(values)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_one_half_alone_shares_is_not_found(measure):
    x, noise = normal(400, 5), normal(400, 5, seed=1)
    y = np.concatenate([x[:200], noise[200:]])
    m = of_arrays(x, y)
    assert similarity.cca(m).value > 0.4
    assert abs(measure(m).value) < 0.15
    assert measure(of_arrays(x, x + 0.1 * noise)).value > 0.9


@pytest.mark.parametrize("measure", MEASURES)
def test_the_shift_is_part_of_the_alignment(measure):
    """Other patients that lie elsewhere on one side are not aligned."""
    x = normal(400, 3)
    moved = x.copy()
    moved[200:] += 5.0
    assert measure(of_arrays(x, x + 7.0)).value == pytest.approx(1.0)
    assert measure(of_arrays(x, moved)).value < 0.5


@pytest.mark.parametrize("measure", MEASURES)
def test_one_patient_has_no_halves(measure):
    x, y = related()
    alone = moments.from_arrays(x, y, patients=np.full(len(x), "a"))
    with pytest.raises(similarity.TooFewDatapoints, match="one half of the pa"):
        measure(alone)


def test_cca_says_how_many_datapoints_each_half_needs():
    x, y = related(59)
    with pytest.raises(
        similarity.TooFewDatapoints, match="Held-out CCA of 6 .*Received: 29"
    ):
        held_out.cca(of_arrays(x, y))
    assert held_out.cca(of_arrays(*related(60))).kept_x == 6
    assert -1 <= held_out.procrustes(of_arrays(x, y)).value <= 1


@pytest.mark.parametrize("alpha", [-0.1, 1.1])
def test_alpha_is_between_cca_and_procrustes(alpha):
    with pytest.raises(ValueError, match=r"`alpha` must be in \[0, 1\]"):
        held_out.cca(of_arrays(*related()), alpha=alpha)


def test_dead_neurons_are_dropped():
    x, y = related(100)
    dead = np.column_stack([x, np.zeros(100), np.full(100, 0.1)])
    found = held_out.cca(of_arrays(dead, y))
    assert (found.kept_x, found.dropped_x) == (6, 2)
    assert found.value == pytest.approx(held_out.cca(of_arrays(x, y)).value)
