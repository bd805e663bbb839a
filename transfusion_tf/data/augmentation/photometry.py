"""Brightness, contrast, saturation and hue of images in [0, 255].

Each multiplies distances from something (black, the image's mean, the pixel's
grey) by a factor, as torchvision's ColorJitter does; hue turns the colour
circle. Values stay numbers: nothing is rounded to whole ones, so 16-bit images
keep their depth.
"""

import tensorflow as tf

NAMES = ("brightness", "contrast", "saturation", "hue")
# What changes nothing where the channels are equal.
OF_COLOURS = ("saturation", "hue")
# ITU-R BT.601; they sum to 1, so that grey pixels are their own grey.
_LUMA = (0.299, 0.587, 0.114)


def apply(image, seeds, ranges):
    """Applies what is named, in the order of NAMES.

    Args:
      image: (H, W, 3) float32 in [0, 255].
      seeds: {augmentation, each in NAMES: (2,) int64 seed}.
      ranges: {setting: number} of them.

    Returns:
      Like `image`.
    """
    for name in NAMES:
        if name in seeds:
            most = ranges[f"{name}_range"]
            low, high = (-most, most) if name == "hue" else (1 - most, 1 + most)
            drawn = tf.random.stateless_uniform([], seeds[name], low, high)
            image = tf.clip_by_value(_CHANGES[name](image, drawn), 0.0, 255.0)
    return image


def _brightness(image, factor):
    return image * factor


def _contrast(image, factor):
    # Rows first: the order of the sum is one, however many threads there are.
    mean = tf.reduce_mean(tf.reduce_mean(image, axis=0), axis=0)
    return _away_from(_grey(mean), image, factor)


def _saturation(image, factor):
    return _away_from(_grey(image), image, factor)


def _hue(image, turn):
    """Turns the hue by a share of the colour circle, in [-0.5, 0.5]."""
    return tf.image.adjust_hue(image, turn)


def _grey(pixels):
    """The luma (..., 1) of (..., 3) red, green and blue."""
    red, green, blue = tf.split(pixels, 3, axis=-1)
    return _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue


def _away_from(centre, image, factor):
    return centre + factor * (image - centre)


_CHANGES = {
    "brightness": _brightness,
    "contrast": _contrast,
    "saturation": _saturation,
    "hue": _hue,
}
