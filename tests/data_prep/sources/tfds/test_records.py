"""Tests of data sets of tensorflow_datasets: labels, patients, places."""

import copy

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tests.data_prep import prepared
from tests.data_prep.prepared import read

OBSERVATIONS = 14  # Of CheXpert.


def test_classes_are_read_by_name_and_images_as_they_are(tiny):
    manifest = read(input=tiny)
    assert (manifest.name, manifest.task) == ("tiny", "multiclass")
    assert manifest.classes == ("b", "a")
    table = manifest.table
    assert table["label"].tolist() == ["b", "a"] * 9
    assert table["split"].tolist() == ["train"] * 12 + ["test"] * 6
    store = copy.deepcopy(manifest.store)  # By the means of pickle.
    for number in (17, 4, 5, 0):  # In any order, in several files.
        image = table["image"][number]
        assert store.read(image) == prepared.png(number + 1)
    assert manifest.source == {
        "kind": "tfds",
        "name": "tiny",
        "version": "1.0.0",
    }


def test_the_small_data_set_is_one_of_tensorflow_datasets(tiny):
    builder = tfds.builder_from_directory(tiny)
    assert builder.info.splits["train"].num_examples == 12
    assert len(builder.info.splits["train"].filepaths) == 3


@pytest.mark.parametrize(
    "options, classes, first",
    [
        # Codes 0, 1 are uncertain and positive; then 1, 2; then 2, 3.
        (
            {"label_column": "codes"},
            ("label_0", "label_1"),
            [[-1, 1], [1, 0], [0, -1]],
        ),
        (
            {"label_column": "codes", "classes": ["edema", "cyst"]},
            ("edema", "cyst"),
            [[-1, 1], [1, 0], [0, -1]],
        ),
        ({"label_column": "listed"}, ("x", "y", "z"), [[0, 0, 0], [1, 0, 1]]),
        (
            {"label_column": "listed", "classes": ["z", "y"]},
            ("z", "y"),
            [[0, 0], [1, 0]],
        ),
        (
            {"label_column": "values"},
            ("label_0", "label_1"),
            [[-1, 1], [0, 1], [1, 1]],
        ),
        (
            {"label_column": "flags"},
            ("label_0", "label_1"),
            [[0, 1], [1, 1]],
        ),
        ({"classes": ["a", "b"]}, ("a", "b"), [1, 0, 1]),
        ({"classes": ["a", "c", "b"]}, ("a", "c", "b"), [2, 0, 2]),
        (
            {"label_column": "grade", "task": "ordinal"},
            ("0", "1", "2"),
            [0, 1, 2],
        ),
    ],
)
def test_kinds_of_labels(tiny, options, classes, first):
    manifest = read(input=tiny, **options)
    assert manifest.classes == classes
    assert manifest.label_codes()[: len(first)].tolist() == first


def test_images_without_any_label_are_left_out(tiny):
    manifest = read(input=tiny, label_column="codes")
    # Unmentioned and uncertain: the codes 3 and 0.
    assert manifest.bad == tuple(
        (image, "no label")
        for image in ("train/3", "train/7", "train/11", "test/3")
    )
    assert len(manifest.table) == 14
    assert not manifest.table["image"].isin(["train/3", "test/3"]).any()


def test_a_class_that_is_not_known_is_no_label(tmp_path):
    features = {
        "image": tfds.features.Image(),
        "label": tfds.features.ClassLabel(num_classes=2),
    }
    examples = [
        {"image": prepared.png(i), "label": label}
        for i, label in enumerate((0, -1, 1))
    ]
    root = prepared.write(tmp_path, "some", features, {"train": examples})
    manifest = read(input=root)
    assert manifest.bad == (("train/1", "no label"),)
    assert manifest.table["label"].tolist() == ["0", "1"]


@pytest.mark.parametrize(
    "options, first",
    [
        ({"patient_column": "visit"}, ["0", "1", "1", "2"]),
        (
            {"patient_column": "name", "patient_pattern": r"/(p\d+)/"},
            ["p00", "p00", "p01", "p01"],
        ),
    ],
)
def test_patients(tiny, options, first):
    table = read(input=tiny, **options).table
    assert table["patient"].tolist()[:4] == first


def make_chexpert(folder, num_labels=OBSERVATIONS):
    """The features and splits of CheXpert, two images a patient."""
    features = {
        "name": tfds.features.Text(),
        "image": tfds.features.Image(),
        "label": tfds.features.Sequence(
            tfds.features.ClassLabel(names=list(prepared.CODES))
        ),
        "image_view": tfds.features.ClassLabel(names=["frontal", "lateral"]),
    }
    splits = {"train": range(8), "validation": range(8, 12)}
    examples = {
        split: [
            {
                "name": f"CheXpert-v1.0-small/{split}/patient{i // 2:05d}/"
                f"study1/view{i}_frontal.jpg",
                "image": prepared.png(i),
                "label": [(i + k) % 4 for k in range(num_labels)],
                "image_view": i % 2,
            }
            for i in numbers
        ]
        for split, numbers in splits.items()
    }
    return prepared.write(folder, "chexpert", features, examples)


