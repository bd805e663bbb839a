"""Weights of classes or labels in the loss, as a flag names them."""

import math

BALANCED = "balanced"


def parse(flag, words):
    """What the words of a flag stand for.

    Args:
      flag: its name.
      words: ("balanced",), numbers as texts, or () where it is not given.

    Returns:
      None, BALANCED, or a tuple of floats.

    Raises:
      ValueError: other words, or weights that are negative, infinite or all
        zero.
    """
    if not words:
        return None
    if tuple(words) == (BALANCED,):
        return BALANCED
    try:
        values = tuple(map(float, words))
    except ValueError:
        values = ()
    is_allowed = values and all(0 <= v < math.inf for v in values)
    if not is_allowed or not any(values):
        raise ValueError(
            f"--{flag} must be {BALANCED}, or numbers of at least 0 (and one "
            f"above 0), separated by commas. Received: {','.join(words)}"
        )
    return values
