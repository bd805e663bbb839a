"""Counts of Gabor-like filters: banks, noise and blobs; scrambles by hand."""

import numpy as np
import pytest

from transfusion_tf.analysis.filters import changes, gabor_like
from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import gabor


def bank(side, count=32):
    """The kernel of `--init=gabor`, half of it colour-opponent."""
    config = InitConfig(scheme="gabor")
    waves = gabor.waves(count, side, config, np.random.default_rng(0))
    return waves, gabor.kernel(waves, side, std=0.1)


def noise(side, count, seed=0):
    return np.random.default_rng(seed).normal(size=(side, side, 3, count))


def blobs(side, count):
    rng = np.random.default_rng(0)
    axis = np.arange(side) - (side - 1) / 2
    x, y = np.meshgrid(axis, axis)
    kernel = np.empty((side, side, 3, count))
    for index in range(count):
        place = rng.uniform(-side / 6, side / 6, 2)
        widths = side * rng.uniform(0.12, 0.35, 2)
        blob = np.exp(
            -(((x - place[0]) / widths[0]) ** 2)
            - ((y - place[1]) / widths[1]) ** 2
        )
        kernel[..., index] = blob[..., None] * rng.normal(size=3)
    return kernel


def judged(kernel, *, num_scrambles=5, seed=0):
    """(rows, count row, scrambled rows) of a kernel."""
    changed = changes.changes(kernel, kernel, run="r")
    return gabor_like.rows(
        kernel, changed, step=7, num_scrambles=num_scrambles, seed=seed
    )


@pytest.mark.parametrize("side", [5, 7])
def test_a_bank_is_recognised_with_its_parameters(side):
    waves, kernel = bank(side, 16)
    fits, count, _ = judged(kernel, num_scrambles=2)
    assert (count["num_filters"], count["num_gabor_like"]) == (16, 16)
    assert count["expected_by_chance"] == pytest.approx(0.8)
    for wave, row in zip(waves, fits, strict=True):
        apart = abs(row["orientation_degrees"] - np.degrees(wave.orientation))
        assert min(apart, 180 - apart) < 3
        assert row["wavelength_pixels"] == pytest.approx(
            wave.wavelength, rel=0.1
        )
        assert row["color_share"] == pytest.approx(1)
        assert row["r_squared"] > 0.99 and row["gabor_like"] == 1


def test_a_bank_under_noise_is_recognised_in_part():
    # Half of the filters' power is noise.
    _, kernel = bank(7)
    noisy = kernel + noise(7, 32) * kernel.std()
    count = judged(noisy, num_scrambles=2)[1]
    assert 6 <= count["num_gabor_like"] < 32


@pytest.mark.parametrize("side, count", [(5, 100), (7, 40)])
def test_noise_is_gabor_like_at_about_the_nominal_rate(side, count):
    found = judged(noise(side, count), num_scrambles=3, seed=1)[1]
    # Three standard errors, of the rate and of the threshold's own rate.
    spread = 3 * np.sqrt(0.05 * 0.95 * (1 / count + 1 / (3 * count)))
    rate = found["num_gabor_like"] / count
    assert max(0.002, 0.05 - spread) < rate < 0.05 + spread


def test_blobs_are_not_gabor_like_though_their_fits_beat_the_threshold():
    fits, count, _ = judged(blobs(7, 32), num_scrambles=2)
    assert count["num_gabor_like"] == 0
    assert sum(row["r_squared"] > row["threshold"] for row in fits) > 6


def test_the_threshold_is_exceeded_by_one_of_twenty_scrambles():
    fits, count, scrambled = judged(noise(5, 20))
    values = np.array([row["r_squared"] for row in scrambled])
    assert len(values) == 20 * 5
    assert np.mean(values > count["threshold"]) == pytest.approx(0.05)
    assert {row["threshold"] for row in fits} == {count["threshold"]}
    assert set(fits[0]) == set(gabor_like.COLUMNS)
    assert set(count) == set(gabor_like.COUNT_COLUMNS)
    assert set(scrambled[0]) == set(gabor_like.SCRAMBLED_COLUMNS)
    assert fits[3]["step"] == count["step"] == scrambled[3]["step"] == 7


