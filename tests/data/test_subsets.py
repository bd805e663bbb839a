"""Training subsets: nested, stratified, whole patients."""

import numpy as np
import pytest

from transfusion_tf.data import subsets

IDS = np.array([f"i{n:03d}" for n in range(100)])
LABELS = np.array([0] * 80 + [1] * 20)
NONE = np.full(100, "")


def choose(size, *, seed=0, labels=LABELS, patients=NONE):
    return subsets.choose(IDS, labels, patients, size=size, seed=seed)


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
    assert 38 <= len(chosen) <= 40
    inside = {p for i, p in zip(IDS, patients, strict=True) if i in chosen}
    outside = {p for i, p in zip(IDS, patients, strict=True) if i not in chosen}
    assert not inside & outside


def test_several_labels_are_strata_of_their_combinations():
    labels = np.stack([LABELS, np.arange(100) % 2], axis=1)
    assert len(choose(50, labels=labels) & set(IDS[80:])) == 10


def test_sizes_that_cannot_be_are_told():
    with pytest.raises(ValueError, match="--train_size=101.*has 100 images"):
        choose(101)
    with pytest.raises(ValueError, match="less than the images of the first"):
        choose(2, patients=np.full(100, "p"))
