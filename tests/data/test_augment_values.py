"""Brightness, contrast, saturation, hue and erasing: values by hand."""

import colorsys

import numpy as np
import pytest
import tensorflow as tf

from transfusion_tf.data import augment
from transfusion_tf.data.augmentation import photometry

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(60, 180, (12, 12, 3)).astype(np.float32)
LUMA = [0.299, 0.587, 0.114]


def draws(name, count=60, image=IMAGE, **ranges):
    """(count, H, W, 3): an augmentation with as many seeds."""

    @tf.autograph.experimental.do_not_convert
    def draw(i):
        return augment.apply(
            tf.constant(image), tf.stack([i, 2]), which=(name,), ranges=ranges
        )

    return np.stack(
        list(tf.data.Dataset.range(count).map(draw).as_numpy_iterator())
    )


def check_factors(factors, most):
    """Factors of one image are one number; of all they fill the range."""
    spread = np.ptp(factors, axis=tuple(range(1, factors.ndim)))
    assert spread.max() < 1e-3
    factors = factors.reshape(len(factors), -1).mean(1)
    assert 1 - most - 1e-3 < factors.min() < 1 - 0.8 * most
    assert 1 + 0.8 * most < factors.max() < 1 + most + 1e-3


def test_brightness_is_a_factor():
    check_factors(draws("brightness", brightness_range=0.3) / IMAGE, 0.3)


def test_contrast_is_a_factor_of_distances_from_the_mean_grey():
    mean = (IMAGE @ LUMA).mean()
    far = np.abs(IMAGE - mean) > 20
    drawn = draws("contrast", contrast_range=0.2)
    check_factors(((drawn - mean) / (IMAGE - mean))[:, far], 0.2)


def test_saturation_is_a_factor_of_distances_from_the_own_grey():
    grey = (IMAGE @ LUMA)[..., np.newaxis]
    far = np.abs(IMAGE - grey) > 20
    drawn = draws("saturation", saturation_range=0.25)
    check_factors(((drawn - grey) / (IMAGE - grey))[:, far], 0.25)


def test_hue_turns_the_colour_circle():
    image = np.tile(np.float32([200, 80, 60]), (2, 2, 1))
    before = colorsys.rgb_to_hsv(200, 80, 60)
    turns = []
    for drawn in draws("hue", image=image, hue_range=0.1):
        hue, *others = colorsys.rgb_to_hsv(*map(float, drawn[0, 0]))
        np.testing.assert_allclose(others, before[1:], rtol=1e-4)
        turns.append((hue - before[0] + 0.5) % 1 - 0.5)
    assert -0.1 <= min(turns) < -0.08 and 0.08 < max(turns) <= 0.1


@pytest.mark.parametrize("name", ["brightness", "contrast"])
def test_sixteen_bits_are_not_rounded_to_eight(name):
    # 4096 levels within 16 grey values of 8 bits.
    fine = 100 + np.arange(4096, dtype=np.float32).reshape(64, 64) / 257
    image = np.repeat(fine[..., np.newaxis], 3, axis=-1)
    (drawn,) = draws(name, count=1, image=image)
    assert len(np.unique(drawn)) == 4096
    assert (np.diff(drawn[..., 0].ravel()) > 0).all()


def test_bright_pixels_stop_at_the_end_of_the_range():
    drawn = draws("brightness", image=np.full((2, 2, 3), 250, np.float32))
    assert drawn.max() == 255.0


def test_the_weights_of_grey_are_those_of_bt601():
    np.testing.assert_allclose(photometry._LUMA, LUMA)


def test_a_rectangle_is_erased_in_its_share_of_images():
    image = np.full((40, 50, 3), 300, np.float32)  # No value that is drawn.
    drawn = draws(
        "erasing", 200, image, erasing_area=0.3, erasing_probability=0.7
    )
    erased = (drawn != image).all(-1)
    assert ((drawn == image).all(-1) == ~erased).all()
    happened = erased.any((1, 2))
    assert 0.6 < happened.mean() < 0.8  # Deviation 0.03.
    shares, aspects = [], []
    for mask in erased[happened]:
        rows, columns = mask.any(1), mask.any(0)
        assert mask.sum() == rows.sum() * columns.sum()  # A filled rectangle.
        assert np.abs(np.diff(rows.astype(int))).sum() <= 2
        shares.append(mask.mean())
        aspects.append(rows.sum() / columns.sum())
    # Sides are rounded to whole pixels.
    assert 0.015 < min(shares) < 0.06 and 0.25 < max(shares) < 0.31
    assert 0.25 < min(aspects) < 0.7 and 1.5 < max(aspects) < 3.7
    values = drawn[erased]
    assert 0 <= values.min() < 1 and 254 < values.max() < 255
    # The middle more often than edges; corners only at one place of many.
    ever = erased.any(0)
    assert ever[8:-8, 8:-8].all()
    assert all(edge.any() for edge in (ever[0], ever[-1], *ever.T[[0, -1]]))
