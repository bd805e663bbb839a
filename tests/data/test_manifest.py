"""Tests of the manifest's checks, class orders and counts."""

import dataclasses

import pandas as pd
import pytest

from transfusion_tf.data import manifest as manifests


def make_manifest(
    task="multiclass",
    classes=("cat", "dog"),
    name="pets",
    extra_columns=(),
    **columns,
):
    """A manifest of three images; `columns` replace or add columns."""
    labels = {} if task == "multilabel" else {"label": ["cat", "dog", "cat"]}
    table = {"image": ["a.png", "b.png", "c.png"], **labels, **columns}
    return manifests.Manifest(
        name,
        task,
        tuple(classes),
        pd.DataFrame(table),
        store=None,
        extra_columns=extra_columns,
    )


def test_label_codes_are_places_in_the_classes():
    codes = make_manifest(classes=("dog", "cat")).label_codes()
    assert codes.tolist() == [1, 0, 1]


def test_label_codes_of_several_labels_come_in_the_order_of_the_classes():
    manifest = make_manifest(
        "multilabel", ("b", "a"), a=[1, 0, -1], b=[0, 0, 1]
    )
    manifest.check()
    assert manifest.label_codes().tolist() == [[0, 1], [0, 0], [1, -1]]


def test_counts_by_split_and_class():
    manifest = make_manifest(split=["test", "train", "train"])
    assert manifests.counts(manifest) == {
        "train": {"cat": 1, "dog": 1},
        "test": {"cat": 1, "dog": 0},
    }


def test_counts_of_labels_count_ones_only():
    manifest = make_manifest(
        "multilabel",
        ("a", "b"),
        a=[1, 0, -1],
        b=[1, 1, -1],
        split=["train"] * 3,
    )
    assert manifests.counts(manifest) == {"train": {"a": 1, "b": 2}}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"name": "My set"}, "Received 'My set'"),
        (
            {"task": "regression"},
            "Unknown task 'regression'; known: multiclass",
        ),
        ({"extra_columns": ("age",)}, "no column 'age'; it has image, label"),
        ({"extra_columns": ("id",), "id": [1, 2, 3]}, "cannot be called 'id'"),
        ({"image": ["a.png", "b.png", "a.png"]}, "more than once: 'a.png'"),
        ({"classes": ("cat",)}, "at least 2 classes"),
        ({"classes": ("cat", "cat")}, "Classes repeat"),
        (
            {"label": ["cat", "cow", "dog"]},
            "1 images have a label .* 'b.png: cow'. Allowed: cat, dog",
        ),
        (
            {"split": ["train", "dev", "test"]},
            "train, val, test. Received 'dev'",
        ),
        (
            {"patient": ["1", "", None]},
            "2 images have no patient: 'b.png', 'c.pn",
        ),
        (
            {"task": "multilabel", "classes": ("a",), "a": [0, 1, 2]},
            "'c.png: 2'. Allowed: 1, 0 or -1",
        ),
        (
            {"task": "multilabel", "classes": ("id",), "id": [0, 1, 1]},
            "Labels cannot be called 'id'",
        ),
    ],
)
def test_check_tells_what_is_wrong(changes, message):
    with pytest.raises(ValueError, match=message) as raised:
        make_manifest(**changes).check()
    assert "\n" not in str(raised.value)


def test_an_image_is_not_both_good_and_bad():
    manifest = dataclasses.replace(make_manifest(), bad=(("b.png", "absent"),))
    with pytest.raises(ValueError, match="among the bad ones: 'b.png'"):
        manifest.check()


@pytest.mark.parametrize(
    "split, message",
    [
        (["train", "train", "test"], None),
        (
            ["train", "test", "val"],
            "test split has .* train split lacks: 'dog'",
        ),
        (["train", "val", "train"], "The val split has .*: 'dog'. Take them"),
        (["test", "test", "test"], None),  # Told where splits are completed.
    ],
)
def test_classes_that_train_lacks(split, message):
    manifest = make_manifest(split=split)
    if message is None:
        manifests.check_classes_of_train(manifest)
    else:
        with pytest.raises(ValueError, match=message):
            manifests.check_classes_of_train(manifest)


def test_an_empty_manifest_is_refused():
    manifest = make_manifest()
    empty = dataclasses.replace(manifest, table=manifest.table[:0])
    with pytest.raises(ValueError, match="names no image"):
        empty.check()


@pytest.mark.parametrize(
    "text, name",
    [
        ("kermany_chest_224", "kermany_chest_224"),
        ("My Set (2)", "my_set_2"),
        ("2020", "data_2020"),
        ("...", "data"),
    ],
)
def test_default_name_is_one_that_a_manifest_takes(text, name):
    assert manifests.default_name(text) == name
    make_manifest(name=name).check()


def test_classes_are_sorted_as_numbers_only_if_all_are():
    assert manifests.sorted_classes(["10", "9", "9"]) == ("9", "10")
    assert manifests.sorted_classes(["10", "9", "x"]) == ("10", "9", "x")


def test_grades_are_all_up_to_the_highest():
    labels = [str(grade) for grade in range(11)]
    assert manifests.grade_classes(labels[::-1]) == tuple(labels)


@pytest.mark.parametrize(
    "labels, message",
    [
        (["0", "mild"], "Received 'mild'"),
        (["0", "1.5"], "Received '1.5'"),
        (["0", "-1"], "Received '-1'"),
        (["1", "2"], "No image has '0'"),
        (["0", "3"], "No image has '1', '2'; the highest is 3"),
        (["0", "9999999999"], "has '1', '2', '3'; the highest is 9999999999"),
        (["0", "9" * 5_000], "Received '9999"),
        (["0", "\u0661"], "Received '\u0661'"),  # One, in Arabic digits.
    ],
)
def test_labels_that_are_no_grades(labels, message):
    with pytest.raises(ValueError, match=message):
        manifests.grade_classes(labels)


def test_examples_are_few():
    assert manifests.examples("abcde", most=2) == "'a', 'b' and 3 more"
    assert manifests.examples("ab") == "'a', 'b'"
