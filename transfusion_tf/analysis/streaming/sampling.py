"""Draws of images and channels, as the protocol of paper 2 asks for.

Juodelyte et al. 2023 compare 64 channels, the same in both networks, on about
10,000 positions: of each stage as many images as give them; five draws.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which images of a batch each draw takes.

    Attributes:
      rows: one (num_chosen,) int array a draw: places in the batch, such that
        every plan takes the first so many.
      counts: one (num_plans,) int array a draw: how many those are.
    """

    rows: tuple
    counts: tuple


class Draws:
    """Draws for the plans of a pass, a function of the options' seed.

    Args:
      plans: StagePlans.
      options: plan.GatherOptions.
      num_images: number of images in all.
    """

    def __init__(self, plans, options, num_images):
        self._ranks = [
            np.random.default_rng((options.seed, draw)).permutation(num_images)
            for draw in range(options.repeats)
        ]
        self._limits = np.array(
            [_num_images(plan, options, num_images) for plan in plans]
        )

    def of(self, indices):
        """The Selection in a batch of the images `indices`; None if empty."""
        ranks = [rank[indices] for rank in self._ranks]
        order = [np.argsort(rank) for rank in ranks]
        largest = self._limits.max()
        rows = tuple(
            places[rank[places] < largest]
            for rank, places in zip(ranks, order, strict=True)
        )
        if not any(map(len, rows)):
            return None
        counts = tuple(
            np.array([np.sum(rank < limit) for limit in self._limits])
            for rank in ranks
        )
        return Selection(rows, counts)


def channels(plan, options, draw, available):
    """(num,) channels of a draw at a stage; None for all.

    Args:
      plan: StagePlan.
      options: plan.GatherOptions.
      draw: number of the draw.
      available: channels that both networks have.
    """
    if options.channels is None or options.channels >= available:
        return None
    rng = np.random.default_rng((options.seed, draw, *plan.stage.encode()))
    return np.sort(rng.choice(available, options.channels, replace=False))


def _num_images(plan, options, num_images):
    """Images of a draw at a stage, rounded as paper 2 does."""
    if options.max_points is None:
        return num_images
    positions = max(h * w for h, w in plan.sizes.values())
    return min(num_images, max(1, round(options.max_points / positions)))
