"""The Gabor bank: parameters found again by Fourier transform, and norms."""

import math

import numpy as np
import pytest

from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import gabor


def draw(count=64, side=7, *, seed=0, std=0.1, bgr=False, **settings):
    """(waves, kernel) of a bank with some `settings` of InitConfig."""
    config = InitConfig(scheme="gabor", **settings)
    waves = gabor.waves(count, side, config, np.random.default_rng(seed))
    return waves, gabor.kernel(waves, side, std=std, bgr=bgr)


def fourier_peak(pattern):
    """(orientation in [0, pi), wavelength) of the strongest frequency."""
    size = 256  # Zero-padded, so that the peak is not tied to the kernel's.
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2(pattern, (size, size))))
    row, column = np.unravel_index(spectrum.argmax(), spectrum.shape)
    fy, fx = (row - size // 2) / size, (column - size // 2) / size
    return math.atan2(fy, fx) % math.pi, 1 / math.hypot(fx, fy)


@pytest.mark.parametrize("side", [5, 7, 11])
def test_orientation_and_wavelength_show_in_the_fourier_peak(side):
    waves, kernel = draw(side=side, gabor_color_fraction=0.0)
    for index, wave in enumerate(waves):
        angle, length = fourier_peak(kernel[..., 0, index])
        apart = abs(angle - wave.orientation)
        # Half a turn is the same orientation. The bank's are 22.5 degrees
        # apart, its wavelengths a factor of 1.2 to 1.25.
        assert math.degrees(min(apart, math.pi - apart)) < 3
        assert 0.8 < length / wave.wavelength < 1.25


def test_a_wave_along_the_columns_by_hand():
    wave = gabor.Wave(0.0, 4.0, 0.0, 1e6, "grey")
    kernel = gabor.kernel([wave], 8, std=1.0)[..., 0]
    x = np.arange(8) - 3.5
    expected = np.cos(2 * np.pi * x / 4)
    row = kernel[3, :, 0]
    np.testing.assert_allclose(
        row / np.linalg.norm(row),
        expected / np.linalg.norm(expected),
        atol=1e-6,
    )


def test_each_parameter_value_is_used_equally_often():
    waves, _ = draw(count=96)
    for name, levels in (
        ("orientation", 8),
        ("wavelength", 3),
        ("phase", 4),
    ):
        values, counts = np.unique(
            [getattr(w, name) for w in waves], return_counts=True
        )
        assert len(values) == levels and set(counts) == {96 // levels}
    colors = [w.color for w in waves]
    assert colors.count("grey") == 48
    assert colors.count("red_green") == colors.count("blue_yellow") == 24


@pytest.mark.parametrize("std", [0.02, 1.5])
def test_filters_have_zero_mean_and_the_size_asked_for(std):
    _, kernel = draw(std=std)
    assert kernel.shape == (7, 7, 3, 64) and kernel.dtype == np.float32
    np.testing.assert_allclose(kernel.mean(axis=(0, 1)), 0, atol=1e-6 * std)
    np.testing.assert_allclose(kernel.std(), std, rtol=1e-5)
    norms = np.linalg.norm(kernel.reshape(-1, 64), axis=0)
    np.testing.assert_allclose(norms, std * np.sqrt(7 * 7 * 3), rtol=1e-5)


def test_opponents_see_nothing_in_grey_images_and_grey_filters_do():
    waves, kernel = draw()
    response = np.abs(kernel.sum(axis=2)).max(axis=(0, 1))
    grey = np.array([w.color == "grey" for w in waves])
    assert (response[~grey] < 1e-6).all() and (response[grey] > 1e-2).all()


def test_networks_that_see_blue_first_get_the_channels_turned():
    _, kernel = draw()
    _, turned = draw(bgr=True)
    np.testing.assert_array_equal(turned, kernel[:, :, ::-1])


def test_another_seed_combines_the_parameters_in_another_way():
    first, same, other = draw(seed=1)[0], draw(seed=1)[0], draw(seed=2)[0]
    assert first == same and first != other


def test_sigma_of_one_octave():
    # Petkov and Kruizinga 1997: sigma = 0.56 wavelengths for one octave.
    assert gabor.sigma_of(10.0, 1.0) == pytest.approx(5.6, abs=0.03)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"side": 3}, "at least 5x5. Received: 3x3"),
        ({"gabor_wavelengths": (2.0,)}, "2.5 to 7 pixels .* Received: 2"),
        ({"gabor_wavelengths": (8, 3)}, "for a 7x7 kernel. Received: 8"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        draw(**settings)
