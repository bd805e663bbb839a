"""Training subsets: nested, stratified, whole patients, and fair."""

import numpy as np
import pytest

from transfusion_tf.data import subsets

IDS = np.array([f"i{n:03d}" for n in range(100)])
LABELS = np.array([0] * 80 + [1] * 20)
NONE = np.full(100, "")
SEEDS = 200


def choose(size, *, seed=0, labels=LABELS, patients=NONE):
    return subsets.choose(IDS, labels, patients, size=size, seed=seed)


def chosen(labels, patients=None, *, size, seeds=SEEDS):
    """Which images each of the seeds chooses, bool (seeds, N)."""
    ids = np.array([f"i{n:04d}" for n in range(len(labels))])
    if patients is None:
        patients = np.full(len(labels), "")
    found = [
        subsets.choose(ids, labels, patients, size=size, seed=seed)
        for seed in range(seeds)
    ]
    return np.array([np.isin(ids, list(subset)) for subset in found])


def assert_fair(found, size):
    """Each image has the chance size / N; 4.5 standard errors are allowed."""
    chance = size / found.shape[1]
    error = np.sqrt(chance * (1 - chance) / SEEDS)
    assert np.abs(found.mean(axis=0) - chance).max() < 4.5 * error


def test_sizes_are_exact_without_patients_and_subsets_are_nested():
    before = set()
    for size in (1, 10, 37, 100):
        chosen = choose(size)
        assert len(chosen) == size and before <= chosen
        before = chosen


def test_classes_keep_their_shares():
    positives = set(IDS[80:])
    assert [len(choose(size) & positives) for size in (10, 50)] == [2, 10]


def test_another_seed_gives_another_subset_and_rows_may_come_in_any_order():
    assert choose(10) != choose(10, seed=1)
    order = np.random.default_rng(0).permutation(100)
    again = subsets.choose(IDS[order], LABELS[order], NONE, size=10, seed=0)
    assert again == choose(10)


def test_patients_stay_whole():
    patients = np.array([f"p{n // 3}" for n in range(100)])
    chosen = choose(40, patients=patients)
    assert 38 <= len(chosen) <= 42
    inside = {p for i, p in zip(IDS, patients, strict=True) if i in chosen}
    outside = {p for i, p in zip(IDS, patients, strict=True) if i not in chosen}
    assert not inside & outside


def test_several_labels_are_strata_of_their_combinations():
    labels = np.stack([LABELS, np.arange(100) % 2], axis=1)
    assert len(choose(50, labels=labels) & set(IDS[80:])) == 10


def test_images_alone_in_their_stratum_have_the_chance_of_all():
    rng = np.random.default_rng(0)
    labels = (rng.random((400, 14)) < 0.1).astype(int)
    _, of, counts = np.unique(
        labels, axis=0, return_inverse=True, return_counts=True
    )
    alone = counts[of.ravel()] == 1
    assert alone.sum() > 80
    found = chosen(labels, size=120)
    assert (found.sum(axis=1) == 120).all()
    assert_fair(found, 120)
    # Of each seed about 0.3 of them; the mean of 200 seeds is near.
    assert found[:, alone].mean() == pytest.approx(0.3, abs=0.01)
    assert found[:, ~alone].mean() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("size", [10, 25, 60])
def test_a_rare_grade_has_its_share_on_average(size):
    grades = np.array([0] * 140 + [1] * 40 + [2] * 16 + [4] * 4)
    found = chosen(grades, size=size)
    assert_fair(found, size)
    of_four = found[:, grades == 4].sum(axis=1)
    assert of_four.mean() == pytest.approx(4 * size / 200, abs=0.12)
    assert len(set(of_four)) > 1  # Not one number whatever the seed.


def test_the_first_places_do_not_belong_to_large_strata():
    labels = np.array([0] * 10 + [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    of_large = chosen(labels, size=1)[:, :10].sum()
    # Binomial(200, 1/2): standard deviation 7.1.
    assert 72 < of_large < 128


@pytest.mark.parametrize("size", [12, 60, 62])
def test_patients_of_equal_size_have_the_same_chance(size):
    patients = np.repeat([f"p{n:02d}" for n in range(60)], 4)
    labels = np.repeat([0] * 40 + [1] * 15 + [2] * 4 + [3], 4)
    found = chosen(labels, patients, size=size)
    assert set(found.sum(axis=1)) <= {size // 4 * 4, size // 4 * 4 + 4}
    assert_fair(found, size)


def unequal():
    """Labels and patients: 50 of 1 to 6 images, 4 ill of 10 to 25."""
    sizes = np.append(np.arange(50) % 6 + 1, [10, 15, 20, 25])
    names = np.array([f"p{n:02d}" for n in range(54)])
    ill = np.append(np.zeros(50, int), np.ones(4, int))
    return np.repeat(ill, sizes), np.repeat(names, sizes)


@pytest.mark.parametrize("size", [30, 80, 200])
def test_patients_of_unequal_size_come_near_the_size_and_are_fair(size):
    labels, patients = unequal()
    found = chosen(labels, patients, size=size)
    numbers = found.sum(axis=1)
    assert np.abs(numbers - size).max() < 25  # Images of the largest patient.
    assert numbers.mean() == pytest.approx(size, abs=2)
    assert_fair(found, size)


def test_subsets_of_unequal_patients_are_nested():
    labels, patients = unequal()
    sizes = (1, 2, 7, 20, 40, 41, 100, 150, len(labels))
    found = [chosen(labels, patients, size=s, seeds=30) for s in sizes]
    for smaller, larger in zip(found, found[1:], strict=False):
        assert not (smaller & ~larger).any()
    assert found[-1].all()


@pytest.mark.parametrize("sizes", [[30, 30, 40], [70, 10, 10, 10], [100]])
def test_a_patient_larger_than_the_size_asked_for_is_taken_whole(sizes):
    patients = np.repeat([f"p{n}" for n in range(len(sizes))], sizes)
    for seed in range(20):
        found = choose(5, patients=patients, seed=seed)
        assert len(found) in sizes  # One patient, and not none.


def test_patients_may_be_known_of_some_images_only():
    patients = np.where(np.arange(100) < 50, "i000", "")
    for seed in range(20):
        of_patient = choose(60, patients=patients, seed=seed) & set(IDS[:50])
        assert len(of_patient) in (0, 50)


def test_sizes_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="--train_size=101.*has 100 images"):
        choose(101)
    with pytest.raises(ValueError, match="--train_size=0"):
        choose(0)
