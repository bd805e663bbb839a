"""Whether probabilities mean what they say: Brier score, slope, bins.

Of one question with two answers at a time (a `problems.Problem`); patients,
where known, are the units of the intervals.
"""

import dataclasses

import numpy as np
from scipy import optimize, special

from transfusion_tf.metrics import components
from transfusion_tf.statistics import intervals

NUM_BINS = 10
# Softmax in float32 gives exact zeros and ones, whose logit is infinite.
_LEAST = 1e-7
_MAX_LOGIT = 100.0
_SEPARATED = "scores tell all positives from all negatives: no slope fits"
_ONE_CLASS = "only positives or only negatives"


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A number with its interval; `reason` says why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Bin:
    """The images whose score lies in one range.

    Attributes:
        lower, upper: of the range.
        count: images in it.
        mean_score: of them; None where there are none.
        share: of positives, an Estimate.
    """

    lower: float
    upper: float
    count: int
    mean_score: float | None
    share: Estimate


@dataclasses.dataclass(frozen=True)
class Calibration:
    """What `measure` returns.

    Attributes:
        brier: mean squared difference of score and label (Brier 1950, Monthly
            Weather Review 78, 1-3), 0 best.
        brier_baseline: that of the prevalence as everybody's score.
        intercept: log odds to add to all scores so that they are right on
            average (calibration in the large), 0 best.
        slope: of the log odds of the labels on those of the scores, 1 best;
            below 1 scores are too extreme (Cox 1958, Biometrika 45, 562-565).
        ece: expected calibration error: the mean over images of the distance
            between mean score and share of positives in their bin (Naeini et
            al. 2015, AAAI). It depends on the bins and is above 0 by chance
            alone, the more so the fewer images there are: so no interval.
        bins: tuple of Bin, of equal width.
    """

    brier: Estimate
    brier_baseline: float | None
    intercept: Estimate
    slope: Estimate
    ece: float | None
    bins: tuple


def measure(labels, scores, groups=None, *, level=0.95, num_bins=NUM_BINS):
    """Returns the Calibration of probabilities.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_images,) probabilities of 1.
        groups: (num_images,) patients, or None.
        level: of the intervals.
        num_bins: ranges of equal width from 0 to 1.

    Raises:
        ValueError: other shapes or values, or no bins.
    """
    labels, scores = _checked(labels, scores)
    if num_bins < 1:
        raise ValueError(
            f"`num_bins` must be at least 1. Received: {num_bins}."
        )
    codes = components.group_codes(groups, len(labels))
    prevalence = labels.mean() if len(labels) else None
    bins = _bins(labels, scores, codes, level, num_bins)
    return Calibration(
        brier=_mean((scores - labels) ** 2, codes, level),
        brier_baseline=(
            None if prevalence is None else float(prevalence * (1 - prevalence))
        ),
        intercept=_intercept(labels, scores, codes, level),
        slope=_slope(labels, scores, codes, level),
        ece=_expected_error(bins),
        bins=bins,
    )


def _checked(labels, scores):
    labels, scores = np.asarray(labels), np.asarray(scores, np.float64)
    if labels.shape != scores.shape or labels.ndim != 1:
        raise ValueError(
            "Labels and scores must be lists of one length. Received: "
            f"{labels.shape} and {scores.shape}."
        )
    if not np.isin(labels, (0, 1)).all():
        raise ValueError("Labels must be 0 or 1.")
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("Scores must be probabilities from 0 to 1.")
    return labels.astype(np.float64), scores


def _mean(values, codes, level):
    """Mean of values in [0, 1] with the variance between units."""
    if not len(values):
        return Estimate(reason="no images")
    mean = values.mean()
    residuals = np.bincount(codes, values - mean)
    residuals = residuals[np.bincount(codes) > 0]
    if len(residuals) < 2:
        return Estimate(float(mean), reason="one unit has no spread")
    variance = _small_sample(len(residuals)) * np.sum(residuals**2)
    half = intervals.normal_quantile(level) * np.sqrt(variance) / len(values)
    return Estimate(
        float(mean), float(max(0, mean - half)), float(min(1, mean + half))
    )


