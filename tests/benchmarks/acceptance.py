"""What a similarity measure must tell apart, for measure_similarity.py.

After the ReSi benchmark (Klabunde et al. 2024, arXiv:2408.00531), which asks of
a measure what is known of the networks: stages of one network are alike in the
order in which they follow each other, and networks that were trained in one way
are more alike than networks that were trained in two ways. `found` is the test
of Kornblith et al. 2019 (arXiv:1905.00414, section 6.1): of all stages of
another seed, the most similar one is the same stage.
"""

import itertools

import numpy as np

COLUMNS = (
    "test",
    "stage",
    "measure",
    "conformity",
    "chance",
    "auprc",
    "p_value",
    "num_checks",
    "num_networks",
    "passes",
    "note",
)
# Of the tests of stages; of two ways of training it is what an exchange of runs
# between the ways gives in one of twenty cases.
CONFORMITY = 0.95
LEVEL = 0.05


def in_order(similarities):
    """Whether nearer stages of a network are more similar: ReSi's monotonicity.

    Args:
      similarities: list of (num_stages, num_stages), one a network.

    Returns:
      Array of bool, one a check: of stages i < j < k, i is more similar to j
      than to k, and k is more similar to j than to i.
    """
    checks = []
    for table in similarities:
        for i, j, k in itertools.combinations(range(len(table)), 3):
            checks += [table[i, j] > table[i, k], table[j, k] > table[i, k]]
    return np.array(checks)


def found(similarities):
    """Whether the most similar stage of another network is the same stage.

    Args:
      similarities: list of (num_stages, num_stages), one a pair of networks.

    Returns:
      Array of bool, one a stage of each side of each pair.
    """
    return np.concatenate(
        [
            side.argmax(axis=1) == np.arange(len(side))
            for table in similarities
            for side in (np.asarray(table), np.asarray(table).T)
        ]
    )


def groups(similarities, is_first):
    """(conformity, auprc) of two groups of networks.

    Conformity is the share of (pair in a group, pair across) with a network in
    common in which the pair in the group is the more similar one; auprc that of
    finding pairs in a group by their similarity.

    Args:
      similarities: (num_networks, num_networks), symmetric.
      is_first: (num_networks,) bool.
    """
    from sklearn.metrics import average_precision_score

    is_first = np.asarray(is_first)
    together = is_first[:, None] == is_first
    np.fill_diagonal(together, False)
    across = is_first[:, None] != is_first
    checks = [
        inside > outside
        for row, near, far in zip(similarities, together, across, strict=True)
        for inside, outside in itertools.product(row[near], row[far])
    ]
    upper = np.triu_indices(len(is_first), 1)
    auprc = average_precision_score(together[upper], similarities[upper])
    return float(np.mean(checks)), float(auprc)


def group_p_value(similarities, is_first):
    """Share of all exchanges of networks that conform at least as well.

    Exact: all ways to choose as many networks as the first group has.
    """
    observed, _ = groups(similarities, is_first)
    size = len(is_first)
    exchanged = []
    for chosen in itertools.combinations(range(size), int(np.sum(is_first))):
        conformity, _ = groups(similarities, np.isin(range(size), chosen))
        exchanged.append(conformity >= observed - 1e-12)
    return float(np.mean(exchanged))


def _row(**known):
    return dict.fromkeys(COLUMNS) | known


def stage_row(test, measure, checks, chance, num_networks):
    """A row (dict of COLUMNS) of a test of stages."""
    conformity = float(np.mean(checks))
    return _row(
        test=test,
        measure=measure,
        conformity=conformity,
        chance=chance,
        num_checks=len(checks),
        num_networks=num_networks,
        passes=conformity >= CONFORMITY,
    )


def group_row(test, stage, measure, similarities, is_first):
    """A row (dict of COLUMNS) of a test of two ways of training."""
    conformity, auprc = groups(similarities, is_first)
    p_value = group_p_value(similarities, is_first)
    size, first = len(is_first), int(np.sum(is_first))
    return _row(
        test=test,
        stage=stage,
        measure=measure,
        conformity=conformity,
        chance=0.5,
        auprc=auprc,
        p_value=p_value,
        # A network, one of its own group, and one of the other.
        num_checks=first * (size - first) * (size - 2),
        num_networks=size,
        passes=p_value <= LEVEL,
    )


def undefined_row(test, stage, measure, reason, num_networks):
    """A row (dict of COLUMNS) of a measure that is not defined."""
    return _row(
        test=test,
        stage=stage,
        measure=measure,
        num_networks=num_networks,
        passes=False,
        note=reason,
    )
