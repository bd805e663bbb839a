"""One contract for all sources, and what each of them accepts and refuses."""

import copy
import pathlib
import re

import numpy as np
import pandas as pd
import pytest

from data_prep import sources
from tests.data_prep.trees import make_chest, make_fundus, packed, write_image
from transfusion_tf import names
from transfusion_tf.data import images as image_files

SPLITS = {"train": 12, "val": 3, "test": 6}


def make_npz(folder, **changes):
    """An .npz of 21 images of two classes; `changes` None: left out."""
    arrays = {}
    for split, number in SPLITS.items():
        arrays[f"{split}_images"] = np.arange(
            number * 16, dtype=np.uint8
        ).reshape(number, 4, 4)
        arrays[f"{split}_labels"] = np.arange(number)[:, None] % 2
    arrays |= changes
    path = folder / "Raw set.npz"
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    return {"input": path}


def make_image_folder(folder):
    """`<split>/<class>/`, with files that are no images among them."""
    root = folder / "Raw set"
    value = 0
    for split, number in SPLITS.items():
        for i in range(number):
            value += 1
            write_image(
                root / split / "ab"[i % 2] / f"p{i // 2}_{i}.png", value
            )
    (root / "LICENSE.txt").write_text("free")
    (root / "train" / ".DS_Store").write_text("")
    write_image(root / "__MACOSX" / "train" / "a" / "x.png", 1)
    return {"input": root}


def make_csv(folder):
    """A table of the images of `make_image_folder`."""
    root = make_image_folder(folder)["input"]
    paths = [p.relative_to(root) for p in sorted(root.glob("t*/*/*.png"))]
    paths += [p.relative_to(root) for p in sorted(root.glob("v*/*/*.png"))]
    table = pd.DataFrame(
        {
            "path": [p.as_posix() for p in paths],
            "label": [p.parts[1] for p in paths],
            "split": [p.parts[0] for p in paths],
        }
    )
    table.to_csv(folder / "labels.csv", index=False)
    return {"input": root, "labels": folder / "labels.csv"}


def make_synthetic(folder):
    """Options of a small synthetic set."""
    del folder
    return {"num_images": 90, "image_size": 16}


def make_kermany_chest(folder):
    """The chest x-rays' folders."""
    return {"input": make_chest(folder / "Raw set")}


def make_idrid(folder):
    """The folders and tables of the fundus photographs."""
    return {"input": make_fundus(folder / "Raw set")}


SETUPS = {
    "npz": make_npz,
    "image_folder": make_image_folder,
    "csv": make_csv,
    "kermany_chest": make_kermany_chest,
    "idrid": make_idrid,
    "synthetic_fundus": make_synthetic,
    "synthetic_textures": make_synthetic,
}


def read(source, **options):
    return sources.get(source)(**options)


def test_table_covers_the_sources():
    assert SETUPS.keys() == set(names.SOURCES)


@pytest.mark.parametrize("source", names.SOURCES)
class TestSource:
    def test_manifest_is_complete_and_images_can_be_used(
        self, source, tmp_path
    ):
        manifest = read(source, **SETUPS[source](tmp_path))
        manifest.check()
        found = set(manifest.table["split"])
        assert {"train", "test"} <= found <= set(names.SPLITS)
        store = copy.deepcopy(manifest.store)
        for image in manifest.table["image"].iloc[[0, -1]]:
            image_files.prepare(store.read(image))

    def test_the_same_again_is_equal(self, source, tmp_path):
        options = SETUPS[source](tmp_path)
        first, again = read(source, **options), read(source, **options)
        pd.testing.assert_frame_equal(first.table, again.table)
        assert (first.name, first.classes, first.source) == (
            again.name,
            again.classes,
            again.source,
        )

    def test_card_learns_no_path(self, source, tmp_path):
        manifest = read(source, **SETUPS[source](tmp_path))
        text = str(dict(manifest.source))
        assert str(tmp_path) not in text and "Raw set" not in text
        assert manifest.source["kind"] in (source, "synthetic")

    def test_options_are_flags(self, source, tmp_path):
        given = SETUPS[source](tmp_path).keys()
        needed = {o for o, needed in sources.options(source).items() if needed}
        assert needed <= given <= sources.options(source).keys()


def test_unknown_source():
    with pytest.raises(ValueError, match="'dicom'; known: npz, image_folder"):
        sources.get("dicom")


# npz.


