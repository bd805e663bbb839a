"""Gabor fits: made Gabors, symmetries, another algorithm, noise."""

import numpy as np
import pytest
from scipy import optimize

from transfusion_tf.analysis.filters import gabor_fit

SIDES = (5, 7, 11)


def pixels(side):
    axis = np.arange(side) - (side - 1) / 2
    return np.meshgrid(axis, axis)


def made(side, angle, length, phase, sigmas, center=(0, 0)):
    """A Gabor pattern (side, side); angles in degrees, lengths in pixels."""
    x, y = pixels(side)
    x, y = x - center[0], y - center[1]
    turn = np.radians(angle)
    along = x * np.cos(turn) + y * np.sin(turn)
    across = -x * np.sin(turn) + y * np.cos(turn)
    envelope = np.exp(
        -(along**2) / (2 * sigmas[0] ** 2) - across**2 / (2 * sigmas[1] ** 2)
    )
    return envelope * np.cos(2 * np.pi * along / length + np.radians(phase))


def made_set(side, count=30, seed=0):
    """(patterns, angles, lengths) of Gabors within the bounds of the fit."""
    rng = np.random.default_rng(seed)
    angles = rng.uniform(0, 180, count)
    lengths = rng.uniform(2.8, 0.9 * side, count)
    patterns = [
        made(
            side,
            angle,
            length,
            rng.uniform(0, 360),
            (length * rng.uniform(0.35, 0.8), side * rng.uniform(0.2, 0.4)),
            rng.uniform(-0.15, 0.15, 2) * side,
        )
        for angle, length in zip(angles, lengths, strict=True)
    ]
    return np.array(patterns), angles, lengths


def degrees_apart(first, second):
    """Of orientations: 179 and 1 degrees are 2 apart."""
    apart = np.abs(np.asarray(first) - second) % 180
    return np.minimum(apart, 180 - apart)


@pytest.mark.parametrize("side", SIDES)
def test_parameters_of_made_gabors_come_back(side):
    patterns, angles, lengths = made_set(side)
    fits = gabor_fit.fit(patterns)
    assert np.mean(fits.r_squared > 0.9999) > 0.95
    exact = fits.r_squared > 0.9999
    assert degrees_apart(fits.orientation, angles)[exact].max() < 3
    ratio = fits.wavelength / lengths
    assert 0.95 < ratio[exact].min() and ratio[exact].max() < 1.05
    assert fits.r_squared.min() > 0.99
    assert (fits.r_squared > fits.blob_r_squared).all()


def test_parameters_come_back_from_under_noise():
    patterns, angles, lengths = made_set(7)
    rng = np.random.default_rng(1)
    spread = patterns.std(axis=(1, 2), keepdims=True)
    fits = gabor_fit.fit(
        patterns + 0.1 * spread * rng.normal(size=patterns.shape)
    )
    assert np.median(degrees_apart(fits.orientation, angles)) < 2
    assert np.median(np.abs(fits.wavelength / lengths - 1)) < 0.05
    assert 0.97 < np.median(fits.r_squared) < 0.999


def test_orientation_by_hand():
    # A wave along the columns, one along the rows, one to the lower right.
    patterns = [made(7, angle, 4, 30, (2.5, 2)) for angle in (0, 90, 45)]
    x, y = pixels(7)
    wave = np.cos(2 * np.pi * (x + y) / np.sqrt(2) / 4 + np.radians(30))
    envelope = np.exp(-(((x + y) / 2.5) ** 2 + ((y - x) / 2) ** 2) / 4)
    np.testing.assert_allclose(patterns[2], wave * envelope, atol=1e-12)
    fits = gabor_fit.fit(patterns)
    assert degrees_apart(fits.orientation, [0, 90, 45]).max() < 0.1
    assert (0 <= fits.orientation).all() and (fits.orientation < 180).all()


def test_turning_the_pattern_turns_the_orientation():
    patterns, _, _ = made_set(7)
    straight = gabor_fit.fit(patterns)
    turned = gabor_fit.fit(np.rot90(patterns, axes=(1, 2)))
    np.testing.assert_allclose(turned.r_squared, straight.r_squared, atol=0.01)
    apart = degrees_apart(turned.orientation, straight.orientation)
    assert np.median(np.abs(apart - 90)) < 0.1


