"""How the images of a run's records were prepared, as config.json keeps it.

Numbers and words that are the same for every image, and say of none what it is:
with them a new image becomes what it would be in the records.
"""

import dataclasses

from transfusion_tf import checked
from transfusion_tf.images import prepare

_OPTIONS = [field.name for field in dataclasses.fields(prepare.ImageOptions)]
_KINDS = {"channels": (1, 3), "bit_depth": (8, 16)}


@dataclasses.dataclass(frozen=True)
class Preparation:
    """What was done to the images of the records, and what they became.

    Attributes:
        options: an ImageOptions.
        channels: 1 where all are grey, else 3.
        bit_depth: 8 or 16, of all.
    """

    options: prepare.ImageOptions
    channels: int
    bit_depth: int

    def to_json(self):
        """A dict for config.json, which `from_json` takes."""
        return {
            **dataclasses.asdict(self.options),
            "channels": self.channels,
            "bit_depth": self.bit_depth,
        }


def of_card(card):
    """The Preparation that a DataCard tells of.

    Options that are younger than the card had no effect when it was made.

    Raises:
        ValueError: the card's preprocessing is damaged.
    """
    known = {k: v for k, v in card.preprocessing.items() if k in _OPTIONS}
    return from_json(
        {**known, "channels": card.channels, "bit_depth": card.bit_depth}
    )


def from_json(value):
    """The Preparation that `to_json` gave; ValueError for another value."""
    try:
        kinds = {key: value[key] for key in _KINDS}
        options = {k: v for k, v in value.items() if k not in _KINDS}
        if isinstance(options.get("window"), list):  # JSON has no tuples.
            options["window"] = tuple(options["window"])
        for key, allowed in _KINDS.items():
            if kinds[key] not in allowed:
                raise ValueError(f"{key} is {checked.shown(kinds[key])}")
        return Preparation(prepare.ImageOptions(**options), **kinds)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(
            "This is not how images are prepared: "
            f"{checked.shown(value)} ({error})."
        ) from None
