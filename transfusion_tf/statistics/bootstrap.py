"""Resampling of images or patients, for quantities made of counts."""

import numpy as np

# Draws held in memory at a time: 64 MiB of them.
_MAX_DRAWS = 2**23


def totals(sums, *, num_resamples, seed):
    """Draws as many groups as there are, with replacement, and adds them up.

    Whole groups are drawn, because the members of one (images of a patient)
    are not independent: strategy 1 of Davison and Hinkley (1997), Bootstrap
    Methods and their Application, section 3.8. Groups of equal counts are
    interchangeable, so only how often each kind comes is drawn; that is the
    same distribution, quick where the groups are many, and indifferent to their
    order. Counts are whole numbers, so that the sums are exact.

    Args:
        sums: (num_groups, num_counts) whole numbers, at least one group.
        num_resamples: positive int.
        seed: int; the same seed gives the same draws.

    Returns:
        (num_resamples, num_counts) float64 whole numbers.

    Raises:
        ValueError: another shape, no group, or no resamples.
    """
    sums = np.asarray(sums)
    if sums.ndim != 2 or not len(sums):
        raise ValueError(
            "`sums` must be (num_groups, num_counts) with at least one group. "
            f"Received: shape={sums.shape}"
        )
    if num_resamples < 1:
        raise ValueError(
            f"`num_resamples` must be positive. Received: {num_resamples}"
        )
    kinds, frequency = np.unique(sums, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    found = np.empty((num_resamples, sums.shape[1]))
    step = max(1, _MAX_DRAWS // len(kinds))
    for start in range(0, num_resamples, step):
        part = found[start : start + step]
        drawn = rng.multinomial(
            len(sums), frequency / len(sums), size=len(part)
        )
        part[:] = drawn.astype(np.float64) @ kinds.astype(np.float64)
    return found


def weights(codes, *, num_resamples, seed):
    """Yields how often each member comes when whole groups are drawn.

    As `totals`, for quantities that are not made of counts.

    Args:
        codes: (num_members,) number of each member's group, 0 to
            num_groups - 1.
        num_resamples: positive int.
        seed: int.

    Yields:
        (some resamples, num_members) whole numbers, num_resamples in all.
    """
    num_groups = int(np.max(codes)) + 1
    rng = np.random.default_rng(seed)
    step = max(1, _MAX_DRAWS // max(num_groups, len(codes)))
    for start in range(0, num_resamples, step):
        size = min(step, num_resamples - start)
        drawn = rng.multinomial(
            num_groups, np.full(num_groups, 1 / num_groups), size=size
        )
        yield drawn[:, codes]