def test_strength_and_sign_change_nothing():
    rng = np.random.default_rng(2)
    patterns = rng.normal(size=(10, 7, 7))
    first = gabor_fit.fit(patterns)
    # A power of two, which rounds nothing on the way to unit norm.
    second = gabor_fit.fit(-(2.0**-20) * patterns)
    for name in ("orientation", "wavelength", "r_squared", "blob_r_squared"):
        np.testing.assert_allclose(
            getattr(second, name), getattr(first, name), rtol=1e-6
        )


def test_light_added_is_not_ignored():
    even = made(7, 0, 4, 0, (2, 2))
    plain, brighter = gabor_fit.r_squared([even, even + 1])
    assert plain > 0.999 and brighter < 0.8


@pytest.mark.parametrize("side, published", [(5, 0.51), (7, 0.31)])
def test_noise_is_fitted_as_well_as_eight_parameters_can(side, published):
    # A simulation of unbounded fits gave these means; ours are bounded.
    noise = np.random.default_rng(3).normal(size=(60, side, side))
    mean = gabor_fit.r_squared(noise).mean()
    assert published - 0.06 < mean < published + 0.01


def test_agrees_with_scipy_over_all_eight_parameters():
    """SciPy's trust-region method, from the truth under the noise."""
    rng = np.random.default_rng(4)
    # Orientation, centre x and y, sigma across, sigma along / wavelength,
    # wavelength, and the amplitudes of cosine and sine.
    truths = [[70, 0.2, 0, 1.4, 0.5, 4, 2, 1], [10, -1, 0.5, 2, 0.4, 5, 1, -2]]
    lower = [-90, -3, -3, 0.5, 0.267, 2.5, -20, -20]
    upper = [270, 3, 3, 7, 2, 7, 20, 20]

    def function(values):
        angle, x, y, across, waves, length, *amplitudes = values
        parts = [
            made(7, angle, length, phase, (waves * length, across), (x, y))
            for phase in (0, -90)
        ]
        return np.tensordot(amplitudes, parts, 1)

    for truth in truths:
        noisy = function(truth) + 0.2 * rng.normal(size=(7, 7))
        theirs = optimize.least_squares(
            lambda values, noisy=noisy: (function(values) - noisy).ravel(),
            truth,
            bounds=(lower, upper),
            x_scale=[30, 1, 1, 1, 0.3, 1, 1, 1],
        )
        ours = gabor_fit.fit(noisy[None])
        share = 1 - 2 * theirs.cost / np.sum(noisy**2)
        assert 0.8 < share < 0.99
        assert ours.r_squared[0] == pytest.approx(share, abs=1e-4)
        assert degrees_apart(ours.orientation[0], theirs.x[0]) < 0.5
        assert ours.wavelength[0] == pytest.approx(theirs.x[5], rel=0.02)


def test_blobs_are_told_by_the_other_fit():
    x, y = pixels(7)
    blobs = [
        np.exp(-((x - 1) ** 2 + y**2) / 4),
        -np.exp(-(((x + y) / 3) ** 2) - ((x - y) / 2) ** 2),
    ]
    fits = gabor_fit.fit(blobs)
    np.testing.assert_allclose(fits.blob_r_squared, 1, atol=1e-6)
    assert (fits.r_squared < 0.97).all()


def test_zeros_are_undefined_and_do_not_disturb_others():
    noise = np.random.default_rng(5).normal(size=(2, 5, 5))
    with_zeros = np.stack([noise[0], np.zeros((5, 5)), noise[1]])
    fits, alone = gabor_fit.fit(with_zeros), gabor_fit.fit(noise)
    for name in ("orientation", "wavelength", "r_squared", "blob_r_squared"):
        found = getattr(fits, name)
        assert np.isnan(found[1])
        np.testing.assert_allclose(found[[0, 2]], getattr(alone, name))
    assert np.isnan(gabor_fit.r_squared(np.zeros((1, 5, 5)))).all()


@pytest.mark.parametrize(
    "patterns, message",
    [
        (np.ones((2, 3, 3)), r"side of at least 5. Received: shape \(2, 3, 3"),
        (np.ones((2, 5, 7)), "side, side"),
        (np.ones((7, 7)), "side, side"),
        (np.full((1, 5, 5), np.nan), "finite"),
    ],
)
def test_bad_patterns_are_refused(patterns, message):
    with pytest.raises(ValueError, match=message):
        gabor_fit.fit(patterns)
    with pytest.raises(ValueError, match=message):
        gabor_fit.r_squared(patterns)
