"""Tests of the patches of lymph nodes: HDF5 files, slides, folds."""

import copy

import h5py
import numpy as np
import pytest

from data_prep import sources
from data_prep.sources import pcam
from tests.data_prep import trees_revisiting
from transfusion_tf.data import splits, stores


def read(place, **options):
    manifest = sources.get("pcam")(input=place, **options)
    manifest.check()
    return manifest


@pytest.fixture
def root(tmp_path):
    return trees_revisiting.make_pcam(tmp_path)["input"]


def path_of(root, split, what):
    return root / f"{trees_revisiting.PCAM.format(split, what)}"


def replace(path, key, array):
    with h5py.File(path, "w") as file:
        file[key] = array


def test_names_labels_slides(root, caplog):
    manifest = read(root)
    assert manifest.classes == ("normal", "tumor")
    rows = manifest.table.set_index("image")
    assert rows.index.is_unique and len(rows) == 40
    assert rows.loc["train/5"].to_dict() == {
        "label": "tumor",
        "split": "train",
        "patient": "camelyon16_train_tumor_001",
    }
    assert rows.loc["test/5", ["label", "split"]].tolist() == ["normal", "test"]
    assert rows.loc["val/7", "patient"] == "camelyon16_valid_tumor_001"
    assert splits.patients_in_common(rows["patient"], rows["split"]) == 0
    assert (
        "train: 24 instead of 262,144, val: 8 instead of 32,768, test: 8 inst"
    ) in caplog.text


def test_patches_of_the_same_index_are_told_apart(root):
    store = copy.deepcopy(read(root).store)
    for image, value in {"train/5": 5, "val/5": 65, "test/5": 125}.items():
        np.testing.assert_array_equal(
            store.read(image), np.full((96, 96, 3), value, np.uint8)
        )
    assert copy.deepcopy(store).read("val/0")[0, 0, 0] == 60


def test_without_slides(root, caplog):
    path_of(root, "valid", "meta.csv").unlink()
    manifest = read(root)
    assert not manifest.has_patients
    assert "which tell the slides" in manifest.source["no_patients"]
    assert "which tell the slides" in caplog.text


def test_a_slide_that_is_missing(root):
    path = path_of(root, "valid", "meta.csv")
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-1]))
    with pytest.raises(ValueError, match=r"of each of 8 patches. .*: 7 names"):
        read(root)
    path.write_text("\n".join([lines[0].replace("wsi", "slide"), *lines[1:]]))
    with pytest.raises(ValueError, match="no column 'wsi'; .*, slide"):
        read(root)


@pytest.mark.parametrize(
    "what, key, array, message",
    [
        ("y.h5", "y", np.zeros((7, 1, 1, 1)), "one number for each of 8 patch"),
        ("y.h5", "y", np.full((8, 1, 1, 1), 2), "must be 0 or 1. Received: 2"),
        ("y.h5", "labels", np.zeros(8), "no array 'y'; it has labels"),
        ("x.h5", "x", np.zeros((8, 96, 96, 3)), "of uint8. Received: float64"),
        (
            "x.h5",
            "x",
            np.zeros((8, 96, 96), np.uint8),
            r"Received: uint8 \(8",
        ),
    ],
)
def test_arrays_that_cannot_be_used(root, what, key, array, message):
    replace(path_of(root, "test", what), key, array)
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("size", [0, 100, -100])
def test_files_that_are_damaged(root, size):
    path = path_of(root, "train", "x.h5")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match="train_x.h5 is not a whole HDF5 file"):
        read(root)


def test_a_row_that_is_damaged(root):
    store = read(root).store
    path = path_of(root, "train", "x.h5")
    with h5py.File(path) as file:
        place = file["x"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[place : place + 40] = b"\xff" * 40
    path.write_bytes(data)
    with pytest.raises(stores.ReadError, match="damaged row"):
        store.read("train/0")
    assert store.read("val/0").shape == (96, 96, 3)


def test_files_that_are_absent_or_compressed(root, tmp_path):
    path = path_of(root, "test", "y.h5")
    path = path.rename(f"{path}.gz")
    with pytest.raises(ValueError, match="test_y.h5.gz is compressed; decomp"):
        read(root)
    path.unlink()
    with pytest.raises(ValueError, match="no file camelyonpatch_.*test_y.h5"):
        read(root)
    with pytest.raises(FileNotFoundError, match="no file or directory"):
        read(tmp_path / "nowhere")


def test_names_of_folds_mean_the_patch_that_was_written_last(root, tmp_path):
    """By hand: test has the labels 1, 0, 1, ... and the others 0, 1, 0, ..."""
    folder = "../../../data/PCam/png_images"
    rows = {
        "train": [
            (f"{folder}/0_label=0.png", "no"),  # Of train and valid.
            (f"{folder}/0_label=1.png", "yes"),  # Of test only.
        ],
        "val": [(f"{folder}/9_label=1.png", "yes")],  # Of train only.
        "test": [(f"{folder}/24_label=1.png", "yes")],  # Of none.
    }
    folds = trees_revisiting.write_folds(tmp_path / "folds", rows)
    manifest = read(root, **folds)
    rows = manifest.table.set_index("image")[["label", "split"]]
    assert rows.to_dict("index") == {
        "test/0": {"label": "tumor", "split": "train"},
        "train/9": {"label": "tumor", "split": "val"},
        "val/0": {"label": "normal", "split": "train"},
    }
    assert manifest.bad == (("24_label=1", "absent"),)


def test_published_numbers_are_those_of_all_patches():
    assert sum(pcam.COUNTS.values()) == 327_680
