"""Flips, shift, rotation, zoom and shear against NumPy and SciPy."""

import itertools
import math

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from transfusion_tf.config.augmentation import DEFAULT_RANGES
from transfusion_tf.data import augment
from transfusion_tf.data.augmentation import geometry

IMAGE = np.random.default_rng(0).uniform(0, 255, (20, 20, 3)).astype(np.float32)


def moved(image, **how):
    matrix = geometry.transformation(*image.shape[:2], **how)
    return geometry.resample(tf.constant(image), matrix).numpy()


@pytest.mark.parametrize("side", [20, 21])
@pytest.mark.parametrize("turns", [-1, 1, 2, 3])
def test_quarter_turns_are_exact(side, turns):
    image = np.random.default_rng(1).uniform(0, 255, (side, side, 3))
    image = image.astype(np.float32)
    turned = moved(image, angle=turns * math.pi / 2)
    np.testing.assert_array_equal(turned, np.rot90(image, turns))


def test_whole_shifts_are_exact_and_the_nearest_pixel_fills_the_border():
    padded = np.pad(IMAGE, ((0, 2), (3, 0), (0, 0)), mode="edge")
    expected = padded[2:, :20]
    np.testing.assert_array_equal(moved(IMAGE, shift=(3, -2)), expected)


def test_a_flip_is_a_matrix_too():
    np.testing.assert_array_equal(
        moved(IMAGE, flips=(-1.0, 1.0)), IMAGE[:, ::-1]
    )
    np.testing.assert_array_equal(moved(IMAGE, flips=(1.0, -1.0)), IMAGE[::-1])


def by_hand(height, width, *, shift, angle, zoom, shear, flips):
    """The 3 x 3 matrix of R T S Z F about the centre, on (x, y, 1)."""
    centre = np.eye(3)
    centre[:2, 2] = (width - 1) / 2, (height - 1) / 2
    cos, sin = math.cos(angle), math.sin(angle)
    rotation = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    translation = np.eye(3)
    translation[:2, 2] = -shift[0], -shift[1]
    sheared = np.eye(3)
    sheared[:2, 1] = -math.sin(shear), math.cos(shear)
    scaled = np.diag([*zoom, 1.0])
    mirrored = np.diag([*flips, 1.0])
    product = rotation @ translation @ sheared @ scaled @ mirrored
    return centre @ product @ np.linalg.inv(centre)


def scipy_moved(image, matrix):
    """The same matrix on (row, column), which is how SciPy counts."""
    swap = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    matrix = swap @ matrix @ swap
    return np.stack(
        [
            scipy.ndimage.affine_transform(
                channel, matrix, order=1, mode="nearest"
            )
            for channel in np.moveaxis(image, -1, 0)
        ],
        axis=-1,
    )


@pytest.mark.parametrize("shape", [(24, 24, 3), (20, 31, 3)])
def test_composition_is_one_resampling_of_the_product(shape):
    rng = np.random.default_rng(3)
    image = rng.uniform(0, 255, shape).astype(np.float32)
    for _ in range(8):
        how = {
            "shift": tuple(rng.uniform(-4, 4, 2)),
            "angle": rng.uniform(-3, 3),
            "zoom": tuple(rng.uniform(0.6, 1.4, 2)),
            "shear": rng.uniform(-0.5, 0.5),
            "flips": tuple(rng.choice([-1.0, 1.0], 2)),
        }
        matrix = by_hand(*shape[:2], **how)
        ours = np.array(geometry.transformation(*shape[:2], **how))
        np.testing.assert_allclose(ours.reshape(2, 3), matrix[:2], atol=1e-12)
        # Places are single precision: 31 pixels by 2**-23, times the contrast.
        np.testing.assert_allclose(
            moved(image, **how), scipy_moved(image, matrix), atol=0.01
        )


@pytest.mark.parametrize("degrees", [3.0, 17.0, 170.0])
def test_a_rotation_and_its_opposite_give_the_image_back(degrees):
    rows, columns = np.mgrid[:64, :64] / 64
    smooth = 127 + 100 * np.sin(4 * rows + 1) * np.cos(5 * columns)
    smooth = np.repeat(smooth[..., np.newaxis], 3, axis=-1).astype(np.float32)
    angle = math.radians(degrees)
    turned = moved(smooth, angle=angle)
    back = moved(turned, angle=-angle)
    radius = np.hypot(*(np.mgrid[:64, :64] - 31.5))
    frame = radius < 30
    assert np.abs(turned - smooth)[frame].max() > 2
    # Linear interpolation errs by at most h^2 / 8 times the curvatures, twice:
    # (16 + 25) * 100 / 64^2 / 8 * 2.
    assert np.abs(back - smooth)[frame].max() < 0.25


@pytest.mark.parametrize("flips", itertools.product([0, 1], repeat=2))
def test_the_short_way_gives_what_the_matrix_gives(flips):
    which = ("shift", *itertools.compress(geometry.FLIPS, flips))
    for i in range(6):
        seeds = {
            name: augment.fold_in(tf.constant([i, 4]), name) for name in which
        }
        drawn = geometry._draw(seeds, DEFAULT_RANGES, 20, 20)
        matrix = geometry.transformation(20, 20, **drawn)
        np.testing.assert_array_equal(
            geometry.apply(tf.constant(IMAGE), seeds, DEFAULT_RANGES),
            geometry.resample(tf.constant(IMAGE), matrix),
        )


def test_flips_alone_are_those_of_tensorflow():
    flip = tf.image.stateless_random_flip_left_right
    for i in range(8):
        seed = tf.constant([i, 9], tf.int64)
        own = augment.fold_in(seed, "horizontal_flip")
        drawn = augment.apply(IMAGE, seed, which=("horizontal_flip",))
        np.testing.assert_array_equal(drawn, flip(IMAGE, own))
        # And so are they as a part of a matrix.
        matrix = geometry._draw({"horizontal_flip": own}, {}, 20, 20)
        is_flipped = not np.array_equal(drawn, IMAGE)
        assert (float(matrix["flips"][0]) == -1) == is_flipped


DRAWN = {
    "shift": (["shift"], {"shift_range": 0.25}, (-5, 5)),
    "rotation": (["angle"], {"rotation_degrees": 90.0}, (-1.571, 1.571)),
    "zoom": (["zoom"], {"zoom_range": 0.4}, (0.6, 1.4)),
    "shear": (["shear"], {"shear_range": 9.0}, (-0.1571, 0.1571)),
}


@pytest.mark.parametrize("name", DRAWN)
def test_ranges_are_kept_and_filled(name):
    (key,), ranges, (low, high) = DRAWN[name]

    def draw(i):
        own = augment.fold_in(tf.stack([i, 1]), name)
        drawn = geometry._draw({name: own}, ranges, 20, 20)[key]
        return tf.cast(tf.stack(drawn), tf.float64)

    seeds = tf.data.Dataset.range(300).map(
        tf.autograph.experimental.do_not_convert(draw)
    )
    values = np.stack(list(seeds.as_numpy_iterator()))
    assert values.min() >= low and values.max() <= high
    width = high - low
    assert values.min() < low + width / 20
    assert values.max() > high - width / 20
    assert abs(values.mean() - (low + high) / 2) < width / 10
    if values.ndim == 2:  # Both directions are drawn by themselves.
        assert abs(np.corrcoef(values.T)[0, 1]) < 0.25
