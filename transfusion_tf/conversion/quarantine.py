"""Images that cannot be used: counted, logged and listed.

File names may identify a patient: they are logged for the user and go into no
file.
"""

import dataclasses
import math
import typing

from absl import logging

from transfusion_tf import paths
from transfusion_tf.data import records
from transfusion_tf.images import prepare
from transfusion_tf.stores import archives

# What one unusable image raises, and what says nothing about the others.
BAD_IMAGE = (prepare.ImageError, archives.ReadError)
# With this many times what is allowed, and this many, the rest will be alike.
ABORT_FACTOR = 10
ABORT_NUMBER = 100
_NUM_NAMED = 10
_COLUMNS = ("id", "reason", "row")


class Bad(typing.NamedTuple):
    """An image that cannot be used; `id` is "" where no byte can be read."""

    id: str
    image: typing.Any
    reason: str


@dataclasses.dataclass(frozen=True)
class Limit:
    """How many of `num_images` may be bad: a share of `max_fraction`."""

    num_images: int
    max_fraction: float

    def exceeded(self, num_bad):
        """Whether `num_bad` images are more than allowed."""
        return num_bad > self.max_fraction * self.num_images

    def check(self, bad, what_is_kept):
        """Raises the ValueError of `refusal` if `bad` are more than allowed."""
        if self.exceeded(len(bad)):
            raise self.refusal(bad, what_is_kept)

    def should_abort(self, num_bad):
        """Whether so many are bad that it is no use to look at the others."""
        most = ABORT_FACTOR * self.max_fraction * self.num_images
        return num_bad > max(ABORT_NUMBER, most)

    def refusal(self, bad, what_is_kept):
        """Returns the ValueError for too many bad images, which it names.

        Args:
            bad: list of Bad.
            what_is_kept: a sentence.
        """
        allowed = math.floor(self.max_fraction * self.num_images)
        enough = math.ceil(1000 * len(bad) / self.num_images) / 1000
        way_out = (
            f", or have them left out with --max_bad_fraction={enough:g}"
            if enough < 1
            else ""
        )
        return ValueError(
            f"{_count(bad)} of {self.num_images:,} cannot be used, "
            f"--max_bad_fraction={self.max_fraction:g} allows {allowed:,}: "
            f"{_named(bad)}. Repair or remove them and give the same command "
            f"again{way_out}. {what_is_kept}"
        )


def warn(bad):
    """Tells of images that are left out, if there are any."""
    if bad:
        logging.warning(
            "%s cannot be used and are left out, see %s: %s.",
            _count(bad),
            records.QUARANTINE,
            _named(bad),
        )


def write(folder, bad, rows):
    """Writes the quarantine.csv of a records directory: id, reason, row.

    Args:
        folder: the directory.
        bad: list of Bad.
        rows: {image: row of the user's table}, see Manifest.rows; images that
            it does not have get no row.
    """
    # It needs pandas, which the workers, who import this module, do without.
    from transfusion_tf import tables

    lines = sorted((b.id, b.reason, int(rows.get(b.image, 0))) for b in bad)
    tables.write(
        paths.path(folder) / records.QUARANTINE,
        [
            dict(zip(_COLUMNS, (*line, row or ""), strict=True))
            for *line, row in lines
        ],
        columns=_COLUMNS,
    )


def _count(bad):
    return "1 image" if len(bad) == 1 else f"{len(bad):,} images"


def _named(bad):
    named = sorted((str(one.image), one.reason) for one in bad)
    text = ", ".join(f"{i!r} ({reason})" for i, reason in named[:_NUM_NAMED])
    more = len(named) - _NUM_NAMED
    return f"{text} and {more:,} more" if more > 0 else text
