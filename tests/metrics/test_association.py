"""Columns that tell the label, against SciPy and by hand."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from transfusion_tf.metrics import association
from transfusion_tf.statistics import intervals


def made(*counts):
    """Labels and values for {value: (positives, negatives)}."""
    labels, values = [], []
    for value, (positive, negative) in zip("abcdef", counts, strict=False):
        labels += [1] * positive + [0] * negative
        values += [value] * (positive + negative)
    return np.array(labels), np.array(values)


def test_two_values_have_fishers_test_and_the_auc_of_the_share():
    labels, values = made((35, 5), (48, 112))
    found = association.associate(labels, values)
    assert found.p_value == stats.fisher_exact([[35, 48], [5, 112]]).pvalue
    assert found.auc == pytest.approx(
        metrics.roc_auc_score(labels, values == "a")
    )
    assert (found.value, found.positives, found.units) == ("a", 35, 40)
    assert found.tells_label


def test_several_values_have_the_permutation_test_of_pearsons_statistic():
    labels, values = made((9, 11), (14, 6), (8, 12), (16, 14))
    found = association.associate(labels, values)
    shares = {v: labels[values == v].mean() for v in set(values)}
    assert found.auc == pytest.approx(
        metrics.roc_auc_score(labels, [shares[v] for v in values])
    )
    table = [[9, 14, 8, 16], [11, 6, 12, 14]]
    # Large enough counts: nearly the asymptotic one.
    assert found.p_value == pytest.approx(
        stats.chi2_contingency(table).pvalue, abs=0.03
    )
    rng, permuted = np.random.default_rng(0), []
    for _ in range(300):
        drawn = rng.permutation(labels)
        by_value = {v: drawn[values == v].mean() for v in set(values)}
        permuted.append(
            metrics.roc_auc_score(drawn, [by_value[v] for v in values])
        )
    assert found.by_chance == pytest.approx(np.mean(permuted), abs=0.01)
    assert not found.tells_label


def test_a_patient_counts_once_for_each_value():
    labels, values = made((6, 2), (3, 9))
    patients = np.arange(20)
    alone = association.associate(labels, values, patients)
    thrice = association.associate(
        *(np.repeat(x, 3) for x in (labels, values, patients))
    )
    assert alone == thrice
    # One positive image makes the patient positive.
    mixed = association.associate(
        np.append(labels, 0), np.append(values, "a"), np.append(patients, 0)
    )
    assert mixed == alone


def test_the_exact_intervals_are_those_of_both_sides():
    labels, values = made((35, 5), (30, 70), (15, 35))
    found = association.associate(labels, values)
    assert (found.value, found.positives, found.units) == ("a", 35, 40)
    assert (found.other_positives, found.other_units) == (45, 150)
    assert (found.low, found.high) == intervals.exact(35 / 40, 40)
    assert (found.other_low, found.other_high) == intervals.exact(0.3, 150)


@pytest.mark.parametrize(
    "counts, tells",
    [
        ([(35, 5), (30, 130)], True),
        # One odd site of 20 among 1,000 moves no AUC, but turns the guess.
        ([(18, 2), (200, 800)], True),
        ([(0, 20), (60, 30)], True),
        # More cases, but still fewer than half.
        ([(12, 28), (100, 900)], False),
        ([(20, 20), (80, 80)], False),
        ([(3, 1), (1, 3)], False),
        # Too few to say, though all of one are cases.
        ([(5, 0), (40, 60)], False),
    ],
)
def test_when_a_column_tells_the_label(counts, tells):
    assert association.associate(*made(*counts)).tells_label == tells


def test_many_values_do_not_tell_the_label_by_chance():
    rng, told = np.random.default_rng(0), 0
    for _ in range(40):
        labels, values = rng.random(60) < 0.4, rng.integers(0, 25, 60)
        found = association.associate(labels, values, num_tables=500)
        assert found.by_chance > 0.65 and found.auc > 0.6
        told += found.tells_label
    assert told <= 1


@pytest.mark.parametrize(
    "counts, reason",
    [([(3, 4)], "one value only"), ([(3, 0), (4, 0)], "one class only")],
)
def test_nothing_to_look_at(counts, reason):
    found = association.associate(*made(*counts))
    assert (found.auc, found.reason) == (None, reason)
    assert not found.tells_label
