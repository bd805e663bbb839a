"""Tests of .npz files: what is read from them, and what is refused."""

import numpy as np
import pytest

from data_prep import sources
from tests.data_prep.trees import SPLITS, make_npz


def read(**options):
    return sources.get("npz")(**options)


def test_npz_classes_are_numbers_in_order(tmp_path):
    labels = np.array([[10], [9], [2]] * 4)
    manifest = read(**make_npz(tmp_path, train_labels=labels))
    assert manifest.classes == ("0", "1", "2", "9", "10")
    assert manifest.name == "raw_set"
    assert manifest.table["label"][0] == "10"
    np.testing.assert_array_equal(
        manifest.store.read(manifest.table["image"][1]),
        np.arange(16, 32).reshape(4, 4),
    )


def test_npz_with_several_label_columns_is_multilabel(tmp_path):
    labels = {
        f"{split}_labels": np.arange(2 * n).reshape(n, 2) % 3 % 2
        for split, n in SPLITS.items()
    }
    options = make_npz(tmp_path, **labels)
    manifest = read(**options)
    manifest.check()
    assert manifest.task == "multilabel"
    assert manifest.classes == ("label_0", "label_1")
    np.testing.assert_array_equal(
        manifest.label_codes()[:12], labels["train_labels"]
    )
    with pytest.raises(ValueError, match="has 2 labels for each image"):
        read(**options, task="multiclass")


def test_npz_classes_can_be_named(tmp_path):
    options = make_npz(tmp_path)
    manifest = read(**options, classes=["normal", "ill"])
    assert manifest.classes == ("normal", "ill")
    assert manifest.table["label"].tolist()[:3] == ["normal", "ill", "normal"]
    with pytest.raises(ValueError, match="up to number 1; .* 0 to 0: normal"):
        read(**options, classes=["normal"])


def test_npz_labels_can_be_named(tmp_path):
    labels = {
        f"{split}_labels": np.ones((n, 2), int) for split, n in SPLITS.items()
    }
    options = make_npz(tmp_path, **labels)
    assert read(**options, classes=["x", "y"]).classes == ("x", "y")
    with pytest.raises(ValueError, match="has 2 labels .* has 1 names: x"):
        read(**options, classes=["x"])


@pytest.mark.parametrize(
    "changes, message",
    [
        (
            {"val_labels": None, "test_images": None},
            "has no val_labels, test_images; it has train_images",
        ),
        ({"train_labels": np.array([[{}]] * 12, object)}, "allow_pickle=False"),
        (
            {"train_images": np.array([{}] * 12, object)},
            "uint8 or uint16. Received: object",
        ),
        ({"train_images": np.zeros((12, 4, 4))}, "Received: float64"),
        (
            {"train_images": np.zeros((12, 4, 4, 4), np.uint8)},
            r"\(12, 4, 4, 4\)",
        ),
        ({"train_labels": np.zeros((12, 1))}, "must be integers.*float64"),
        (
            {"val_labels": np.zeros((4, 1), int)},
            "val has 3 images but 4 labels",
        ),
        ({"val_labels": np.zeros((3, 2), int)}, r"numbers of labels: \[1, 2\]"),
        ({"val_labels": np.full((3, 1), -1)}, "labels from 0 up. Received: -1"),
    ],
)
def test_npz_arrays_that_cannot_be_used(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        read(**make_npz(tmp_path, **changes))


@pytest.mark.parametrize("data", [b"", b"no archive", b"\x93NUMPY"])
def test_files_that_are_no_npz(tmp_path, data):
    (tmp_path / "x.npz").write_bytes(data)
    with pytest.raises(ValueError, match="x.npz is not an .npz file"):
        read(input=tmp_path / "x.npz")


def test_npz_that_is_cut_off(tmp_path):
    path = make_npz(tmp_path)["input"]
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match="is not an .npz file"):
        read(input=path)


def test_labels_of_different_integers(tmp_path):
    labels = {
        "train_labels": np.arange(12, dtype=np.uint64)[:, None] % 2,
        "val_labels": np.array([[0], [1], [0]], np.int64),
        "test_labels": np.zeros((6, 1), np.uint8),
    }
    manifest = sources.get("npz")(**make_npz(tmp_path, **labels))
    manifest.check()
    assert manifest.classes == ("0", "1")  # And not 0.0, 1.0.
    labels["train_labels"] = np.full((12, 1), 2**64 - 1, np.uint64)
    with pytest.raises(
        ValueError, match="train_labels has 18446744073709551615"
    ):
        sources.get("npz")(**make_npz(tmp_path, **labels))