def test_the_same_seed_gives_the_same_and_another_another_threshold():
    kernel = noise(5, 10)
    first, second = (judged(kernel, num_scrambles=2, seed=4) for _ in range(2))
    assert first == second
    other = judged(kernel, num_scrambles=2, seed=5)[1]
    assert other["threshold"] != first[1]["threshold"]


def test_scrambling_keeps_amplitudes_and_nothing_else():
    patterns = np.random.default_rng(0).normal(size=(4, 6, 6))
    many = gabor_like.scrambled(patterns, 3, seed=1)
    assert many.shape == (3, 4, 6, 6) and many.dtype == float
    amplitudes = np.abs(np.fft.fft2(patterns))
    for one in many:
        np.testing.assert_allclose(np.abs(np.fft.fft2(one)), amplitudes)
        # Chance alone gives correlations of about 1/6.
        assert abs(np.corrcoef(one.ravel(), patterns.ravel())[0, 1]) < 0.4
    assert not np.allclose(many[0], many[1])


def test_the_pattern_of_a_colour_opponent_is_the_pattern():
    pattern = np.random.default_rng(0).normal(size=(5, 5))
    other = np.random.default_rng(1).normal(size=(5, 5))
    other -= pattern * np.sum(pattern * other) / np.sum(pattern**2)
    other *= np.linalg.norm(pattern) / np.linalg.norm(other)
    kernel = np.zeros((5, 5, 3, 3))
    kernel[..., 0] = pattern[..., None] * [1, -1, 0]  # No grey at all.
    # In another, unlike colour half as strong: a fifth of the power.
    kernel[..., 1] = kernel[..., 0]
    kernel[..., 1] += other[..., None] * np.array([1, 1, 0]) / 2
    found, share = gabor_like.main_patterns(kernel)
    for index, expected in enumerate([1, 0.8]):
        assert share[index] == pytest.approx(expected)
        cosine = np.sum(found[index] * pattern) / np.linalg.norm(pattern)
        assert abs(cosine) == pytest.approx(
            np.sqrt(2) * np.linalg.norm(pattern)
        )
    assert np.isnan(share[2]) and not found[2].any()


def test_small_kernels_are_not_fitted_and_it_is_said_why():
    fits, count, scrambled = judged(noise(3, 8))
    assert scrambled == []
    note = "kernel 3x3 is smaller than 5x5"
    assert {row["note"] for row in [*fits, count]} == {note}
    for row in fits:
        assert row["r_squared"] is row["orientation_degrees"] is None
        assert row["gabor_like"] is row["threshold"] is None
    assert count["num_gabor_like"] is count["expected_by_chance"] is None
    assert count["num_filters"] == 8


def test_a_filter_of_zeros_is_left_out():
    kernel = noise(5, 20)
    kernel[..., 3] = 0
    fits, count, _ = judged(kernel, num_scrambles=2)
    assert fits[3]["note"] == "all zeros" and fits[3]["gabor_like"] is None
    assert fits[4]["note"] == "" and fits[4]["gabor_like"] in (0, 1)
    assert count["expected_by_chance"] == pytest.approx(0.05 * 19)
    assert count["note"] == "filters of zeros, left out: 1"


def test_few_scrambles_give_no_threshold():
    fits, count, _ = judged(noise(5, 4), num_scrambles=4)
    assert count["threshold"] is None and count["num_gabor_like"] is None
    assert "16 scrambled patterns give no threshold" in count["note"]
    assert fits[0]["r_squared"] > 0 and fits[0]["gabor_like"] is None


def test_a_kernel_of_zeros():
    fits, count, _ = judged(np.zeros((5, 5, 3, 4)))
    assert all(row["r_squared"] is None for row in fits)
    assert "0 scrambled patterns" in count["note"]
