"""Data sets of tensorflow_datasets that are refused: options and damage."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tests.data_prep import prepared
from tests.data_prep.prepared import read
from transfusion_tf.data import tfrecord
from transfusion_tf.stores import archives


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
