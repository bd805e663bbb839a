"""CKA against kernels, distances and images of dependent positions."""

import dataclasses

import numpy as np
import pytest
from scipy.spatial import distance

from tests.analysis.arrays import related
from transfusion_tf.analysis import moments, similarity


def centered_kernel(x):
    x = x - x.mean(axis=0)
    return x @ x.T


def distance_correlation(x, y, *, debiased):
    """Of squared distances; knows neither kernels nor moments.

    By the inner products of double-centered or of U-centered matrices, as
    Szekely & Rizzo 2014 (arXiv:1310.2926) define them.
    """
    n, away = len(x), 2 if debiased else 0

    def centered(points):
        a = distance.cdist(points, points, "sqeuclidean")
        sums = a.sum(axis=0) / (n - away)
        whole = a.sum() / (n - away) / (n - away / 2)
        a += whole - sums - sums[:, None]
        if debiased:
            np.fill_diagonal(a, 0)
        return a

    a, b = centered(x), centered(y)
    return np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b))


@pytest.mark.parametrize("debiased", [False, True])
def test_cka_is_the_distance_correlation_of_squared_distances(debiased):
    """Centered matrices of squared distances are -2 times those of products.

    Sejdinovic et al. 2013, section 4.
    """
    x, y = related(60)
    expected = distance_correlation(x, y, debiased=debiased)
    found = similarity.cka(moments.from_arrays(x, y), debiased=debiased)
    assert found.value == pytest.approx(expected, abs=1e-12)


def test_plain_cka_is_the_alignment_of_centered_kernels():
    x, y = related()
    k, m = centered_kernel(x), centered_kernel(y)
    expected = np.sum(k * m) / np.linalg.norm(k) / np.linalg.norm(m)
    found = similarity.cka(moments.from_arrays(x, y), debiased=False)
    assert found.value == pytest.approx(expected, abs=1e-12)


def unbiased_hsic(x, y):
    """Song et al. 2012, eq. 5, with matrices of datapoints."""
    n = len(x)
    k, m = x @ x.T, y @ y.T
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    ones = np.ones(n)
    return (
        np.trace(k @ m)
        + (ones @ k @ ones) * (ones @ m @ ones) / (n - 1) / (n - 2)
        - 2 * (ones @ k @ m @ ones) / (n - 2)
    ) / (n * (n - 3))


def test_debiased_cka_is_that_of_song_where_a_row_is_an_image():
    x, y = related(60)
    expected = unbiased_hsic(x, y) / np.sqrt(
        unbiased_hsic(x, x) * unbiased_hsic(y, y)
    )
    found = similarity.cka(moments.from_arrays(x, y))
    assert found.value == pytest.approx(expected, abs=1e-12)
    shifted = similarity.cka(moments.from_arrays(x + 9, 5 * y - 70))
    assert shifted.value == pytest.approx(expected, abs=1e-9)


def within_images(seed, num_images=50, positions=49, neurons=8):
    """Positions of an image that are nearly the same."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(num_images, 1, neurons))
    own = 0.3 * rng.normal(size=(num_images, positions, neurons))
    return (common + own).reshape(-1, neurons)


def test_debiased_cka_of_independent_positions_is_zero_on_average():
    images = np.repeat(np.arange(50), 49)
    found, by_row, plain = [], [], []
    for seed in range(20):
        x, y = within_images(2 * seed), within_images(2 * seed + 1)
        m = moments.from_arrays(x, y, images=images)
        found.append(similarity.cka(m).value)
        plain.append(similarity.cka(m, debiased=False).value)
        by_row.append(similarity.cka(moments.from_arrays(x, y)).value)
    error = np.std(found, ddof=1) / np.sqrt(20)
    assert abs(np.mean(found)) < 3 * error < 0.05
    # To leave out the diagonal alone changes next to nothing.
    assert np.mean(plain) > 0.1 and np.mean(by_row) > 0.1


def test_debiased_cka_needs_four_images():
    x, y = related(40)
    images = np.arange(40) % 3
    found = similarity.cka(moments.from_arrays(x, y, images=images))
    assert np.isnan(found.value)


def test_debiased_cka_needs_its_sums():
    m = moments.from_arrays(*related())
    with pytest.raises(ValueError, match="gather them with `debiased=True`"):
        similarity.cka(dataclasses.replace(m, hsic=None))
