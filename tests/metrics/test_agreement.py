"""Agreement of errors: questions, intervals, and what they promise."""

import numpy as np
import pytest
from scipy import special, stats

from transfusion_tf.metrics import agreement, cells
from transfusion_tf.statistics import intervals


def answers(*, num_patients, images, seed, own=0.5, accuracies=(0.8, 0.7)):
    """Right (1) or wrong (0) of two networks that err independently.

    What is hard for a network is shared by a patient's images (`own`, the
    correlation on the normal scale) but not by the networks.

    Returns:
      ((2, N) answers, (N,) patients).
    """
    rng = np.random.default_rng(seed)
    hardness = np.sqrt(own) * rng.normal(size=(2, num_patients, 1))
    hardness = hardness + np.sqrt(1 - own) * rng.normal(
        size=(2, num_patients, images)
    )
    right = hardness < special.ndtri(np.array(accuracies))[:, None, None]
    patients = np.repeat(np.arange(num_patients), images)
    return right.reshape(2, -1).astype(int), patients


def compare(first, other, **how):
    return agreement.compare(np.ones_like(first), first, other, **how)


def bounds(compared, measure):
    estimate = compared.estimates[measure]
    return estimate.low, estimate.high


def test_classes_and_grades_are_answered_by_the_most_probable():
    scores = [[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]]
    for task in ("multiclass", "ordinal"):
        (asked,) = agreement.questions(task, [2, 1], scores)
        assert asked.index is None and asked.keep.all()
        assert asked.truth.tolist() == [2, 1]
        assert asked.chosen.tolist() == [1, 0]


def test_labels_are_answered_at_one_half_without_missing_ones():
    labels = [[1, -1], [0, 1], [-1, 0]]
    scores = [[0.5, 0.9], [0.7, 0.49], [0.1, 0.2]]
    first, second = agreement.questions("multilabel", labels, scores)
    assert first.keep.tolist() == [True, True, False]
    assert first.truth.tolist() == [1, 0]
    assert first.chosen.tolist() == [1, 1]
    assert second.keep.tolist() == [False, True, True]
    assert second.truth.tolist() == [1, 0]
    assert second.chosen.tolist() == [0, 0]


def test_identical_networks():
    (first, _), patients = answers(num_patients=40, images=2, seed=0)
    compared = compare(first, first, groups=patients)
    assert compared.num_images == 80 and compared.num_units == 40
    kappa = compared.estimates["kappa"]
    assert kappa.value == 1 and kappa.low is None
    assert "no spread" in kappa.note
    agrees = compared.estimates["agreement"]
    assert (agrees.value, agrees.low, agrees.high) == (
        1,
        *intervals.wilson(1.0, 40),
    )
    assert "Wilson's interval of 40 patients" in agrees.note


def test_without_errors_kappa_is_undefined():
    kappa = compare(np.ones(9, int), np.ones(9, int)).estimates["kappa"]
    assert kappa.value is kappa.low is None
    assert kappa.note == "undefined: both are right on every image"
    kappa = compare(np.zeros(9, int), np.zeros(9, int)).estimates["kappa"]
    assert kappa.note == "undefined: both are wrong on every image"


@pytest.mark.parametrize(
    "first, other, which",
    [
        ([0, 0, 0, 0], [0, 0, 0, 0], "both networks predict"),
        ([1, 1, 1, 1], [0, 1, 1, 0], "the first network predicts"),
        ([0, 1, 1, 0], [1, 1, 1, 1], "the other network predicts"),
    ],
)
def test_one_class_for_every_image_has_no_kappa(first, other, which):
    # By the formula they are 1, 0 and 0, whatever the networks have learned.
    compared = agreement.compare([0, 0, 1, 1], first, other)
    kappa = compared.estimates["kappa"]
    assert kappa.value is kappa.low is kappa.high is None
    assert kappa.note == f"undefined: {which} one class for every image"
    assert compared.estimates["agreement"].value is not None


def test_undefined_resamples_are_counted():
    first = np.array([0] + [1] * 39)
    kappa = compare(first, first, num_resamples=1000).estimates["kappa"]
    # A resample misses the one error with probability (39 / 40)^40 = 0.363.
    share = int(kappa.note.split()[0]) / 1000
    assert share == pytest.approx(0.363, abs=0.05)