def _small_sample(units):
    return units / (units - 1)


def _logits(scores):
    return special.logit(np.clip(scores, _LEAST, 1 - _LEAST))


def _is_one_class(labels):
    return len(np.unique(labels)) < 2


def _intercept(labels, scores, codes, level):
    if _is_one_class(labels):
        return Estimate(reason=_ONE_CLASS)
    offset = _logits(scores)

    def excess(shift):
        return np.sum(special.expit(shift + offset) - labels)

    shift = optimize.brentq(excess, -_MAX_LOGIT, _MAX_LOGIT)
    columns = np.ones((len(labels), 1))
    expected = special.expit(shift + offset)
    return _with_interval([shift], 0, columns, labels, expected, codes, level)


def _slope(labels, scores, codes, level):
    if _is_one_class(labels):
        return Estimate(reason=_ONE_CLASS)
    if components.compare(labels, scores).value in (0.0, 1.0):
        return Estimate(reason=_SEPARATED)
    columns = np.stack([np.ones(len(labels)), _logits(scores)], axis=1)

    def loss(coefficients):
        """(mean log loss in nats, its gradient (2,))."""
        linear = columns @ coefficients
        gradient = columns.T @ (special.expit(linear) - labels)
        value = np.sum(np.logaddexp(0, linear) - labels * linear)
        return value / len(labels), gradient / len(labels)

    found = optimize.minimize(
        loss, (0.0, 1.0), jac=True, method="BFGS", options={"gtol": 1e-9}
    ).x
    expected = special.expit(columns @ found)
    return _with_interval(found, 1, columns, labels, expected, codes, level)


def _with_interval(found, index, columns, labels, expected, codes, level):
    """A coefficient of a logistic regression, its variance robust to clusters.

    The sandwich of Liang and Zeger (1986), Biometrika 73, 13-22, with units of
    `codes`.
    """
    weights = expected * (1 - expected)
    bread = np.linalg.pinv(columns.T @ (weights[:, None] * columns))
    scores = columns * (labels - expected)[:, None]
    by_unit = np.stack(
        [np.bincount(codes, column) for column in scores.T], axis=1
    )
    by_unit = by_unit[np.bincount(codes) > 0]
    value = float(found[index])
    if len(by_unit) < 2:
        return Estimate(value, reason="one unit has no spread")
    meat = _small_sample(len(by_unit)) * by_unit.T @ by_unit
    variance = (bread @ meat @ bread)[index, index]
    half = intervals.normal_quantile(level) * float(np.sqrt(variance))
    return Estimate(value, value - half, value + half)


def _bins(labels, scores, codes, level, num_bins):
    edges = np.linspace(0, 1, num_bins + 1)
    # The last one holds its upper end, too.
    place = np.minimum((scores * num_bins).astype(int), num_bins - 1)
    return tuple(
        _bin(edges[i : i + 2], place == i, labels, scores, codes, level)
        for i in range(num_bins)
    )


def _bin(edges, inside, labels, scores, codes, level):
    lower, upper = map(float, edges)
    count = int(inside.sum())
    if not count:
        return Bin(lower, upper, 0, None, Estimate(reason="no images"))
    trials = np.bincount(codes[inside])
    hits = np.bincount(codes[inside], labels[inside])
    seen = trials > 0
    effective = intervals.effective_trials(hits[seen], trials[seen])
    share = float(labels[inside].mean())
    low, high = intervals.wilson(share, effective, level=level)
    mean = float(scores[inside].mean())
    return Bin(lower, upper, count, mean, Estimate(share, low, high))


def _expected_error(bins):
    total = sum(one.count for one in bins)
    if not total:
        return None
    return (
        sum(
            one.count * abs(one.mean_score - one.share.value)
            for one in bins
            if one.count
        )
        / total
    )
