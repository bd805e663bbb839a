"""Flips, shift, rotation, zoom and shear, as one resampling.

Pixels are at whole coordinates (x to the right, y down), the centre of an
image is ((width - 1) / 2, (height - 1) / 2). A transformation says where each
output pixel is taken from; beyond the image it is the nearest pixel.
"""

import math

import tensorflow as tf

FLIPS = ("horizontal_flip", "vertical_flip")
# Moves whole pixels, so that none needs to be computed.
_EXACT = (*FLIPS, "shift")
NAMES = (*_EXACT, "rotation", "zoom", "shear")


def apply(image, seeds, ranges):
    """Applies what is named, in one order and at most one interpolation.

    Args:
      image: (H, W, C) float32 with a static shape.
      seeds: {augmentation, each in NAMES: (2,) int64 seed}.
      ranges: {setting: number} of them.

    Returns:
      Like `image`; flips and shift alone leave the values of pixels as they
      are.
    """
    if set(seeds) <= set(_EXACT):
        if "shift" in seeds:
            share = ranges["shift_range"]
            image = _shifted(image, seeds["shift"], share)
        return _flipped(image, seeds)
    drawn = _draw(seeds, ranges, *image.shape[:2])
    return resample(image, transformation(*image.shape[:2], **drawn))


def largest_shift(share, side):
    """The whole pixels of a side that shift moves at most."""
    return int(share * side)


def transformation(
    height,
    width,
    *,
    shift=(0, 0),
    angle=0.0,
    zoom=(1.0, 1.0),
    shear=0.0,
    flips=(1.0, 1.0),
):
    """The matrix that says where output pixels are taken from.

    As of Keras' ImageDataGenerator, which the published code of Juodelyte et
    al. 2023 uses: about the centre, the product R T S Z F of rotation, shift,
    shear, zoom and flips acts on the output's coordinates.

    Args:
      height, width: of the image, in pixels.
      shift: pixels that the image moves to the right and down, before it is
        turned.
      angle: radians by which the image turns counter-clockwise.
      zoom: factors of what is seen of width and height: below 1 magnifies.
      shear: radians.
      flips: -1.0 for a mirrored horizontal and vertical axis, else 1.0.

    Returns:
      (a, b, c, d, e, f), float64 scalars: the output pixel (x, y) is that at
      (a x + b y + c, d x + e y + f).
    """
    angle, shear, right, down = (
        tf.convert_to_tensor(value, tf.float64)
        for value in (angle, shear, *shift)
    )
    cos, sin = tf.math.cos(angle), tf.math.sin(angle)
    columns, rows = zoom[0] * flips[0], zoom[1] * flips[1]
    upper, lower = -tf.math.sin(shear) * rows, tf.math.cos(shear) * rows
    a, b = cos * columns, cos * upper - sin * lower
    d, e = sin * columns, sin * upper + cos * lower
    x, y = (width - 1) / 2, (height - 1) / 2
    c = x - (cos * right - sin * down) - (a * x + b * y)
    f = y - (sin * right + cos * down) - (d * x + e * y)
    return a, b, c, d, e, f


def resample(image, matrix):
    """Pixels of `image` by linear interpolation at a `transformation`."""
    row = tf.stack([*(tf.cast(part, tf.float32) for part in matrix), 0.0, 0.0])
    resampled = tf.raw_ops.ImageProjectiveTransformV3(
        images=image[tf.newaxis],
        transforms=row[tf.newaxis],
        output_shape=image.shape[:2],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
    return tf.reshape(resampled, image.shape)


def _draw(seeds, ranges, height, width):
    """What is drawn of `transformation`, {argument: value}."""
    drawn = {}
    if "shift" in seeds:
        share = ranges["shift_range"]
        shift = _draw_shift(seeds["shift"], share, height, width)
        drawn["shift"] = [tf.cast(move, tf.float64) for move in shift]
    if "rotation" in seeds:
        most = math.radians(ranges["rotation_degrees"])
        drawn["angle"] = _between(seeds["rotation"], [], -most, most)
    if "shear" in seeds:
        most = math.radians(ranges["shear_range"])
        drawn["shear"] = _between(seeds["shear"], [], -most, most)
    if "zoom" in seeds:
        most = ranges["zoom_range"]
        zoom = _between(seeds["zoom"], [2], 1 - most, 1 + most)
        drawn["zoom"] = tf.unstack(zoom)
    drawn["flips"] = [
        1 - 2 * tf.cast(_is_flipped(seeds[name]), tf.float64)
        if name in seeds
        else 1.0
        for name in FLIPS
    ]
    return drawn


def _draw_shift(seed, share, height, width):
    """Pixels to the right and down, int32."""
    uniform = tf.unstack(_between(seed, [2], 0, 1))
    return [
        _whole(number, largest_shift(share, side))
        for number, side in zip(uniform, (width, height), strict=True)
    ]


def _between(seed, shape, low, high):
    return tf.random.stateless_uniform(shape, seed, low, high, tf.float64)


def _whole(uniform, most):
    """The int32 in [-most, most] that a number in [0, 1) stands for."""
    return tf.cast(tf.floor(uniform * (2 * most + 1)), tf.int32) - most


def _is_flipped(seed):
    """As tf.image.stateless_random_flip_* draw it."""
    return tf.random.stateless_uniform([], seed) < 0.5


def _flipped(image, seeds):
    if "horizontal_flip" in seeds:
        image = tf.image.stateless_random_flip_left_right(
            image, seeds["horizontal_flip"]
        )
    if "vertical_flip" in seeds:
        image = tf.image.stateless_random_flip_up_down(
            image, seeds["vertical_flip"]
        )
    return image


def _shifted(image, seed, share):
    """What `resample` gives, for less time."""
    height, width, channels = image.shape
    right, down = _draw_shift(seed, share, height, width)
    rows = tf.clip_by_value(tf.range(height) - down, 0, height - 1)
    image = tf.gather(image, rows)
    # To gather columns takes longer: their pixels are small.
    most = largest_shift(share, width)
    left, _, last = tf.split(image, [1, width - 2, 1], axis=1)
    edges = [1, most, 1]
    padded = tf.concat([tf.tile(left, edges), image, tf.tile(last, edges)], 1)
    return tf.slice(padded, [0, most - right, 0], [height, width, channels])
