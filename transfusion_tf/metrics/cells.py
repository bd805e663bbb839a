"""Answers of two networks to the same images, counted in five cells.

The cells are: both right, only the first right, only the other right, both
wrong with the same answer, both wrong with different answers. Whatever is said
of their agreement is a function of the five counts.
"""

import numpy as np

NUM_CELLS = 5
BOTH_RIGHT, FIRST_RIGHT, OTHER_RIGHT, SAME_WRONG, DIFFERENT_WRONG = range(5)


def of_images(truth, chosen, other_chosen):
    """Returns the cell of each image, (num_images,) from 0 to 4.

    Args:
        truth: (num_images,) true classes.
        chosen, other_chosen: (num_images,) what the two networks chose.

    Raises:
        ValueError: other shapes.
    """
    arrays = [np.asarray(a) for a in (truth, chosen, other_chosen)]
    shapes = [a.shape for a in arrays]
    if len(set(shapes)) > 1 or len(shapes[0]) != 1:
        raise ValueError(
            "`truth`, `chosen` and `other_chosen` must all be (num_images,). "
            f"Received: {', '.join(map(str, shapes))}"
        )
    truth, chosen, other = arrays
    return np.select(
        [
            (chosen == truth) & (other == truth),
            chosen == truth,
            other == truth,
            chosen == other,
        ],
        [BOTH_RIGHT, FIRST_RIGHT, OTHER_RIGHT, SAME_WRONG],
        DIFFERENT_WRONG,
    )


def sum_by_group(cells, codes):
    """Returns (num_groups, 5): how many images of a group are in each cell.

    Args:
        cells: (num_images,) of `of_images`.
        codes: (num_images,) ints from 0, one number for each group.
    """
    num_groups = int(codes.max(initial=-1)) + 1
    counts = np.bincount(codes * NUM_CELLS + cells, minlength=5 * num_groups)
    return counts.reshape(num_groups, NUM_CELLS)


def _share(*cells):
    """The function that gives the share of images in some of the cells."""

    def share(counts):
        return _divide(counts[:, cells].sum(axis=1), counts.sum(axis=1))

    return share


accuracy = _share(BOTH_RIGHT, FIRST_RIGHT)
other_accuracy = _share(BOTH_RIGHT, OTHER_RIGHT)


def independence(counts):
    """a b + (1 - a)(1 - b): the agreement of independent errors."""
    return _coincidence(accuracy(counts), other_accuracy(counts))


def paper_independence(counts):
    """a^2 + (1 - a)^2 with the first network's accuracy for both.

    As coded by Juodelyte et al. (2023), arXiv:2302.08272, whose first network
    is the one from ImageNet's weights.
    """
    return _coincidence(accuracy(counts), accuracy(counts))


def other_paper_independence(counts):
    """The same with the other network's accuracy."""
    return _coincidence(other_accuracy(counts), other_accuracy(counts))


def kappa(counts):
    """(P - I) / (1 - I) of the agreement P and the `independence` I.

    Cohen's (1960) kappa, Educ. Psychol. Meas. 20, 37-46, of right and wrong:
    the error consistency of Geirhos et al. (2020), arXiv:2006.16736. In whole
    numbers up to the last division, so that I = 1 is found exactly.
    """
    num = counts.sum(axis=1)
    right = counts[:, BOTH_RIGHT] + counts[:, FIRST_RIGHT]
    other_right = counts[:, BOTH_RIGHT] + counts[:, OTHER_RIGHT]
    chance = right * other_right + (num - right) * (num - other_right)
    differ = counts[:, FIRST_RIGHT] + counts[:, OTHER_RIGHT]
    return _divide(num * (num - differ) - chance, num**2 - chance)


# name -> function of counts (num_resamples, 5) float64, (num_resamples,)
# values, NaN where undefined. All but the accuracies and the paper's
# independence, which come for either, are symmetric in the two networks.
SHARES = {
    # Images on which both are right or both are wrong: P.
    "agreement": _share(BOTH_RIGHT, SAME_WRONG, DIFFERENT_WRONG),
    "equal_predictions": _share(BOTH_RIGHT, SAME_WRONG),
    "accuracy": accuracy,
    "other_accuracy": other_accuracy,
    "one_right": _share(FIRST_RIGHT, OTHER_RIGHT),
    "unequal_predictions": _share(FIRST_RIGHT, OTHER_RIGHT, DIFFERENT_WRONG),
}
MEASURES = SHARES | {
    "independence": independence,
    "paper_independence": paper_independence,
    "other_paper_independence": other_paper_independence,
    "kappa": kappa,
}


def _coincidence(first, second):
    return first * second + (1 - first) * (1 - second)


def _divide(numerator, denominator):
    """The quotient, NaN where the denominator is zero."""
    undefined = denominator == 0
    return np.where(
        undefined, np.nan, numerator / np.where(undefined, 1, denominator)
    )