def test_chexpert(tmp_path, caplog):
    root = make_chexpert(tmp_path)
    manifest = read(input=root)
    assert manifest.classes[:2] == ("No Finding", "Enlarged Cardiomediastinum")
    assert len(manifest.classes) == OBSERVATIONS
    assert manifest.classes[-1] == "Support Devices"
    # 0 uncertain, 1 positive, 2 negative, 3 unmentioned.
    expected = {0: -1, 1: 1, 2: 0, 3: -1}
    codes = np.add.outer(np.arange(12), np.arange(OBSERVATIONS)) % 4
    np.testing.assert_array_equal(
        manifest.label_codes(), np.vectorize(expected.get)(codes)
    )
    assert manifest.table["split"].unique().tolist() == ["train", "val"]
    assert manifest.table["patient"].tolist()[:3] == [
        "patient00000",
        "patient00000",
        "patient00001",
    ]
    five = ["Pleural Effusion", "Edema"]
    some = read(input=root, classes=five)
    assert some.classes == tuple(five)
    both = manifest.label_codes()[:, [10, 5]]
    known = (both != -1).any(axis=1)
    np.testing.assert_array_equal(some.label_codes(), both[known])
    # What the labels that were chosen say nothing of is no mistake.
    assert some.bad == () and (~known).sum() == 3
    assert "3 images have a value for none of the labels" in caplog.text


@pytest.mark.parametrize(
    "options, expected",
    [
        # Codes: uncertain, positive, negative, unmentioned.
        ({}, [-1, 1, 0, -1]),
        ({"uncertain": ["ignore"], "blank": "missing"}, [-1, 1, 0, -1]),
        ({"uncertain": ["ones"]}, [1, 1, 0, -1]),
        ({"uncertain": ["zeros"], "blank": "negative"}, [0, 1, 0, 0]),
        ({"blank": "negative"}, [-1, 1, 0, 0]),
        ({"uncertain": ["ones", "Edema:zeros"]}, [0, 1, 0, -1]),
    ],
)
def test_policies_of_chexpert(tmp_path, options, expected):
    manifest = read(input=make_chexpert(tmp_path), classes=["Edema"], **options)
    # Edema is the sixth label: row i has the code (i + 5) % 4.
    codes = (np.arange(12) + 5) % 4
    values = np.array(expected)[codes]
    assert manifest.label_codes()[:, 0].tolist() == [
        value for value in values if value != -1
    ]
    assert manifest.source["blank"] == options.get("blank", "missing")
    assert set(manifest.source["uncertain"]) == {"Edema"}


def test_three_classes_of_a_label_of_chexpert(tmp_path):
    root = make_chexpert(tmp_path)
    options = {"classes": ["Edema"], "uncertain": ["multiclass"]}
    manifest = read(input=root, blank="negative", **options)
    assert manifest.task == "multiclass"
    assert manifest.classes == ("negative", "uncertain", "positive")
    # The codes are 1, 2, 3, 0, 1, ...
    expected = ["positive", "negative", "negative", "uncertain"]
    assert manifest.table["label"].tolist() == expected * 3
    assert len(read(input=root, **options).table) == 9
    with pytest.raises(ValueError, match="=multilabel does not go .*multicl"):
        read(input=root, task="multilabel", **options)
    with pytest.raises(ValueError, match="one label, and there are 14: No F"):
        read(input=root, uncertain=["multiclass"])


def test_chexpert_with_other_columns_needs_their_names(tmp_path):
    root = make_chexpert(tmp_path, num_labels=3)
    with pytest.raises(ValueError, match="has 3 labels .* 14 names .*--classe"):
        read(input=root)


def test_a_split_without_any_label_is_left_out_and_told(tmp_path, caplog):
    """As the test split of imagenet2012, whose labels are all -1."""
    features = {
        "image": tfds.features.Image(),
        "label": tfds.features.ClassLabel(names=["n01440764", "n02012849"]),
    }
    labels = {"train": [0, 1, -1, 1], "validation": [1, 0], "test": [-1, -1]}
    splits = {
        split: [
            {"image": prepared.png(10 * len(split) + i), "label": label}
            for i, label in enumerate(values)
        ]
        for split, values in labels.items()
    }
    root = prepared.write(tmp_path, "imagenet2012", features, splits)
    manifest = read(input=root)
    assert manifest.classes == ("n01440764", "n02012849")
    assert manifest.table["split"].value_counts().to_dict() == {
        "train": 3,
        "val": 2,
    }
    assert manifest.bad == (("train/2", "no label"),)
    assert "split 'test' of imagenet2012 has a label: its 2 im" in caplog.text


@pytest.mark.parametrize(
    "place, data_dir",
    [
        ("prepared/tiny/1.0.0", None),
        ("prepared/tiny", None),
        ("prepared", None),
        ("tiny", "prepared"),
        ("tiny:1.0.0", "prepared"),
    ],
)
def test_places_of_a_data_set(tmp_path, place, data_dir):
    prepared.make_prepared(tmp_path / "prepared")
    if data_dir:
        options = {"input": place, "data_dir": tmp_path / data_dir}
    else:
        options = {"input": tmp_path / place}
    assert len(read(**options).table) == 18


def test_splits_of_other_names_are_left_out_and_told(tmp_path, caplog):
    root = prepared.make_prepared(
        tmp_path, splits={"train": 4, "sample": 2, "validation": 4}
    )
    table = read(input=root).table
    assert table["split"].value_counts().to_dict() == {"train": 4, "val": 4}
    assert "'sample' of tiny (2 images) is left out" in caplog.text
    other = prepared.make_prepared(tmp_path / "b", splits={"sample": 2})
    with pytest.raises(ValueError, match="none of the splits.*has sample"):
        read(input=other)
