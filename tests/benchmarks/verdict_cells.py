"""What is simulated of intervals, tests, verdicts and predicted sizes.

Each cell is a true situation and a promise: the range that its share of
studies must lie in. verdict_hits.py says of one study whether it counts.
"""

import dataclasses
import itertools

from tests.benchmarks.simulated_studies import Truth
from transfusion_tf.study import plan

SIZES = ((39, 64), (390, 234))
AUCS = (0.86, 0.96)
SEEDS = (3, 5, 10)
SPREADS = (0.02, 0.3)
MARGIN = 0.01


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One promise about studies of one truth.

    Attributes:
        kind: a key of verdict_hits.HITS.
        truth: what is simulated.
        low, high: the range that the share of hits must lie in.
        margin: of the verdicts.
        needs: "seeds" or "patients", of which a number is predicted that
            settles the comparison; None: the study is as it is.
        number: the prediction, from the true variances and difference.
    """

    kind: str
    truth: Truth
    low: float
    high: float
    margin: float = MARGIN
    needs: str | None = None
    number: int | None = None


def cells():
    """Yields every Cell."""
    yield from _one_network()
    yield from _seeds()
    yield from _verdicts()
    yield from _sizes()


def _one_network():
    for (pos, neg), value, each in itertools.product(SIZES, AUCS, (1, 2)):
        same = Truth(
            num_positive=pos,
            num_negative=neg,
            auc=value,
            other_auc=value,
            images_per_patient=each,
        )
        paired = (0.93, 0.98) if pos < 100 else (0.935, 0.965)
        yield Cell(kind="single", truth=same, low=0.93, high=0.975)
        yield from _difference(same, *paired)


def _difference(same, low, high):
    other = dataclasses.replace(same, other_auc=same.auc + 0.02)
    yield Cell(kind="difference", truth=other, low=low, high=high)
    yield Cell(kind="null", truth=same, low=0.0, high=0.065)


def _seeds():
    for (pos, neg), value, seeds, spread in itertools.product(
        SIZES, AUCS, SEEDS, SPREADS
    ):
        same = Truth(
            num_positive=pos,
            num_negative=neg,
            auc=value,
            other_auc=value,
            num_seeds=seeds,
            seed_sd=spread,
        )
        asked = (0.93, 0.975) if seeds == 3 else (0.935, 0.965)
        yield Cell(kind="mean", truth=same, low=asked[0], high=asked[1])
        yield from _difference(same, *asked)


def _large(**settings):
    return Truth(num_positive=390, num_negative=234, **settings)


def _verdicts():
    for values in ((0.7, 0.9), (0.9, 0.7)):
        truth = _large(
            auc=values[0], other_auc=values[1], num_seeds=3, seed_sd=0.05
        )
        yield Cell(kind="right", truth=truth, low=0.95, high=1.0)
    # At the margin itself: not to be called within it.
    for seeds, spread, value in (
        (1, 0.0, 0.87),
        (3, 0.02, 0.87),
        (5, 0.1, 0.9),
    ):
        truth = _large(
            auc=0.84, other_auc=value, num_seeds=seeds, seed_sd=spread
        )
        yield Cell(
            kind="within",
            truth=truth,
            low=0.0,
            high=0.065,
            margin=truth.difference,
        )


def _sizes():
    asked = {"low": 0.75, "high": 0.85}
    for seeds, spread, value in (
        (3, 0.3, 0.86),
        (4, 0.2, 0.835),
        (2, 0.3, 0.88),
    ):
        truth = _large(
            auc=0.8, other_auc=value, num_seeds=seeds, seed_sd=spread
        )
        yield Cell(kind="settled", truth=truth, needs="seeds", **asked)
    for value, margin in ((0.82, MARGIN), (0.8, 0.02)):
        truth = _large(auc=0.8, other_auc=value, num_seeds=3, seed_sd=0.02)
        yield Cell(
            kind="settled",
            truth=truth,
            needs="patients",
            margin=margin,
            **asked,
        )
    for truth, needs in (
        (_large(auc=0.8, other_auc=0.86, num_seeds=3, seed_sd=0.3), "seeds"),
        (
            _large(auc=0.8, other_auc=0.82, num_seeds=3, seed_sd=0.02),
            "patients",
        ),
    ):
        yield Cell(kind="range", truth=truth, needs=needs, low=0.0, high=1.0)
    for (pos, neg), value, seeds, image in (
        (SIZES[0], 0.8, 5, 0.55),
        (SIZES[1], 0.8, 3, 0.55),
        (SIZES[1], 0.9, 1, 0.585),
    ):
        yield from _planned(pos, neg, value, seeds, image)


def _planned(pos, neg, value, seeds, image):
    """Studies with the least difference, and margin, that --plan predicts.

    `image` is what makes AUCs of two networks correlate as it supposes.
    """
    counts = plan.Counts(
        positive=pos,
        negative=neg,
        positive_units=pos,
        negative_units=neg,
        units=pos + neg,
    )
    (reach,) = [
        reach
        for reach in plan.reaches([counts], num_seeds=seeds, num=1)
        if reach.auc == value
    ]
    same = Truth(
        num_positive=pos,
        num_negative=neg,
        auc=value,
        other_auc=value,
        num_seeds=seeds,
        image=image,
        arm=0.0,
    )
    half = reach.difference / 2
    apart = dataclasses.replace(same, auc=value - half, other_auc=value + half)
    asked = {"low": 0.75, "high": 0.85}
    yield Cell(kind="significant", truth=apart, **asked)
    yield Cell(kind="within", truth=same, margin=reach.margin, **asked)
