"""Views: which networks are compared, and what else a view shows.

VIEWS has one entry a view. Its figure is the entry of the same name in
reporting.figures.views.
"""

import dataclasses
import itertools
import typing

# Name, in place of a run's, of the network that weights were taken from.
SOURCE = "source"


class Network(typing.NamedTuple):
    """One network of a comparison: the name of a run, and one of its steps."""

    run: str
    step: int

    def __str__(self):
        return f"{self.run} at step {self.step}"


def before_after(trained, steps):
    """Each run's trained network against its own start."""
    del steps
    return [(Network(network.run, 0), network) for network in trained]


def dynamics(trained, steps):
    """Each run's snapshots up to the trained network, against that."""
    return [
        (Network(network.run, step), network)
        for network in trained
        for step in steps[network.run]
        if step <= network.step
    ]


def between(trained, steps):
    """Every two runs' trained networks.

    Raises:
      ValueError: fewer than two runs.
    """
    del steps
    if len(trained) < 2:
        raise ValueError(
            "This view compares runs with each other; give at least two. "
            f"Received: {', '.join(network.run for network in trained)}"
        )
    return [
        (first, second)
        for index, first in enumerate(trained)
        for second in trained[index + 1 :]
    ]


def start_against_end(trained, steps):
    """Every two runs, at their starts and trained.

    Raises:
      ValueError: fewer than two runs, or a trained network that is a start.
    """
    untrained = [network.run for network in trained if network.step == 0]
    if untrained:
        raise ValueError(
            "This view compares starts with trained weights, but the "
            f"checkpoint of {', '.join(untrained)} is step 0, the start "
            "itself; give --checkpoint=last or a later step."
        )
    starts = [Network(network.run, 0) for network in trained]
    return [*between(starts, steps), *between(trained, steps)]


def reuse(trained, steps):
    """The source network against each run, at its start and trained."""
    del steps
    return [
        (Network(SOURCE, 0), network)
        for one in trained
        for network in dict.fromkeys([Network(one.run, 0), one])
    ]


def check_saved(pairs, steps):
    """Raises ValueError where a run has not kept the weights of a network.

    Args:
      pairs: list of (Network, Network).
      steps: {run: steps with weights}.
    """
    for network in itertools.chain.from_iterable(pairs):
        if network.run != SOURCE and network.step not in steps[network.run]:
            known = ", ".join(map(str, steps[network.run])) or "none"
            raise ValueError(
                f"This view needs the weights of {network}, which are not "
                f"there; saved are steps {known}. Leave the run out, or train "
                "it again."
            )


def independent(pairs):
    """Returns lists of pairs such that no network is in two of the lists.

    Each can be loaded and compared after the other, in less memory.
    """
    parts = []
    for pair in pairs:
        touching = [p for p in parts if any(set(pair) & set(o) for o in p)]
        others = [part for part in parts if part not in touching]
        parts = [*others, [*itertools.chain(*touching), pair]]
    return parts


@dataclasses.dataclass(frozen=True)
class View:
    """What a view compares and shows.

    Attributes:
      pairs: function from the trained networks of the runs, and {run: steps
        with weights}, to pairs of networks.
      has_curves: whether its figure has curves by stage, behind which published
        ones can be drawn.
      has_points: whether a point is a pair of runs at their starts and trained,
        so that a line can be fitted.
      needs_source: whether the network that weights were taken from is
        compared, and its stages are probed.
      shows_movement: whether distances between the weights stand beside.
    """

    pairs: typing.Callable
    has_curves: bool = False
    has_points: bool = False
    needs_source: bool = False
    shows_movement: bool = False


VIEWS = {
    "before_after": View(before_after, has_curves=True),
    "between": View(between, has_curves=True),
    "start_against_end": View(start_against_end, has_points=True),
    "dynamics": View(dynamics),
    "matrix": View(between),
    "movement": View(before_after, shows_movement=True),
    "reuse": View(reuse, needs_source=True),
}


def names_of(feature):
    """Names of the views that have a feature, e.g. "has_curves"."""
    return tuple(name for name, view in VIEWS.items() if getattr(view, feature))
