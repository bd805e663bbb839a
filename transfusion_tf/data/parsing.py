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
    spec = features(card)
    spec |= {name: tf.io.FixedLenFeature([], tf.string) for name in extra}
    resize = card.image_size != image_size

    @_no_autograph
    def decode(serialized):
        """{column: tensor} of one example, the image in its final size."""
        example = tf.io.parse_single_example(serialized, spec)
        image = decoded(example["image"], card)
        if card.image_size:
            shape = (card.image_size, card.image_size, card.channels)
            image = tf.ensure_shape(image, shape)
        return {
            "image": fitted(image, image_size, resize=resize),
            "label": label_of(example),
            "id": example["id"],
            "patient": example["patient"],
            **{carried.EXTRA + name: example[name] for name in extra},
        }

    return decode


def decoded(encoded, card):
    """(H, W, channels) float32 in [0, 255] from JPEG or PNG bytes.

    The values that the conversion saw, bit for bit: JPEG's inverse transform
    in whole numbers, as Pillow has it. TensorFlow's default is less exact, by
    up to 5 of 255, to save a twentieth of the time.

    Args:
      encoded: bytes, a scalar tensor.
      card: anything with `bit_depth` and `channels` as of a DataCard.
    """
    if card.bit_depth == 16:
        image = tf.io.decode_png(
            encoded, channels=card.channels, dtype=tf.uint16
        )
        return tf.cast(image, tf.float32) / SIXTEEN_BIT_STEP
    image = tf.io.decode_jpeg(  # Which reads PNG as well.
        encoded, channels=card.channels, dct_method="INTEGER_ACCURATE"
    )
    return tf.cast(image, tf.float32)


def fitted(image, image_size, *, resize):
    """A decoded image as networks take it, (image_size, image_size, 3).

    Args:
      image: (H, W, 1) or (H, W, 3) float32; grey is repeated.
      image_size: side in pixels.
      resize: whether its sides may be others, see `decoder`.
    """
    if resize:
        image = tf.image.resize(image, [image_size] * 2, antialias=True)
    if image.shape[-1] == 1:
        image = tf.image.grayscale_to_rgb(image)
    return tf.ensure_shape(image, (image_size, image_size, 3))


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
