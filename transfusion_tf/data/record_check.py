"""Whether the examples of records are what their data card says.

Shards can be damaged, or made by anybody: a network must not be trained on
labels that are no class, nor an error end in a traceback.
"""

import contextlib
import re

from transfusion_tf import checked, names
from transfusion_tf.data import record_reader

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def example(features, card):
    """Raises ValueError unless an example has what the card says.

    The message is a part of a sentence.

    Args:
        features: {name: list of values}, of `tfrecord.values`.
        card: a DataCard.
    """
    if not _is_one(features.get("image"), bytes):
        raise ValueError("it has no image, or several")
    for key in ("id", "patient") if card.has_patients else ("id",):
        if _text(features, key) is None:
            raise ValueError(f"its {key} is not one line of text")
    number = len(card.classes)
    if card.task == "multilabel":
        labels = features.get("labels", ())
        if len(labels) != number or set(labels) - set(names.MULTILABEL_VALUES):
            raise ValueError(
                f"its labels are not {number} of 1, 0 and -1 (missing)"
            )
        return
    label = features.get("label")
    if not _is_one(label, int) or not 0 <= label[0] < number:
        raise ValueError(
            f"its label is {checked.shown(label)}, not one of 0 to {number - 1}"
        )


def picture(card, width, height, channels, bit_depth):
    """Raises ValueError unless an image is of the card's size and kind."""
    side = card.image_size
    if side and (width, height) != (side, side):
        raise ValueError(
            f"its image has {width} x {height} pixels, not {side} x {side}"
        )
    if channels > card.channels or bit_depth != card.bit_depth:
        raise ValueError(
            f"its image has {channels} channels of {bit_depth} bits, not "
            f"{card.channels} of {card.bit_depth}"
        )


def examine(opened, decode):
    """Raises ValueError for the first example that is not as it should be.

    Args:
        opened: a records.Records.
        decode: function from the bytes of an image to its height and width;
            it raises ValueError if they cannot be decoded.
    """
    card = opened.card
    for split in card.shards:
        for file, _, features in record_reader.examples(opened, split):
            with naming(opened.root / file, features):
                example(features, card)
                height, width = decode(features["image"][0])
                picture(card, width, height, card.channels, card.bit_depth)


@contextlib.contextmanager
def naming(path, features):
    """Turns a ValueError of the block into one that names shard and example."""
    try:
        yield
    except ValueError as error:
        name = _text(features, "id")
        raise ValueError(
            f"Shard {path}, example {name or 'without an id'}: {error}. "
            "Convert the data set again with data_prep/make_tfrecords.py."
        ) from None


def _is_one(values, kind):
    return bool(values) and len(values) == 1 and isinstance(values[0], kind)


def _text(features, key):
    """Returns a feature that is one line of text, or None."""
    values = features.get(key)
    if not _is_one(values, bytes):
        return None
    try:
        text = values[0].decode()
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) or not text else text
