"""Augmentations: pure functions (image, seed) -> image of the same shape.

`image` is (H, W, C) float32, `seed` an int tensor of shape (2,); the same pair
gives the same result in any order, batch or process.
"""

import tensorflow as tf

from transfusion_tf import names

# Share of the side that `shift` moves at most; what paper 2 (Juodelyte et al.
# 2023, published code) uses for width and height.
MAX_SHIFT = 0.1


def horizontal_flip(image, seed):
    """Mirrors left to right with probability 1/2."""
    return tf.image.stateless_random_flip_left_right(image, seed)


def vertical_flip(image, seed):
    """Mirrors top to bottom with probability 1/2."""
    return tf.image.stateless_random_flip_up_down(image, seed)


def shift(image, seed):
    """Moves by up to MAX_SHIFT of a side; edges are reflected."""
    height, width, channels = image.shape
    rows, columns = int(MAX_SHIFT * height), int(MAX_SHIFT * width)
    padded = tf.pad(
        image, [(rows, rows), (columns, columns), (0, 0)], mode="REFLECT"
    )
    return tf.image.stateless_random_crop(
        padded, (height, width, channels), seed
    )


AUGMENTATIONS = {
    "horizontal_flip": horizontal_flip,
    "vertical_flip": vertical_flip,
    "shift": shift,
}


def apply(image, seed, *, which):
    """Applies the named augmentations in the order given.

    Args:
      image: (H, W, C) float32 with a static shape.
      seed: (2,) int tensor; each augmentation gets a seed of its own from it.
      which: names, each in names.AUGMENTATIONS.
    """
    for name in which:
        names.check("augmentation", name, sorted(AUGMENTATIONS))
        # By its name, so that adding one leaves the draws of the others.
        image = AUGMENTATIONS[name](image, fold_in(seed, name))
    return image


def fold_in(seed, text):
    """A (2,) int64 seed of its own for each pair of seed and text.

    Unlike a sum of seed and number, which other pairs have too.
    """
    number = tf.strings.to_hash_bucket_fast(text, tf.int64.max)
    return tf.random.fold_in(seed, number)
