"""Tests of data sets of tensorflow_datasets: labels, patients, damage."""

import copy

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_prep import sources
from tests.data_prep import prepared
from transfusion_tf.data import tfrecord
from transfusion_tf.stores import archives

OBSERVATIONS = 14  # Of CheXpert.


def read(**options):
    manifest = sources.get("tfds")(**options)
    manifest.check()
    return manifest


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The version directory of a data set with every kind of label."""
    return prepared.make_prepared(tmp_path_factory.mktemp("prepared"))


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


def test_chexpert_with_other_columns_needs_their_names(tmp_path):
    root = make_chexpert(tmp_path, num_labels=3)
    with pytest.raises(ValueError, match="has 3 labels .* 14 names .*--classe"):
        read(input=root)


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


@pytest.mark.parametrize(
    "options, message",
    [
        ({"label_column": "none"}, "no feature 'none', as --label_column.*age"),
        ({"label_column": "age"}, "'age' must be a ClassLabel.*Received: "),
        ({"label_column": "name"}, "'name' must be a ClassLabel"),
        ({"label_column": "image"}, "'image' must be a ClassLabel"),
        ({"label_column": "notes"}, "'notes' must be a ClassLabel"),
        ({"patient_column": "none"}, "no feature 'none', as --patient_column"),
        ({"patient_pattern": "p"}, "--patient_pattern needs --patient_column"),
        (
            {"patient_column": "name", "patient_pattern": "q"},
            "finds no patient in 18 of 18 texts",
        ),
        ({"task": "ordinal"}, "grades 0, 1, ... k as labels. Received 'a'"),
        ({"task": "multilabel"}, "which is for multiclass or ordinal"),
        (
            {"label_column": "flags", "task": "ordinal"},
            "which is for multilabel",
        ),
        ({"classes": ["a", "c"]}, "labels that --classes does not have: 'b'"),
        (
            {"label_column": "listed", "classes": ["w"]},
            "--classes has 'w'; the labels are x, y, z",
        ),
        (
            {"label_column": "codes", "classes": ["one"]},
            "has 2 labels for each image, and there are 1 names",
        ),
        ({"data_dir": "/tmp"}, "With --data_dir the --input is a name"),
        ({"uncertain": ["ones"]}, "--uncertain goes with .*feature 'label' i"),
        (
            {"label_column": "flags", "blank": "negative"},
            "--blank goes with labels that are positive, ",
        ),
    ],
)
def test_features_that_cannot_be_used(tiny, options, message):
    with pytest.raises(ValueError, match=message) as raised:
        read(input=tiny, **options)
    assert "\n" not in str(raised.value)


def test_labels_that_are_no_labels(tmp_path):
    features = {
        "image": tfds.features.Image(),
        "labels": tfds.features.Sequence(tfds.features.Scalar(np.int64)),
    }
    for name, labels, message in (
        ("ragged", [[1, 0], [1]], "different numbers of labels: 1 to 2"),
        ("other", [[1, 0], [1, 7]], "must have 1, 0 or -1.* Received: 7"),
    ):
        examples = [
            {"image": prepared.png(i), "labels": values}
            for i, values in enumerate(labels)
        ]
        root = prepared.write(tmp_path, name, features, {"train": examples})
        with pytest.raises(ValueError, match=message):
            read(input=root)


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


def test_places_without_a_data_set(tmp_path):
    with pytest.raises(FileNotFoundError, match="no directory .*--data_dir"):
        read(input=tmp_path / "chexpert")
    (tmp_path / "some").mkdir()
    with pytest.raises(FileNotFoundError, match="no features.json"):
        read(input=tmp_path / "some")
    for folder in ("a", "b"):
        prepared.make_prepared(tmp_path / "several" / folder)
    with pytest.raises(FileNotFoundError, match="no features.json"):
        read(input=tmp_path / "several")
    root = prepared.make_prepared(tmp_path / "two")
    root.rename(root.with_name("1.1.0"))
    prepared.make_prepared(tmp_path / "three").rename(root)
    with pytest.raises(ValueError, match="several versions.*1.0.0.*1.1.0"):
        read(input=tmp_path / "two")


def test_damaged_metadata_are_told(tmp_path):
    root = prepared.make_prepared(tmp_path)
    (root / "dataset_info.json").write_text("{")
    with pytest.raises(ValueError, match="is not a data set of tensorflow_d"):
        read(input=root)


@pytest.mark.parametrize(
    "file, damage, message",
    [
        (2, lambda data: data[:-9], "00002-of-00003 is damaged. There is no"),
        (0, lambda data: data[:40] + b"?" + data[41:], "00000-of.* is damaged"),
        (0, lambda data: b"\xff" * 8 + data[8:], "no whole record at byte 0"),
        (2, lambda data: b"", "has 10 records and should have 12"),
    ],
)
def test_damaged_files_are_told(tmp_path, file, damage, message):
    root = prepared.make_prepared(tmp_path)
    (path,) = root.glob(f"tiny-train*-{file:05d}-of-*")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=message):
        read(input=root)


def test_an_image_damaged_later_is_a_read_error(tmp_path):
    root = prepared.make_prepared(tmp_path)
    store = read(input=root).store
    (path,) = root.glob("tiny-test*-00001-of-*")
    path.write_bytes(path.read_bytes()[:-9])
    assert store.read("test/0") == prepared.png(13)
    with pytest.raises(archives.ReadError, match="no whole record"):
        store.read("test/5")


def changed_json(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_code_that_a_data_set_asks_for_is_not_loaded(tmp_path, monkeypatch):
    """tensorflow_datasets imports the module of a feature's class."""
    root = prepared.make_prepared(tmp_path / "data")
    (tmp_path / "code").mkdir()
    (tmp_path / "code/evil.py").write_text(
        f"open({str(tmp_path / 'trace')!r}, 'w')"
    )
    monkeypatch.syspath_prepend(tmp_path / "code")
    changed_json(
        root / "features.json",
        "tensorflow_datasets.core.features.image_feature.Image",
        "evil.Image",
    )
    with pytest.raises(ValueError, match="the Python class 'evil.Image', whi"):
        read(input=root)
    assert not (tmp_path / "trace").exists()


