"""What a serialized example of the records holds: image, labels, ids."""

import tensorflow as tf

from transfusion_tf import names
from transfusion_tf.data import carried

# 16-bit pixels are brought to [0, 255], which is what networks take.
SIXTEEN_BIT_STEP = 257.0
# Functions without control flow on tensors need not be converted at each use.
_no_autograph = tf.autograph.experimental.do_not_convert


def features(card):
    """What tf.io.parse_example needs for records with this data card."""
    labels = {"label": tf.io.FixedLenFeature([], tf.int64)}
    if card.task == "multilabel":
        shape = [len(card.classes)]
        labels = {"labels": tf.io.FixedLenFeature(shape, tf.int64)}
    return {
        "image": tf.io.FixedLenFeature([], tf.string),
        "id": tf.io.FixedLenFeature([], tf.string),
        "patient": tf.io.FixedLenFeature([], tf.string, default_value=""),
        **labels,
    }


def decoder(card, image_size, extra=()):
    """A function from a serialized example to image, label, id, patient.

    With columns `extra`, which the records carry, it gives these as well.
    """
    parse = pixel_parser(card, image_size, extra)
    finish = finisher(card, image_size)

    @_no_autograph
    def decode(serialized):
        """{column: tensor} of one example, the image in its final size."""
        example = parse(serialized)
        return {**example, "image": finish(example["image"])}

    return decode


def pixel_parser(card, image_size, extra=()):
    """As `decoder`, but the image is as small as it can be kept.

    It has the shape (image_size, image_size, card.channels) and pixel_dtype;
    `finisher` makes of it what `decoder` gives.
    """
    spec = features(card)
    spec |= {name: tf.io.FixedLenFeature([], tf.string) for name in extra}
    resizes = card.image_size != image_size

    @_no_autograph
    def parse(serialized):
        """{column: tensor} of one example."""
        example = tf.io.parse_single_example(serialized, spec)
        image = _pixels(example["image"], card)
        if card.image_size:
            shape = (card.image_size, card.image_size, card.channels)
            image = tf.ensure_shape(image, shape)
        if resizes:
            image = _resized(_in_range(image), image_size)
        shape = (image_size, image_size, card.channels)
        return {
            "image": tf.ensure_shape(image, shape),
            "label": label_of(example),
            "id": example["id"],
            "patient": example["patient"],
            **{carried.EXTRA + name: example[name] for name in extra},
        }

    return parse


def pixel_dtype(card, image_size):
    """tf.DType of the images of `pixel_parser`: resizing leaves no integers."""
    if card.image_size != image_size:
        return tf.float32
    return tf.uint16 if card.bit_depth == 16 else tf.uint8


def finisher(card, image_size):
    """A function from images of `pixel_parser` to those of `decoder`.

    It takes one image or a batch: (..., size, size, channels) becomes
    (..., size, size, 3) float32 in [0, 255].
    """

    @_no_autograph
    def finish(pixels):
        return _in_colour(_in_range(pixels), image_size)

    return finish


def fitted(image, image_size, *, resize):
    """A decoded image as networks take it, (image_size, image_size, 3).

    Args:
      image: (H, W, 1) or (H, W, 3) float32; grey is repeated.
      image_size: side in pixels.
      resize: whether its sides may be others, see `decoder`.
    """
    if resize:
        image = _resized(image, image_size)
    return _in_colour(image, image_size)


def _resized(image, image_size):
    return tf.image.resize(image, [image_size] * 2, antialias=True)


def _in_colour(image, image_size):
    """(..., size, size, 1 or 3) float32 as (..., size, size, 3)."""
    if image.shape[-1] == 1:
        image = tf.image.grayscale_to_rgb(image)
    batch = image.shape[:-3]
    return tf.ensure_shape(image, (*batch, image_size, image_size, 3))


def decoded(encoded, card):
    """(H, W, channels) float32 in [0, 255] from JPEG or PNG bytes.

    The values that the conversion saw, bit for bit: JPEG's inverse transform
    in whole numbers, as Pillow has it. TensorFlow's default is less exact, by
    up to 5 of 255, to save a twentieth of the time.

    Args:
      encoded: bytes, a scalar tensor.
      card: anything with `bit_depth` and `channels` as of a DataCard.
    """
    return _in_range(_pixels(encoded, card))


def _pixels(encoded, card):
    """(H, W, channels) uint8 or uint16."""
    if card.bit_depth == 16:
        return tf.io.decode_png(
            encoded, channels=card.channels, dtype=tf.uint16
        )
    return tf.io.decode_jpeg(  # Which reads PNG as well.
        encoded, channels=card.channels, dct_method="INTEGER_ACCURATE"
    )


def _in_range(pixels):
    """uint8 or uint16 as float32 in [0, 255]; float32 as it is."""
    if pixels.dtype == tf.uint16:
        return tf.cast(pixels, tf.float32) / SIXTEEN_BIT_STEP
    return tf.cast(pixels, tf.float32)


def label_of(example):
    """The label or labels, under whichever name the task has them."""
    return example["labels"] if "labels" in example else example["label"]


def label_check(card):
    """A function of a batch that fails for a label that is no class.

    Of whole batches: an operation for each example would take as long as to
    decode a small image.
    """
    is_multilabel = card.task == "multilabel"
    low = min(names.MULTILABEL_VALUES) if is_multilabel else 0
    high = 1 if is_multilabel else len(card.classes) - 1

    @_no_autograph
    def check(batch):
        label = batch["label"]
        tf.debugging.assert_equal(tf.clip_by_value(label, low, high), label)
        return batch

    return check
