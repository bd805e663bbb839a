"""One new image as it would be in a run's records, the work of a process.

What worker processes import here is little: neither TensorFlow nor pandas.
"""

import typing

from transfusion_tf.conversion import quarantine
from transfusion_tf.images import prepare
from transfusion_tf.stores import archives

# What reasons of a conversion say of its flags, which there are not here.
_ADVICE = "; --frame="


class Image(typing.NamedTuple):
    """An image that can be scored.

    Attributes:
        data: its JPEG or PNG bytes, as records hold them.
        channels: 1 or 3, to be decoded to.
        notes: see prepare.Prepared.
    """

    data: bytes
    channels: int
    notes: tuple


def prepared(held, name):
    """Returns an Image, or the reason why there is none, as text.

    Args:
        held: pair of a store and the Preparation of the run's records.
        name: of a file in the store.
    """
    store, preparation = held
    try:
        raw = archives.read(store, name)
        image = prepare.prepare(raw, preparation.options)
        _check_kind(image, preparation)
    except quarantine.BAD_IMAGE as error:
        return str(error).partition(_ADVICE)[0]
    channels = max(image.channels, preparation.channels)
    return Image(image.data, channels, image.notes)


def _check_kind(image, preparation):
    """Raises ImageError for what no data set holds together."""
    if image.bit_depth != preparation.bit_depth:
        raise prepare.ImageError(
            f"{image.bit_depth} bits, and the run was trained on images of "
            f"{preparation.bit_depth}"
        )
    if image.channels > preparation.channels:
        pixels = image.pixels
        if (pixels != pixels[..., :1]).any():
            raise prepare.ImageError(
                "in colours, and the run was trained on grey images"
            )
