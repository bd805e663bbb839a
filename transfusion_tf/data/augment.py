"""Augmentations: pure functions (image, seed) -> image of the same shape.

`image` is (H, W, 3) float32 in [0, 255], `seed` an int tensor of shape (2,);
the same pair gives the same result in any order, batch or process. Pixels are
moved first, their values changed next, and a rectangle is erased last.
"""

import tensorflow as tf

from transfusion_tf import names
from transfusion_tf.config.augmentation import DEFAULT_RANGES
from transfusion_tf.data.augmentation import erasing, geometry, photometry


def apply(image, seed, *, which, ranges=None):
    """Applies the named augmentations; their order says nothing.

    Args:
      image: (H, W, 3) float32 in [0, 255] with a static shape.
      seed: (2,) int tensor; each augmentation gets a seed of its own from it.
      which: names, each in names.AUGMENTATIONS.
      ranges: {setting: number} of config.augmentation.RANGES; those that are
        absent have their defaults.
    """
    for name in which:
        names.check("augmentation", name, names.AUGMENTATIONS)
    ranges = {**DEFAULT_RANGES, **(ranges or {})}
    # By its name, so that adding one leaves the draws of the others.
    seeds = {name: fold_in(seed, name) for name in which}
    for kind in (geometry, photometry):
        own = {name: seeds[name] for name in which if name in kind.NAMES}
        image = kind.apply(image, own, ranges) if own else image
    if erasing.NAME in seeds:
        image = erasing.apply(image, seeds[erasing.NAME], ranges)
    return image


def check(augmentation, *, channels, image_size):
    """Refuses augmentations that would do nothing on these images.

    Args:
      augmentation: config.augmentation.AugmentationConfig.
      channels: of the images, 1 or 3.
      image_size: side in pixels that the network sees.

    Raises:
      ValueError: hue or saturation of grey images, or a shift by less than a
        pixel.
    """
    which = augmentation.augment
    idle = [name for name in which if name in photometry.OF_COLOURS]
    if channels == 1 and idle:
        others = ",".join(name for name in which if name not in idle)
        raise ValueError(
            f"--augment: {' and '.join(idle)} would do nothing, since the "
            f"images are grey (one channel); give --augment={others or 'none'}."
        )
    share = augmentation.shift_range
    if share and not geometry.largest_shift(share, image_size):
        raise ValueError(
            f"--shift_range={share:g} of {image_size} pixels is less than one "
            f"pixel and would do nothing; give at least {1 / image_size:.2g}, "
            "or leave shift out of --augment."
        )


def fold_in(seed, text):
    """A (2,) int64 seed of its own for each pair of seed and text.

    Unlike a sum of seed and number, which other pairs have too.
    """
    number = tf.strings.to_hash_bucket_fast(text, tf.int64.max)
    return tf.random.fold_in(seed, number)
