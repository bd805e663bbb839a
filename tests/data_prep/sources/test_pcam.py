"""Tests of the patches of lymph nodes: HDF5 files, slides, folds."""

import copy

import h5py
import numpy as np
import pytest

from data_prep import sources
from data_prep.sources import pcam
from tests.data_prep import trees_revisiting
from transfusion_tf.data import splits
from transfusion_tf.stores import archives


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
    with pytest.raises(archives.ReadError, match="damaged row"):
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


def from_elsewhere(kind, path, secret):
    """Replaces the patches by those of the file `secret`."""
    shape = (8, 96, 96, 3)
    with h5py.File(path, "w") as file:
        if kind == "external link":
            file["x"] = h5py.ExternalLink(str(secret), "x")
        elif kind == "soft link":
            file["y"] = h5py.ExternalLink(str(secret), "x")
            file["x"] = h5py.SoftLink("/y")
        elif kind == "external storage":
            places = [(str(secret), 0, h5py.h5f.UNLIMITED)]
            file.create_dataset("x", shape, np.uint8, external=places)
        else:
            layout = h5py.VirtualLayout(shape, np.uint8)
            layout[...] = h5py.VirtualSource(str(secret), "x", shape)
            file.create_virtual_dataset("x", layout)


@pytest.mark.parametrize(
    "kind, message",
    [
        ("external link", "test_x.h5 is not read: x in it is a link to else"),
        ("soft link", "test_x.h5 is not read: x in it is a link to elsewhere"),
        ("external storage", "is not read: it keeps x in another file"),
        ("virtual", "test_x.h5 is not read: it keeps x in another file"),
    ],
)
def test_patches_of_other_files_are_not_read(root, tmp_path, kind, message):
    """Any file of the machine could get into the records."""
    secret = tmp_path / "secret"
    replace(secret, "x", np.full((8, 96, 96, 3), 7, np.uint8))
    from_elsewhere(kind, path_of(root, "test", "x.h5"), secret)
    with pytest.raises(ValueError, match=message):
        read(root)


def test_arrays_that_declare_more_than_there_is(root):
    """No chunk of them is written: a terabyte takes no room in the file."""
    number = 2**40
    for what, shape in (("x.h5", (96, 96, 3)), ("y.h5", ())):
        with h5py.File(path_of(root, "test", what), "w") as file:
            chunks = (4, *shape)
            file.create_dataset(
                what[0], (number, *shape), np.uint8, chunks=chunks
            )
    message = "test_y.h5 is not read: /y is absurdly large: it declares 1,099,"
    with pytest.raises(ValueError, match=message):
        read(root)


@pytest.mark.parametrize(
    "shape, chunks, message",
    [
        ((8, 2**20, 2**20, 3), (1, 1, 1, 3), "x must be rows of images"),
        ((2**19, 96, 96, 3), (2**15, 96, 96, 3), "in chunks of 905,969,664 by"),
        ((8, 2**10, 2**10, 3), (1, 1, 1, 1), "is cut into 3,145,728 chunks"),
    ],
)
def test_rows_and_chunks_of_absurd_sizes(root, shape, chunks, message):
    with h5py.File(path_of(root, "test", "x.h5"), "w") as file:
        file.create_dataset("x", shape, np.uint8, chunks=chunks)
    with pytest.raises(ValueError, match=message):
        read(root)


def test_filters_that_are_plugins_are_not_loaded(root):
    with h5py.File(path_of(root, "test", "x.h5"), "w") as file:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((1, 96, 96, 3))
        plan.set_filter(32_015, h5py.h5z.FLAG_OPTIONAL)  # Zstandard.
        space = h5py.h5s.create_simple((8, 96, 96, 3))
        h5py.h5d.create(file.id, b"x", h5py.h5t.STD_U8LE, space, dcpl=plan)
    with pytest.raises(ValueError, match="compressed by the plugin 32015"):
        read(root)


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
    assert sum(pcam.PUBLISHED.values()) == 327_680
