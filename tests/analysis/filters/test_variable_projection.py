"""Fits of small patterns, against SciPy's and by hand."""

import numpy as np
import pytest
from scipy import optimize

from transfusion_tf.analysis.filters import variable_projection


def waves(values, x, y):
    """Cosine and sine over x; the parameter is the frequency."""
    angle = values[:, :1] * x
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def humps(values, x, y):
    """One Gaussian of sigma 1 in a row, at the place of the parameter."""
    return np.exp(-((x - values[:, :1]) ** 2 + y**2) / 2)[:, None]


def family(basis, lower, upper, start):
    return variable_projection.Family(
        basis, np.array([lower]), np.array([upper]), (np.array(start),)
    )


def unit(patterns):
    return patterns / np.linalg.norm(patterns, axis=(1, 2), keepdims=True)


def pixels(side):
    axis = np.arange(side) - (side - 1) / 2
    return np.meshgrid(axis, axis)


def test_finds_the_frequency_whatever_amplitude_and_phase():
    x, _ = pixels(8)
    patterns = np.stack(
        [3 * np.cos(0.83 * x + 1), 0.1 * np.sin(0.83 * x), np.sin(1.4 * x)]
    )
    shares, values = variable_projection.best(
        family(waves, 0.5, 2.0, [0.7, 1.0, 1.5]), unit(patterns)
    )
    np.testing.assert_allclose(shares, 1)
    np.testing.assert_allclose(values[:, 0], [0.83, 0.83, 1.4], rtol=1e-5)


def test_stops_at_the_bounds():
    x, y = pixels(7)
    hump = np.exp(-((x - 2) ** 2 + y**2) / 2)
    shares, values = variable_projection.best(
        family(humps, -1.0, 1.0, [-0.5, 0.5]), unit(hump[None])
    )
    assert values[0, 0] == 1.0
    # Two humps of sigma 1 at distance d have the cosine exp(-d^2 / 4).
    assert shares[0] == pytest.approx(np.exp(-1 / 4) ** 2, abs=0.01)


def test_agrees_with_scipy_on_noise():
    rng = np.random.default_rng(0)
    patterns = unit(rng.normal(size=(6, 5, 5)))
    starts = [0.6, 1.0, 1.4, 1.8]
    shares, values = variable_projection.best(
        family(waves, 0.5, 2.0, starts), patterns
    )
    x, y = (a.ravel() for a in pixels(5))
    for pattern, share, value in zip(
        patterns.reshape(6, -1), shares, values[:, 0], strict=True
    ):

        def rest(frequency, target=pattern):
            columns = waves(np.array([[frequency]]), x, y)[0].T
            return np.linalg.lstsq(columns, target, rcond=None)[1][0]

        # A search of every frequency, and then from the best of them.
        grid = np.linspace(0.5, 2, 301)
        near = grid[np.argmin([rest(f) for f in grid])]
        other = optimize.minimize_scalar(
            rest, bounds=(max(0.5, near - 0.01), min(2, near + 0.01))
        )
        assert share == pytest.approx(1 - other.fun, abs=1e-4)
        assert value == pytest.approx(other.x, abs=0.02)


def test_more_patterns_than_fit_at_a_time():
    rng = np.random.default_rng(1)
    patterns = unit(rng.normal(size=(300, 5, 5)))
    of_waves = family(waves, 0.5, 2.0, [0.7, 1.5])
    shares, values = variable_projection.best(of_waves, patterns)
    few, some = variable_projection.best(of_waves, patterns[290:])
    np.testing.assert_allclose(shares[290:], few)
    np.testing.assert_allclose(values[290:], some)


def test_no_patterns():
    shares, values = variable_projection.best(
        family(waves, 0.5, 2.0, [0.7]), np.empty((0, 5, 5))
    )
    assert shares.shape == (0,) and values.shape == (0, 1)


def test_a_function_of_zeros_explains_nothing():
    def nothing(values, x, y):
        return np.zeros((len(values), 2, len(x)))

    patterns = unit(np.ones((1, 5, 5)))
    shares, _ = variable_projection.best(
        family(nothing, 0.0, 1.0, [0.5]), patterns
    )
    assert shares[0] == pytest.approx(0, abs=1e-12)