def test_intervals_are_those_of_scipy():
    (first, other), _ = answers(num_patients=120, images=1, seed=1)

    def kappa(first, other, axis):
        of = [(first & other), first & ~other & 1, other & ~first & 1]
        counts = [np.sum(a, axis=axis) for a in of]
        counts += [first.shape[axis] - sum(counts), np.zeros_like(counts[0])]
        counts = np.stack(counts, axis=-1).astype(float)
        return cells.kappa(counts.reshape(-1, 5)).reshape(counts.shape[:-1])

    expected = stats.bootstrap(
        (first, other),
        kappa,
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    compared = compare(first, other, num_resamples=20_000)
    assert bounds(compared, "kappa") == pytest.approx(tuple(expected), abs=0.01)


def test_order_does_not_matter_and_the_seed_does():
    (first, other), patients = answers(num_patients=50, images=2, seed=2)
    compared = compare(first, other, groups=patients)
    order = np.random.default_rng(0).permutation(100)
    again = compare(first[order], other[order], groups=patients[order])
    assert again == compared
    assert compare(first, other, groups=patients, seed=1) != compared


def test_a_patients_copies_add_nothing():
    (first, other), patients = answers(num_patients=50, images=1, seed=3)
    once = compare(first, other)
    twice = [np.repeat(a, 2) for a in (first, other, patients)]
    as_patients = compare(*twice[:2], groups=twice[2])
    assert as_patients.estimates == once.estimates
    as_images = compare(*twice[:2])
    narrow, wide = (np.diff(bounds(c, "agreement")) for c in (as_images, once))
    assert narrow < 0.8 * wide  # By the square root of two.


def test_coverage_with_patients_and_without():
    # Independent errors: kappa 0; agreement 0.8 * 0.7 + 0.2 * 0.3 = 0.62.
    truth = {"agreement": 0.62, "accuracy": 0.8, "kappa": 0.0}
    hits = {(name, by): 0 for name in truth for by in ("patient", "image")}
    widths = dict.fromkeys(hits, 0.0)
    for seed in range(600):
        (first, other), patients = answers(
            num_patients=100, images=4, seed=seed, own=0.7
        )
        for by, groups in (("patient", patients), ("image", None)):
            compared = compare(
                first,
                other,
                groups=groups,
                measures=truth,
                num_resamples=400,
                seed=seed,
            )
            for name, value in truth.items():
                low, high = bounds(compared, name)
                hits[name, by] += low <= value <= high
                widths[name, by] += high - low
    for name in truth:
        # The standard error of a share of 600 is 1 point.
        assert 0.91 * 600 < hits[name, "patient"] < 0.98 * 600, name
        assert hits[name, "image"] < 0.89 * 600, name
        assert widths[name, "image"] < 0.9 * widths[name, "patient"], name


def test_few_units_are_noted():
    (first, other), patients = answers(num_patients=29, images=3, seed=4)
    note = compare(first, other, groups=patients).estimates["kappa"].note
    assert note == "only 29 patients: the interval is too short"
    assert compare(first, other).estimates["kappa"].note == ""


def test_level_widens():
    (first, other), _ = answers(num_patients=80, images=1, seed=5)
    low, high = bounds(compare(first, other, level=0.5), "kappa")
    wide_low, wide_high = bounds(compare(first, other), "kappa")
    assert wide_low < low < high < wide_high
    with pytest.raises(ValueError, match="between 0 and 1"):
        compare(first, other, level=95)


def test_by_class_by_hand():
    truth = [0, 0, 0, 0, 1, 1, 3]
    first = [0, 0, 1, 1, 1, 1, 2]
    other = [0, 1, 0, 3, 1, 1, 0]
    groups = ["a", "a", "b", "c", "a", "b", "c"]
    zero, one, two, three = agreement.by_class(
        truth, first, other, 4, groups=groups
    )
    assert (zero.num_images, zero.num_units) == (4, 3)
    assert zero.estimates["one_right"].value == 0.5
    assert zero.estimates["unequal_predictions"].value == 0.75
    assert one.num_units == 2
    assert one.estimates["one_right"].value == 0
    assert two.num_images == 0
    assert two.estimates["one_right"] == agreement.Estimate(
        value=None, note="no image"
    )
    assert three.estimates["one_right"].value == 0
    assert three.estimates["unequal_predictions"].value == 1


def test_every_measure_is_reported_by_one_table():
    listed = agreement.PAIR_MEASURES + agreement.CLASS_MEASURES
    assert sorted(listed) == sorted(cells.MEASURES)
