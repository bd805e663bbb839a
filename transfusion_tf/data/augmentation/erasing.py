"""Random erasing, Zhong et al. 2020 (arXiv:1708.04896)."""

import tensorflow as tf

from transfusion_tf.config.augmentation import MIN_ERASED

NAME = "erasing"
# As in the paper: height over width from 0.3 to 1 / 0.3.
_MIN_ASPECT = 0.3
# The paper draws until a rectangle fits. One in so many does, nearly always.
_ATTEMPTS = 10


def apply(image, seed, ranges):
    """Fills a rectangle with random grey values, in a share of images.

    Area and aspect are drawn as in the paper: the area evenly between
    MIN_ERASED and `erasing_area` of the image, the aspect evenly between 0.3
    and 1 / 0.3. Each pixel gets a value in [0, 255) of its own, in which its
    channels agree: grey images stay grey.

    Args:
      image: (H, W, C) float32 in [0, 255] with a static shape.
      seed: (2,) int64.
      ranges: {"erasing_area", "erasing_probability"}.

    Returns:
      Like `image`.
    """
    height, width, _ = image.shape
    draws, noise = tf.unstack(tf.random.split(seed, 2))
    first, *drawn = tf.unstack(
        tf.random.stateless_uniform([1 + 4 * _ATTEMPTS], draws)
    )
    areas, aspects, tops, lefts = tf.split(tf.stack(drawn), 4)
    areas = MIN_ERASED + areas * (ranges["erasing_area"] - MIN_ERASED)
    areas *= height * width
    aspects = _MIN_ASPECT + aspects * (1 / _MIN_ASPECT - _MIN_ASPECT)
    sizes = tf.math.rint(
        tf.stack([tf.sqrt(areas * aspects), tf.sqrt(areas / aspects)])
    )
    fits = (sizes[0] < height) & (sizes[1] < width)
    chosen = tf.argmax(fits)  # The first that fits.
    rows, columns = tf.unstack(sizes[:, chosen])
    top = tf.floor(tops[chosen] * (height - rows + 1))
    left = tf.floor(lefts[chosen] * (width - columns + 1))
    inside = _between(height, top, rows)[:, tf.newaxis]
    inside &= _between(width, left, columns)
    inside &= (first < ranges["erasing_probability"]) & tf.reduce_any(fits)
    values = tf.random.stateless_uniform([height, width, 1], noise, 0.0, 255.0)
    return tf.where(inside[..., tf.newaxis], values, image)


def _between(side, start, length):
    """Whether each place of a side is in [start, start + length)."""
    places = tf.range(side, dtype=tf.float32)
    return (places >= start) & (places < start + length)
