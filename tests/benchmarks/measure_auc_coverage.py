"""Prints how often intervals of an AUC hold it, and how wide they are.

The table of docs/statistics.md, in Markdown; not a test. Scores are normal,
those of positives with `spread` times the deviation of the negatives'; images
of a patient share four fifths of their variance.

    python tests/benchmarks/measure_auc_coverage.py --draws=4000
"""

import argparse
import itertools

import numpy as np
from scipy import special, stats

from transfusion_tf.statistics import intervals

Z = intervals.normal_quantile(0.95)
COUNTS = (
    *((few, 400) for few in (2, 3, 4, 5, 8, 10, 20, 30, 50, 100)),
    (5, 20),
    (100, 5),
    (10, 20),
    (20, 20),
    (50, 50),
)
AUCS = (0.6, 0.7, 0.85, 0.95, 0.98)
SPREADS = (0.5, 1, 2)
PATIENTS = ("one image", "two alike", "both classes")


def draw(rng, num_draws, counts, auc, spread, patients):
    """(draws, patients, images) scores of positives and of negatives."""
    images = 2 if patients == "two alike" else 1
    own, shared = (0.2, 0.8) if patients != "one image" else (1.0, 0.0)
    of_patient = [rng.normal(size=(num_draws, count, 1)) for count in counts]
    if patients == "both classes":  # The first of each are of one patient.
        both = min(counts)
        of_patient[1][:, :both] = of_patient[0][:, :both]
    positive, negative = (
        np.sqrt(shared) * common
        + np.sqrt(own) * rng.normal(size=(*common.shape[:2], images))
        for common in of_patient
    )
    distance = stats.norm.ppf(auc) * np.sqrt(1 + spread**2)
    return distance + spread * positive, negative


def deviations(positive, negative):
    """AUC (draws,), and each patient's part of its error, for both classes."""
    high, low = (s.reshape(len(s), -1) for s in (positive, negative))
    ranks = np.argsort(np.argsort(np.concatenate([high, low], 1), 1), 1)
    within = [np.argsort(np.argsort(scores, 1), 1) for scores in (high, low)]
    wins = (ranks[:, : high.shape[1]] - within[0]) / low.shape[1]
    losses = (ranks[:, high.shape[1] :] - within[1]) / high.shape[1]
    auc = wins.mean(axis=1)
    parts = []
    for of, scores in ((wins, positive), (1 - losses, negative)):
        of = (of - auc[:, None]).reshape(scores.shape)
        parts.append(of.sum(axis=2) / (scores.shape[1] * scores.shape[2]))
    return auc, *parts


def variances(first, other, both):
    """Obuchowski's variance, its two terms, and their degrees of freedom."""
    counts = first.shape[1], other.shape[1]
    terms = [
        (part**2).sum(axis=1) * count / (count - 1)
        for part, count in zip((first, other), counts, strict=True)
    ]
    whole = sum(terms)
    with np.errstate(invalid="ignore"):  # No variance: has another interval.
        freedom = whole**2 / sum(
            term**2 / (count - 1)
            for term, count in zip(terms, counts, strict=True)
        )
    if both:
        least, most = min(counts), max(counts)
        cross = (first[:, :least] * other[:, :least]).sum(axis=1)
        whole = whole + 2 * cross * most / (most - 1)
    return whole, freedom


def logit(auc, variance, quantile):
    """The interval that is symmetric on the logit scale."""
    half = quantile * np.sqrt(variance) / (auc * (1 - auc))
    return [special.expit(special.logit(auc) + s * half) for s in (-1, 1)]


def invert(auc, variance_at):
    """Ends of all t with |auc - t| <= z sqrt(variance_at(t)), by bisection."""
    ends = []
    for bound in (0.0, 1.0):
        inside, outside = auc.copy(), np.full_like(auc, bound)
        for _ in range(40):
            middle = (inside + outside) / 2
            holds = (auc - middle) ** 2 <= Z**2 * variance_at(middle)
            inside = np.where(holds, middle, inside)
            outside = np.where(holds, outside, middle)
        ends.append(inside)
    return ends


def hanley_mcneil(auc, counts):
    """Variance of Hanley and McNeil (1982)."""
    positive, negative = counts
    wins = auc * auc * (2 / (1 + auc) - 1)
    losses = auc * (1 / (2 - auc) - auc)
    return (
        auc * (1 - auc) + (positive - 1) * losses + (negative - 1) * wins
    ) / (positive * negative)


def methods(auc, variance, freedom, counts):
    """{method: (low, high)}."""
    ratio = intervals.variance_ratio(auc, variance, *counts)
    quantile = stats.t.ppf(0.975, np.maximum(freedom, 1))
    return {
        "logit": logit(auc, variance, Z),
        "logit, t": logit(auc, variance, quantile),
        "score, HM": invert(auc, lambda t: hanley_mcneil(t, counts)),
        "score, larger": invert(
            auc, lambda t: np.maximum(hanley_mcneil(t, counts), variance)
        ),
        "ours": invert(
            auc,
            lambda t: ratio * intervals.reference_variance(t, *counts),
        ),
    }


def measure(num_draws, seed, counts, auc, spread, patients):
    """{method: (coverage, mean width)} of one cell."""
    rng = np.random.default_rng(seed)
    found, *parts = deviations(
        *draw(rng, num_draws, counts, auc, spread, patients)
    )
    variance, freedom = variances(*parts, patients == "both classes")
    none = variance <= 1e-24 * sum((part**2).sum(axis=1) for part in parts)
    pairs = min(counts)
    if patients == "both classes":
        pairs = min(pairs, max(counts) // 2)
    exact = np.array([intervals.exact(a, pairs) for a in found[none]])
    answer = {}
    with np.errstate(all="ignore"):
        for name, ends in methods(found, variance, freedom, counts).items():
            if none.any():
                for end, of_exact in zip(ends, exact.T, strict=True):
                    end[none] = of_exact
            low, high = ends
            covered = (low <= auc) & (auc <= high)
            answer[name] = covered.mean(), (high - low).mean()
    return answer


def main():
    """Prints one row for each number of images and each AUC."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    header = None
    for number, (counts, auc) in enumerate(itertools.product(COUNTS, AUCS)):
        cells = [
            measure(options.draws, (options.seed, number, n), counts, auc, *of)
            for n, of in enumerate(itertools.product(SPREADS, PATIENTS))
        ]
        if header is None:
            header = list(cells[0])
            print("| positives, negatives | AUC |", " | ".join(header), "|")
            print("|---" * (len(header) + 2) + "|", flush=True)
        row = []
        for name in header:
            covered = [100 * cell[name][0] for cell in cells]
            width = np.mean([cell[name][1] for cell in cells])
            row.append(f"{min(covered):.1f}-{max(covered):.1f} ({width:.3f})")
        print(f"| {counts[0]}, {counts[1]} | {auc} |", " | ".join(row), "|")


if __name__ == "__main__":
    main()
