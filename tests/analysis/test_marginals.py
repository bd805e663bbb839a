"""The directions of a representation, and its effective rank."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from tests.analysis.arrays import normal
from transfusion_tf.analysis import moments, similarity


def rank(x):
    return moments.from_arrays(x, x).x.effective_rank


def test_by_hand():
    # Orthogonal columns of norms 3 and 1: shares 3/4 and 1/4.
    a, b, c = scipy.linalg.hadamard(8).T[1:4].astype(float)
    found = rank(np.stack([3 * a, b], axis=1))
    assert found == pytest.approx(4 / 3**0.75)
    assert rank(np.stack([a, b, c], axis=1)) == pytest.approx(3.0)
    assert rank(np.stack([a, 2 * a], axis=1)) == pytest.approx(1.0, abs=1e-5)


def test_is_that_of_the_singular_values_of_the_centred_matrix():
    x = normal(200, 6) @ normal(6, 6, seed=1) + 10.0
    values = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    assert rank(x) == pytest.approx(np.exp(scipy.stats.entropy(values)))


def test_rotation_scale_and_shift_change_nothing():
    x = normal(200, 6) * [9, 5, 3, 1, 1, 0.1]
    rotation, _ = np.linalg.qr(normal(6, 6, seed=1))
    assert rank(3.0 * x @ rotation + 100.0) == pytest.approx(rank(x))
    assert rank(x * [1 / 9, 1, 1, 1, 1, 1]) != pytest.approx(rank(x), rel=0.05)


@pytest.mark.parametrize("looked_at", [True, False])
def test_is_the_same_from_the_spectrum_that_is_there(looked_at):
    marginal = moments.from_arrays(normal(50, 6), normal(50, 6)).x
    if looked_at:
        assert len(marginal.spectrum[0]) == 6
    assert marginal.effective_rank == pytest.approx(rank(normal(50, 6)))


@pytest.mark.parametrize("rank_of", [300, 15])
def test_leading_directions_are_the_first_of_all(rank_of):
    """Also where fewer than are asked for have variance."""
    x = normal(700, rank_of) @ normal(rank_of, 300, seed=1)
    marginal = moments.from_arrays(x, x[:, :1]).x
    variances, directions = marginal.leading(20)
    assert "spectrum" not in vars(marginal) and len(variances) == 20
    every, of_all = np.linalg.eigh(np.cov(x.T, bias=True))
    np.testing.assert_allclose(
        variances, every[:-21:-1], atol=1e-10 * every[-1]
    )
    kept = min(rank_of, 20)
    ours, theirs = (
        d @ d.T for d in (directions[:, :kept], of_all[:, ::-1][:, :kept])
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-10)
    assert marginal.leading(20) is marginal.leading(20)


@pytest.mark.parametrize("num_neurons", [10, 300])
def test_svcca_is_the_same_from_all_directions(num_neurons):
    x = normal(700, num_neurons) * np.linspace(3, 1, num_neurons)
    y = x + normal(700, num_neurons, seed=1)
    some, every = (moments.from_arrays(x, y) for _ in range(2))
    for side in (every.x, every.y):
        assert len(side.spectrum[0]) == num_neurons
    np.testing.assert_allclose(
        similarity.svcca(some).coefficients,
        similarity.svcca(every).coefficients,
        atol=1e-10,
    )
    in_all = similarity.svcca(some, variance=0.99)
    assert in_all.kept_x > min(num_neurons, 20) / 2


def test_a_constant_side_has_none():
    assert np.isnan(rank(np.full((50, 3), 0.1)))
