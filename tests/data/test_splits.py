"""Tests of drawing splits: exact, stratified, by patient, reproducible."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.data import splits


def make_table(num_images, *, patients=None, split=None):
    """Rows with ids, and patients and splits where they are given."""
    table = pd.DataFrame({"id": [f"{i:08x}" for i in range(num_images)]})
    if patients is not None:
        table["patient"] = [f"p{number:05d}" for number in patients]
    if split is not None:
        table["split"] = split
    return table


def one_hot(classes):
    """bool (N, num_classes) of integer classes (N,)."""
    return np.asarray(classes)[:, None] == np.arange(max(classes) + 1)


def test_official_splits_are_kept():
    official = ["train", "val", "test", "train"]
    split, made = splits.complete(
        make_table(4, split=official),
        one_hot([0, 1, 0, 1]),
        splits.Options(seed=0),
    )
    assert split.tolist() == official
    assert made == dict.fromkeys(("train", "val", "test"), "official")


@pytest.mark.parametrize(
    "patients, split, mode, kept",
    [
        ([0, 0, 1, 1], ["train", "train", "test", "test"], "auto", True),
        ([0, 0, 1, 1], ["train", "train", "test", "test"], "grouped", False),
        ([0, 0, 1, 0], ["train", "train", "test", "val"], "auto", False),
        ([0, 0, 1, 0], ["train", "train", "test", "val"], "official", True),
        (None, ["train", "train", "test", "val"], "auto", True),
        (None, None, "auto", False),
        ([0, 0, 1, 0], None, "auto", False),
        ([0, 0, 1, 0], None, "grouped", False),
    ],
)
def test_official_splits_are_kept_unless_they_share_patients(
    patients, split, mode, kept
):
    table = make_table(4, patients=patients, split=split)
    assert splits.keeps_official(table, mode) is kept


@pytest.mark.parametrize(
    "mode, message",
    [
        ("official", "--splits=official needs a data set with splits"),
        ("grouped", "--splits=grouped needs patients: a column patient"),
    ],
)
def test_what_becomes_of_splits_must_be_possible(mode, message):
    with pytest.raises(ValueError, match=message):
        splits.keeps_official(make_table(4), mode)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"mode": "random"}, "'random'; known: auto, official, grouped"),
        ({"seed": -1}, "seed must be at least 0. Received: -1"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(ValueError, match=message):
        splits.Options(**options)


def test_rows_of_patients_in_several_splits():
    table = make_table(
        5,
        patients=[7, 8, 7, 8, 9],
        split=["train", "val", "test", "val", "test"],
    )
    assert splits.sharing(table).tolist() == [True, False, True, False, False]
    without = table.drop(columns="patient")
    assert splits.sharing(without).tolist() == [False] * 5


def test_val_is_exactly_a_tenth_of_each_class():
    classes = np.repeat([0, 1, 2], [500, 300, 200])
    table = make_table(1_200, split=["train"] * 1_000 + ["test"] * 200)
    labels = one_hot(np.append(classes, np.arange(200) % 3))
    split, made = splits.complete(table, labels, splits.Options(seed=0))
    assert labels[split == "val"].sum(axis=0).tolist() == [50, 30, 20]
    assert (split == "test").tolist() == [False] * 1_000 + [True] * 200
    assert made["val"] == "drawn: 10% of train by image, stratified, seed 0"
    assert made["test"] == "official"


def test_without_splits_test_is_15_percent_and_val_a_tenth_of_the_rest():
    split, _ = splits.complete(
        make_table(2_000), one_hot(np.arange(2_000) % 2), splits.Options(seed=0)
    )
    counts = pd.Series(split).value_counts().to_dict()
    assert counts == {"train": 1_530, "val": 170, "test": 300}


def test_a_total_is_exact_where_classes_do_not_divide():
    labels = one_hot(np.arange(70) % 7)  # A quarter of ten is 2.5.
    for seed in range(5):
        chosen = splits.draw(
            np.arange(70).astype(str),
            np.arange(70),
            labels,
            fraction=0.25,
            rng=np.random.default_rng(seed),
        )
        assert chosen.sum() in (17, 18)
        assert set(labels[chosen].sum(axis=0)) <= {2, 3}


def patients_of_sizes(rng, num_patients=400):
    """Each patient once, twice or up to nine times, in no order."""
    sizes = rng.integers(1, 10, num_patients)
    return rng.permutation(np.repeat(np.arange(num_patients), sizes))


def test_patients_stay_together_and_shares_are_near():
    rng = np.random.default_rng(1)
    patients = patients_of_sizes(rng)
    classes = (patients % 4 == 0) * 1
    table = make_table(len(patients), patients=patients)
    labels = one_hot(classes)
    split, made = splits.complete(table, labels, splits.Options(seed=0))
    assert splits.patients_in_common(table["patient"], split) == 0
    shares = [
        labels[split == name].sum(axis=0) / labels.sum(axis=0)
        for name in ("test", "val")
    ]
    np.testing.assert_allclose(shares[0], 0.15, atol=0.02)
    np.testing.assert_allclose(shares[1], 0.085, atol=0.02)
    assert "by patient" in made["test"]


def test_several_labels_are_drawn_by_combination():
    rng = np.random.default_rng(2)
    labels = rng.random((2_000, 3)) < (0.5, 0.2, 0.05)
    split, _ = splits.complete(
        make_table(2_000), labels, splits.Options(seed=0)
    )
    share = labels[split == "test"].sum(axis=0) / labels.sum(axis=0)
    np.testing.assert_allclose(share, 0.15, atol=0.02)


@pytest.mark.parametrize("by_patient", [False, True])
def test_the_order_of_rows_does_not_matter(by_patient):
    rng = np.random.default_rng(3)
    patients = patients_of_sizes(rng, 60) if by_patient else None
    num_images = len(patients) if by_patient else 300
    table = make_table(num_images, patients=patients)
    labels = one_hot(rng.integers(0, 3, num_images))
    order = rng.permutation(num_images)
    split, _ = splits.complete(table, labels, splits.Options(seed=0))
    shuffled, _ = splits.complete(
        table.iloc[order].reset_index(drop=True),
        labels[order],
        splits.Options(seed=0),
    )
    assert split[order].tolist() == shuffled.tolist()


def test_another_seed_draws_others():
    table, labels = make_table(200), one_hot(np.arange(200) % 2)
    first, again, other = (
        splits.complete(table, labels, splits.Options(seed=seed))[0]
        for seed in (0, 0, 1)
    )
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_rare_strata_are_drawn_at_their_rate():
    # 40 images of 40 classes: which classes are drawn must not be fixed.
    labels = np.eye(40, dtype=bool)
    names = np.arange(40).astype(str)
    times = sum(
        splits.draw(
            names, names, labels, fraction=0.25, rng=np.random.default_rng(seed)
        ).astype(int)
        for seed in range(200)
    )
    assert times.sum() == 200 * 10
    # Binomial(200, 1/4): mean 50, standard deviation 6.1.
    assert 25 < times.min() and times.max() < 75


def test_patients_in_common_are_counted():
    patients = ["a", "a", "b", "b", "c"]
    split = ["train", "test", "val", "val", "test"]
    assert splits.patients_in_common(patients, split) == 1


def test_without_a_train_split_nothing_can_be_drawn():
    with pytest.raises(ValueError, match="no image to train on.*test"):
        splits.complete(
            make_table(2, split=["test"] * 2),
            one_hot([0, 1]),
            splits.Options(seed=0),
        )


def test_too_few_patients_for_a_split():
    table = make_table(6, patients=[0, 0, 0, 0, 0, 0])
    with pytest.raises(ValueError, match="Too few images to draw a test"):
        splits.complete(
            table, one_hot([0, 1, 0, 1, 0, 1]), splits.Options(seed=0)
        )
