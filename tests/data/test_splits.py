"""Tests of drawing splits: exact, stratified, by patient, reproducible."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from sklearn import model_selection

from transfusion_tf import names
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
        splits.SplitOptions(seed=0),
    )
    assert split.tolist() == official
    assert made == dict.fromkeys(("train", "val", "test"), "official")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"mode": "random"}, "'random'; known: auto, official, grouped, test"),
        ({"seed": -1}, "seed must be at least 0. Received: -1"),
        ({"test_fraction": 1.0}, "--test_fraction must be between 0 and 1"),
        ({"val_fraction": 0}, "--val_fraction must be .* Received: 0"),
        ({"num_folds": 5}, "--num_folds and --fold go together"),
        ({"fold": 1}, "--num_folds and --fold go together"),
        ({"num_folds": 5, "fold": 6}, "one of 1 to --num_folds.*5 and 6"),
        ({"num_folds": 5, "fold": 0}, "Received: 5 and 0"),
        ({"num_folds": 1, "fold": 1}, "must be at least 2.*1 and 1"),
        (
            {"num_folds": 5, "fold": 1, "test_fraction": 0.2},
            "--test_fraction does not go with --num_folds",
        ),
        (
            {"num_folds": 5, "fold": 1, "mode": "official"},
            "--splits=official does not go with --num_folds",
        ),
        (
            {"num_folds": 5, "fold": 1, "mode": "test"},
            "--num_folds does not go with --splits=test",
        ),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(ValueError, match=message):
        splits.SplitOptions(**options)


def test_val_is_exactly_a_tenth_of_each_class():
    classes = np.repeat([0, 1, 2], [500, 300, 200])
    table = make_table(1_200, split=["train"] * 1_000 + ["test"] * 200)
    labels = one_hot(np.append(classes, np.arange(200) % 3))
    split, made = splits.complete(table, labels, splits.SplitOptions(seed=0))
    assert labels[split == "val"].sum(axis=0).tolist() == [50, 30, 20]
    assert (split == "test").tolist() == [False] * 1_000 + [True] * 200
    assert made["val"] == "drawn: 10% of train by image, stratified, seed 0"
    assert made["test"] == "official"


def test_without_splits_test_is_15_percent_and_val_a_tenth_of_the_rest():
    split, _ = splits.complete(
        make_table(2_000),
        one_hot(np.arange(2_000) % 2),
        splits.SplitOptions(seed=0),
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
            start=0,
            stop=0.25,
            key=str(seed),
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
    split, made = splits.complete(table, labels, splits.SplitOptions(seed=0))
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
        make_table(2_000), labels, splits.SplitOptions(seed=0)
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
    split, _ = splits.complete(table, labels, splits.SplitOptions(seed=0))
    shuffled, _ = splits.complete(
        table.iloc[order].reset_index(drop=True),
        labels[order],
        splits.SplitOptions(seed=0),
    )
    assert split[order].tolist() == shuffled.tolist()


def test_another_seed_draws_others():
    table, labels = make_table(200), one_hot(np.arange(200) % 2)
    first, again, other = (
        splits.complete(table, labels, splits.SplitOptions(seed=seed))[0]
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
            names, names, labels, start=0, stop=0.25, key=str(seed)
        ).astype(int)
        for seed in range(200)
    )
    assert times.sum() == 200 * 10
    # Binomial(200, 1/4): mean 50, standard deviation 6.1.
    assert 25 < times.min() and times.max() < 75


def test_fractions_can_be_chosen():
    table, labels = make_table(1_000), one_hot(np.arange(1_000) % 2)
    options = splits.SplitOptions(test_fraction=0.2, val_fraction=0.25)
    split, made = splits.complete(table, labels, options)
    counts = pd.Series(split).value_counts().to_dict()
    assert counts == {"train": 600, "val": 200, "test": 200}
    assert made["val"].startswith("drawn: 25% of train by image")


def folds_of(table, labels, *, num_folds, seed=0):
    """The fold 1..num_folds in which each row is a test image."""
    fold = np.zeros(len(table), int)
    for number in range(1, num_folds + 1):
        options = splits.SplitOptions(
            num_folds=num_folds, fold=number, seed=seed
        )
        split, made = splits.complete(table, labels, options)
        assert set(split) == set(names.SPLITS)
        assert (fold[split == "test"] == 0).all()
        fold[split == "test"] = number
        assert made["test"].startswith(f"drawn: fold {number} of {num_folds}")
    return fold


def test_every_image_is_in_the_test_split_of_one_fold():
    table = make_table(1_000)
    labels = one_hot(np.repeat([0, 1, 2], [500, 300, 200]))
    fold = folds_of(table, labels, num_folds=5)
    for number in range(1, 6):
        of_class = labels[fold == number].sum(axis=0)
        assert of_class.tolist() == [100, 60, 40]


def cohort(seed=5):
    """A table of 400 patients, a third of them ill, and its labels (N, 2)."""
    patients = patients_of_sizes(np.random.default_rng(seed))
    ids = [hashlib.sha256(f"{i}".encode()).hexdigest()[:16] for i in patients]
    table = make_table(len(patients), patients=patients)
    table["id"] = [f"{i}-{n}" for n, i in enumerate(ids)]
    return table, one_hot((patients % 3 == 0) * 1)


def scikit_learn_folds(table, labels, *, num_folds, seed=0):
    """What `folds_of` returns, by StratifiedGroupKFold."""
    cut = model_selection.StratifiedGroupKFold(
        num_folds, shuffle=True, random_state=seed
    )
    fold = np.zeros(len(table), int)
    parts = cut.split(table["id"], labels.argmax(axis=1), table["patient"])
    for number, (_, test) in enumerate(parts, 1):
        fold[test] = number
    return fold


def test_folds_of_patients_are_as_even_as_those_of_scikit_learn():
    table, labels = cohort()
    for draw in (folds_of, scikit_learn_folds):
        fold = draw(table, labels, num_folds=5)
        assert splits.patients_in_common(table["patient"], fold) == 0
        shares = [
            labels[fold == n].sum(axis=0) / labels.sum(axis=0)
            for n in range(1, 6)
        ]
        np.testing.assert_allclose(shares, 0.2, atol=0.015)


def test_an_image_less_moves_few_others():
    table, labels = cohort()
    kept = np.arange(len(table)) != 100
    moved = {}
    for draw in (folds_of, scikit_learn_folds):
        before = draw(table, labels, num_folds=5)[kept]
        rest = table[kept].reset_index(drop=True)
        moved[draw] = (before != draw(rest, labels[kept], num_folds=5)).mean()
    assert moved[folds_of] < 0.02
    assert moved[scikit_learn_folds] > 0.2  # Why its folds are not used.


def test_a_new_patient_moves_few_of_a_drawn_test_split():
    table, labels = cohort()
    more = pd.concat(
        [table, pd.DataFrame({"id": ["0"], "patient": ["new"]})],
        ignore_index=True,
    )
    before, _ = splits.complete(table, labels, splits.DEFAULTS)
    after, _ = splits.complete(
        more, np.vstack([labels, [[True, False]]]), splits.DEFAULTS
    )
    assert (before != after[:-1]).mean() < 0.02


def test_patients_in_common_are_counted():
    patients = ["a", "a", "b", "b", "c"]
    split = ["train", "test", "val", "val", "test"]
    assert splits.patients_in_common(patients, split) == 1
    assert splits.in_common(patients, split) == {
        "train-val": 0,
        "train-test": 1,
        "val-test": 0,
    }


def test_patients_in_common_of_the_splits_that_there_are():
    patients = ["a", "b", "b", "a", "c"]
    split = ["test", "test", "train", "train", "train"]
    assert splits.in_common(patients, split) == {"train-test": 2}


@pytest.mark.parametrize(
    "mode, how", [("auto", "official"), ("test", "all images")]
)
def test_of_a_test_split_alone_nothing_is_drawn(mode, how):
    found = splits.complete(
        make_table(2, split=["test"] * 2),
        one_hot([0, 1]),
        splits.SplitOptions(mode=mode),
    )
    assert found[0].tolist() == ["test", "test"] and found[1] == {"test": how}


def test_without_a_train_split_nothing_can_be_drawn():
    with pytest.raises(ValueError, match="no image to train on.*test, val"):
        splits.complete(
            make_table(2, split=["test", "val"]),
            one_hot([0, 1]),
            splits.SplitOptions(seed=0),
        )


def test_too_few_patients_for_a_split():
    table = make_table(6, patients=[0, 0, 0, 0, 0, 0])
    with pytest.raises(ValueError, match="Too few images to draw a test"):
        splits.complete(
            table, one_hot([0, 1, 0, 1, 0, 1]), splits.SplitOptions(seed=0)
        )