def test_npz_classes_are_numbers_in_order(tmp_path):
    labels = np.array([[10], [9], [2]] * 4)
    manifest = read("npz", **make_npz(tmp_path, train_labels=labels))
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
    manifest = read("npz", **options)
    manifest.check()
    assert manifest.task == "multilabel"
    assert manifest.classes == ("label_0", "label_1")
    np.testing.assert_array_equal(
        manifest.label_codes()[:12], labels["train_labels"]
    )
    with pytest.raises(ValueError, match="has 2 labels for each image"):
        read("npz", **options, task="multiclass")


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
        read("npz", **make_npz(tmp_path, **changes))


@pytest.mark.parametrize("data", [b"", b"no archive", b"\x93NUMPY"])
def test_files_that_are_no_npz(tmp_path, data):
    (tmp_path / "x.npz").write_bytes(data)
    with pytest.raises(ValueError, match="x.npz is not an .npz file"):
        read("npz", input=tmp_path / "x.npz")


def test_npz_that_is_cut_off(tmp_path):
    path = make_npz(tmp_path)["input"]
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match="is not an .npz file"):
        read("npz", input=path)


# image_folder.


def folder_of(root, *paths):
    """Writes an image at each of `paths` below `root`."""
    for value, path in enumerate(paths):
        write_image(root / path, value)
    return root


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_folders_give_splits_and_classes(tmp_path, kind):
    root = folder_of(
        tmp_path / "raw",
        "set/chest/Train/b/1.PNG",
        "set/chest/Train/a/1.png",
        "set/chest/validation/a/x/2.png",
        "set/chest/TEST/b/3.png",
    )
    (root / "README.txt").write_text("not an image")
    place = packed(root, kind)
    manifest = read("image_folder", input=place)
    rows = manifest.table.sort_values("image")
    assert rows["split"].tolist() == ["test", "train", "train", "val"]
    assert rows["label"].tolist() == ["b", "a", "b", "a"]
    assert manifest.classes == ("a", "b")
    assert ("sha256" in manifest.source) == (kind != "directory")
    if kind != "directory":
        assert list(tmp_path.iterdir()) in ([root, place], [place, root])


def test_folders_without_splits(tmp_path):
    root = folder_of(tmp_path / "raw", "x/10/1.png", "x/9/1.png", "x/9/2.png")
    manifest = read("image_folder", input=root)
    assert "split" not in manifest.table
    assert manifest.classes == ("9", "10")


def test_folders_of_grades(tmp_path):
    root = folder_of(tmp_path / "raw", "0/1.png", "1/1.png", "2/2.png")
    manifest = read("image_folder", input=root, task="ordinal")
    assert (manifest.task, manifest.classes) == ("ordinal", ("0", "1", "2"))


@pytest.mark.parametrize(
    "pattern, patients",
    [
        (r"p\d+", ["p1", "p1", "p2"]),
        (r"p(\d+)", ["1", "1", "2"]),
        (r"_(\d)", ["7", "8", "7"]),
    ],
)
def test_patients_in_file_names(tmp_path, pattern, patients):
    root = folder_of(tmp_path / "p9", "a/p1_7.png", "a/p1_8.png", "b/p2_7.png")
    table = read("image_folder", input=root, patient_pattern=pattern).table
    assert table["patient"].tolist() == patients


@pytest.mark.parametrize(
    "paths, options, message",
    [
        ([], {}, "has no image files"),
        (["a/.hidden.png", "b/text.txt"], {}, "has no image files"),
        (["a/1.png", "a/2.png"], {}, "images of one class only: 'a'"),
        (
            ["train/a/1.png", "test/a/2.png"],
            {},
            "images of one class only: 'a'",
        ),
        (["train/a/1.png", "other/b/2.png"], {}, r"\('train'\) beside others"),
        (
            ["a/1.png", "b/2.png", "3.png"],
            {},
            "outside of the folders.*'3.png'",
        ),
        (["train/1.png", "train/a/2.png"], {}, "outside.*'train/1.png'"),
        (["a/1.png", "b/2.png"], {"task": "multilabel"}, "--source=csv"),
        (["a/1.png", "b/2.png"], {"task": "ordinal"}, "Received 'a', 'b'"),
        (
            ["a/1.png", "b/x.png"],
            {"patient_pattern": r"(\d)"},
            r"no patient in 1 of 2 file names: 'b/x.png'",
        ),
        (
            ["a/1.png", "b/x.png"],
            {"patient_pattern": "("},
            "is not a regular expression",
        ),
    ],
)
def test_folders_that_cannot_be_used(tmp_path, paths, options, message):
    root = tmp_path / "raw"
    root.mkdir()
    for path in map(pathlib.PurePosixPath, paths):
        if path.suffix == ".png":
            write_image(root / path, 1)
    with pytest.raises(ValueError, match=message) as raised:
        read("image_folder", input=root, **options)
    assert "\n" not in str(raised.value)


