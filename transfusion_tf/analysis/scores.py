"""What a measure returns that is one number, and why there may be none."""

import dataclasses


class TooFewDatapoints(ValueError):
    """So few datapoints or patients that a value would report their number."""


@dataclasses.dataclass(frozen=True)
class Score:
    """A similarity that is one number; NaN where it is not defined.

    No direction is dropped by these measures, whatever its variance.
    """

    value: float
    kept_x: None = None
    kept_y: None = None
    dropped_x: None = None
    dropped_y: None = None
    tolerance: None = None