def test_a_number_of_classes_that_nobody_has(tmp_path):
    root = prepared.make_prepared(tmp_path)
    changed_json(root / "features.json", '"3"', '"99999999999"')
    with pytest.raises(ValueError, match="cannot be 99,999,999,999 classes"):
        read(input=root, label_column="grade")


@pytest.mark.parametrize(
    "key, value, message",
    [
        ("label", 2, "'label' has the number 2, and classes from 0 to 1"),
        ("label", -2, "'label' has the number -2, and classes from 0 to 1"),
        ("label", [0, 1], "'label' must have one class for each image"),
        ("label", b"a", "has a record whose 'label' is no integer"),
        ("listed", [0, 3], "'listed' has the number 3, and classes from 0"),
        ("codes", [4, 0], "'codes' has the number 4, and classes from 0 to 3"),
        ("image", 3, "has a record whose 'image' is no image"),
    ],
)
def test_records_that_do_not_go_with_their_features(
    tmp_path, key, value, message
):
    root = prepared.make_prepared(tmp_path)
    path = sorted(root.glob("*train*"))[0]
    with path.open("rb") as file:
        record = tfrecord.read_at(file, 0)
    rest = path.read_bytes()[len(record) + tfrecord.FRAMING :]
    example = {
        "image": prepared.png(1),
        "label": 0,
        "listed": [0],
        "codes": [0, 0],
    }
    first = prepared.serialized({**example, key: value})
    path.write_bytes(tfrecord.framed(first) + rest)
    label = {} if key == "image" else {"label_column": key}
    with pytest.raises(ValueError, match=message):
        read(input=root, **label)


def test_a_record_that_is_no_example(tmp_path):
    root = prepared.make_prepared(tmp_path)
    path = sorted(root.glob("*train*"))[0]
    path.write_bytes(tfrecord.framed(b"\xff" * 9))
    with pytest.raises(ValueError, match="is damaged. There is a record that"):
        read(input=root)