def test_missing_input():
    with pytest.raises(FileNotFoundError, match="no file or directory nowhere"):
        read("image_folder", input="nowhere")


# csv.


def read_csv(tmp_path, text, **options):
    """The manifest of a table over four images."""
    root = folder_of(tmp_path / "raw", "a.png", "b.png", "c/d.png", "e_7.png")
    labels = tmp_path / "labels.csv"
    labels.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read("csv", input=root, labels=labels, **options)


def test_csv_as_spreadsheets_write_it(tmp_path):
    text = (
        "\N{BYTE ORDER MARK}path, label,split,patient,note\r\n"
        "./a.png,2, Train,P1,x\r\nc\\d.png,10,valid,P2,\r\n"
    )
    manifest = read_csv(tmp_path, text, extra_columns=["note"])
    manifest.check()
    assert manifest.classes == ("2", "10")
    assert manifest.table["image"].tolist() == ["a.png", "c/d.png"]
    assert manifest.table["split"].tolist() == ["train", "val"]
    assert manifest.table["patient"].tolist() == ["P1", "P2"]
    assert manifest.extra_columns == ("note",)


def test_csv_with_several_labels(tmp_path):
    manifest = read_csv(
        tmp_path,
        "path,edema,effusion,split\na.png,1,,train\nb.png,0.0,-1,train\n",
        task="multilabel",
    )
    manifest.check()
    assert manifest.classes == ("edema", "effusion")
    assert manifest.label_codes().tolist() == [[1, -1], [0, -1]]


def test_csv_in_an_archive(tmp_path):
    place = packed(folder_of(tmp_path / "raw", "x/1.png", "x/2.png"), "zip")
    labels = tmp_path / "l.csv"
    labels.write_text("path,label\nx/1.png,0\nx/2.png,1\n")
    manifest = read("csv", input=place, labels=labels, task="ordinal")
    assert manifest.task == "ordinal"
    assert manifest.source.keys() == {"kind", "sha256", "labels_sha256"}


@pytest.mark.parametrize(
    "text, options, message",
    [
        ("", {}, "is not a CSV file"),
        (b"\xff\xfe\xfa", {}, "is not a CSV file"),
        ("path,label\n", {}, "no row"),
        ("file,label\na.png,1\n", {}, "no column 'path'; it has file, label"),
        ("path,grade\na.png,1\n", {}, "no column 'label'.*--task=multilabel"),
        (
            "path,label\na.png,1\n",
            {"extra_columns": ["age"]},
            "no column 'age'",
        ),
        (
            "path,label\na.png,1\nz.png,2\n",
            {},
            "1 of 2 images are not in .*: 'z.png'",
        ),
        (
            "path,label\na.png,\nb.png,1\n",
            {},
            "not allowed in 1 rows: 'a.png: '",
        ),
        ("path,label\na.png,1.5\n", {"task": "ordinal"}, "Received '1.5'"),
        (
            "path,x\na.png,maybe\n",
            {"task": "multilabel"},
            "Column 'x'.*'a.png: maybe'. Allowed: 1, 0, and -1",
        ),
        ("path,x\na.png,2\n", {"task": "multilabel"}, "'a.png: 2'"),
        ("path,label,split\na.png,1,dev\n", {}, "'a.png: dev'. Allowed: train"),
        (
            "path,label,patient\na.png,1,P\n",
            {"patient_pattern": "."},
            "does not go with .*labels.csv, which has a column patient",
        ),
        (
            "path,label\na.png,1\n",
            {"patient_pattern": r"\d"},
            "no patient in 1",
        ),
    ],
)
def test_csv_that_cannot_be_used(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=re.compile(message, re.DOTALL)):
        read_csv(tmp_path, text, **options)


def test_csv_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file .*nothing.csv"):
        read("csv", input=tmp_path, labels=tmp_path / "nothing.csv")
