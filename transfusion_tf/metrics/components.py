"""What an AUC and its variance are made of: comparisons, summed by patient."""

import dataclasses

import numpy as np

# Sums of whole-numbered shares that cancel leave this much of their squares.
ROUNDING = 1e-24


@dataclasses.dataclass(frozen=True)
class StructuralComponents:
    """Every positive compared with every negative.

    Attributes:
        value: the AUC; None where there are only positives or negatives.
        positive: (num_images,) bool.
        deviations: (num_images,) for a positive, the share of negatives below
            it minus the AUC; for a negative, the share of positives above it
            minus the AUC (the structural components of DeLong et al. 1988,
            centred). Zero where `value` is None.
    """

    value: float | None
    positive: np.ndarray
    deviations: np.ndarray


def compare(labels, scores):
    """Compares by sorting, as in Sun and Xu (2014), ties counting one half.

    Whole numbers up to the last division, so that equal shares stay equal.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_images,) finite; higher means more likely 1.

    Returns:
        StructuralComponents.

    Raises:
        ValueError: other shapes, labels or scores.
    """
    positive, scores = _checked(labels, scores)
    high, low = scores[positive], scores[~positive]
    pairs = len(high) * len(low)
    if not pairs:
        return StructuralComponents(None, positive, np.zeros(len(scores)))
    # Twice the number of pairs that each image is on the right side of.
    high_wins = _at_or_below(np.sort(low), high)
    low_wins = 2 * len(high) - _at_or_below(np.sort(high), low)
    total = int(high_wins.sum())
    deviations = np.empty(len(scores))
    deviations[positive] = (high_wins * len(high) - total) / (2 * pairs)
    deviations[~positive] = (low_wins * len(low) - total) / (2 * pairs)
    return StructuralComponents(total / (2 * pairs), positive, deviations)


def group_codes(groups, num_images):
    """Numbers the groups 0, 1, ...; without groups, every image is its own.

    Args:
        groups: (num_images,) strings or whole numbers, or None.
        num_images: int.

    Returns:
        (num_images,) int array.

    Raises:
        ValueError: another length, or a missing or fractional group.
    """
    if groups is None:
        return np.arange(num_images)
    groups = np.asarray(groups)
    if groups.shape != (num_images,):
        raise ValueError(
            f"`groups` must name one patient per image, "
            f"({num_images},). Received: shape={groups.shape}"
        )
    if groups.dtype == object:  # What pandas hands out for a text column.
        odd = [g for g in groups if not isinstance(g, str | bytes)]
        groups = groups if odd else np.array(groups.tolist())
    else:
        odd = [groups.dtype]
    if groups.dtype.kind not in "USiu":
        raise ValueError(
            "`groups` must be strings or whole numbers, none "
            f"missing. Received: {odd[0]!r}"
        )
    return np.unique(groups, return_inverse=True)[1]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GroupSums:
    """Deviations summed over each group and divided by the class counts.

    Attributes:
        positive, negative: (num_groups,) sums over a group's positives and
            negatives, divided by the number of all positives and negatives.
        num_positive, num_negative: images of each class.
        positive_groups, negative_groups: groups with a positive, a negative.
        positive_effective, negative_effective: groups of equal size that would
            say as much, if images of a group were all alike (Kish 1965): the
            square of the number of images over the sum of the groups' squares.
        num_groups: groups with an image.
    """

    positive: np.ndarray
    negative: np.ndarray
    num_positive: int
    num_negative: int
    positive_groups: int
    negative_groups: int
    positive_effective: float
    negative_effective: float
    num_groups: int

    def variance(self):
        """Variance of the AUC by Obuchowski (1997), Biometrics 53, 567-578.

        With one image a group it is that of DeLong et al. (1988). Written so
        that no term can be negative: the factor G / (G - 1) of all groups is
        the smallest of the three.

        Returns:
            A positive float; None where the data show no variance, or where
            the positives or the negatives are all from one group.
        """
        if min(self.positive_groups, self.negative_groups) < 2:
            return None
        squares = np.sum(self.positive**2), np.sum(self.negative**2)
        whole = _correction(self.num_groups)
        variance = (
            whole * np.sum((self.positive + self.negative) ** 2)
            + (_correction(self.positive_groups) - whole) * squares[0]
            + (_correction(self.negative_groups) - whole) * squares[1]
        )
        if variance <= ROUNDING * sum(squares):
            return None
        return float(variance)

    def influence(self):
        """What each group adds to the error of the AUC, for sums over AUCs.

        The sum of its squares is the variance with one image a group; with
        several only the factor of the cross term differs (the geometric mean
        of the two sides' instead of that of all groups). Averaged over
        several AUCs of the same groups before squaring, it gives the variance
        of their mean.

        Returns:
            (num_groups,) array; None where `variance` is None.
        """
        if self.variance() is None:
            return None
        return (
            np.sqrt(_correction(self.positive_groups)) * self.positive
            + np.sqrt(_correction(self.negative_groups)) * self.negative
        )

    def pairs(self):
        """Most disjoint pairs of a positive and another group's negative."""
        return min(
            self.positive_groups, self.negative_groups, self.num_groups // 2
        )


def sum_by_group(compared, codes, *, size=None):
    """Returns the GroupSums of StructuralComponents over equal codes.

    Args:
        compared: StructuralComponents of (num_images,) images.
        codes: (num_images,) ints from 0.
        size: length of the sums where `codes` lacks the last groups.
    """
    size = size or int(codes.max(initial=-1)) + 1
    sums, counts, present, effective = [], [], [], []
    for side in (compared.positive, ~compared.positive):
        counts.append(int(side.sum()))
        sizes = np.bincount(codes[side], minlength=size)
        present.append(sizes > 0)
        effective.append(counts[-1] ** 2 / max(1, int(sizes @ sizes)))
        total = np.bincount(codes[side], compared.deviations[side], size)
        sums.append(total / max(1, counts[-1]))
    return GroupSums(
        positive=sums[0],
        negative=sums[1],
        num_positive=counts[0],
        num_negative=counts[1],
        positive_groups=int(present[0].sum()),
        negative_groups=int(present[1].sum()),
        positive_effective=effective[0],
        negative_effective=effective[1],
        num_groups=int((present[0] | present[1]).sum()),
    )


def _correction(groups):
    return groups / (groups - 1)


def _at_or_below(ordered, scores):
    """Twice the members of `ordered` below each score, plus the equal ones."""
    return np.searchsorted(ordered, scores, "left") + np.searchsorted(
        ordered, scores, "right"
    )


def _checked(labels, scores):
    labels, scores = np.asarray(labels), np.asarray(scores)
    if labels.ndim != 1 or labels.shape != scores.shape:
        raise ValueError(
            "Labels and scores must both be (num_images,). "
            f"Received: {labels.shape} and {scores.shape}"
        )
    allowed = (labels == 0) | (labels == 1)
    if not allowed.all():
        raise ValueError(
            "Labels must be 0 or 1; leave missing ones out. "
            f"Received: {labels[~allowed][0]}"
        )
    if scores.dtype.kind not in "fiub" or not np.isfinite(scores).all():
        raise ValueError(
            "Scores must be finite numbers; look for NaN among "
            f"them. Received: dtype={scores.dtype}"
        )
    return labels == 1, scores
