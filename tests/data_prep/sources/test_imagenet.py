"""Tests of ImageNet: folders, what the validation images show, names."""

import shutil

import pandas as pd
import pytest

from data_prep import sources
from tests.data_prep.trees import packed
from tests.data_prep.trees_transfusion import WNIDS, make_imagenet, write_meta

# What the validation images 1, 2, ... of `make_imagenet` show.
SHOWN = WNIDS * 2


def read(place, **options):
    manifest = sources.get("imagenet")(input=place, **options)
    manifest.check()
    return manifest


def shown(manifest):
    """{number of a validation image: its class}."""
    rows = manifest.table[manifest.table["split"] == "val"]
    numbers = rows["image"].str.extract(r"_val_(\d+)\.", expand=False)
    return dict(zip(numbers.map(int), rows["label"], strict=True))


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
@pytest.mark.parametrize("is_flat", [False, True])
def test_folders(tmp_path, kind, is_flat):
    root = make_imagenet(tmp_path / "raw", is_flat=is_flat)
    manifest = read(packed(root, kind))
    assert (manifest.task, manifest.classes) == ("multiclass", WNIDS)
    train = manifest.table[manifest.table["split"] == "train"]
    assert train["image"].str.split("/").str[-2].tolist() == (
        train["label"].tolist()
    )
    assert len(train) == 9 and len(manifest.table) == 15
    assert shown(manifest) == dict(enumerate(SHOWN, start=1))
    assert ("labels_sha256" in manifest.source) == is_flat


def ground_truth(root):
    """The development kit's files, whose numbers are in an order of its own."""
    numbers = {1: WNIDS[2], 2: WNIDS[0], 3: WNIDS[1]}
    number_of = {wnid: number for number, wnid in numbers.items()}
    path = root / "ILSVRC2012_validation_ground_truth.txt"
    path.write_text("".join(f"{number_of[wnid]}\n" for wnid in SHOWN))
    write_meta(root / "meta.mat", numbers)
    return path


def synset_labels(root):
    path = root / "imagenet_2012_validation_synset_labels.txt"
    path.write_text("".join(f"{wnid}\r\n" for wnid in SHOWN))
    return path


@pytest.mark.parametrize("write", [ground_truth, synset_labels])
def test_other_files_of_what_the_validation_images_show(tmp_path, write):
    root = make_imagenet(tmp_path / "raw", is_flat=True)
    expected = shown(read(root))
    (root / "LOC_val_solution.csv").unlink()
    beside = tmp_path / "beside"
    beside.mkdir()
    path = write(beside)
    assert shown(read(root, labels=path)) == expected
    assert shown(read(root, labels=beside)) == expected
    shutil.copytree(beside, root / "devkit")
    assert shown(read(root)) == expected


def test_names_of_the_classes(tmp_path):
    root = make_imagenet(tmp_path / "raw", is_flat=True)
    words = root / "LOC_synset_mapping.txt"
    manifest = read(root, synset_words=words)
    assert manifest.classes == (
        "n01440764 tench",
        "n02012849 crane",  # The bird.
        "n03126707 crane",  # The machine.
    )
    plain = read(root).table
    assert manifest.table["label"].str[:9].tolist() == plain["label"].tolist()
    words.write_text("n01440764 tench, Tinca tinca\n")
    with pytest.raises(ValueError, match="no name for 'n02012849', 'n03126707"):
        read(root, synset_words=words)
    with pytest.raises(FileNotFoundError, match="as --synset_words has it"):
        read(root, synset_words=tmp_path / "nowhere")


def test_absent_images_are_counted_and_told(tmp_path, caplog):
    root = make_imagenet(tmp_path / "raw", is_flat=True)
    next(root.rglob("ILSVRC2012_val_00000004.JPEG")).unlink()
    manifest = read(root)
    assert manifest.bad == (("ILSVRC2012_val_00000004", "absent"),)
    assert "train: 9 instead of 1,281,167, val: 5 instead of 50,000" in (
        caplog.text
    )


def test_what_is_not_as_described(tmp_path):
    root = make_imagenet(tmp_path / "folders")
    with pytest.raises(ValueError, match="--labels says what .* has none"):
        read(root, labels=root / "LOC_val_solution.csv")
    shutil.rmtree(next(root.rglob("train/n02012849")))
    with pytest.raises(ValueError, match="images of 'n02012849', and no train"):
        read(root)
    train = next(root.rglob("train"))
    shutil.rmtree(train)
    with pytest.raises(
        ValueError, match=r"no images train/<wnid>/\*.JPEG; exp"
    ):
        read(root)
    train.mkdir()
    (train / "n01440764.tar").write_bytes(b"")
    with pytest.raises(ValueError, match="'.*n01440764.tar': unpack each"):
        read(root)


def test_files_of_what_is_shown_that_cannot_be_used(tmp_path):
    root = make_imagenet(tmp_path / "raw", is_flat=True)
    solution = root / "LOC_val_solution.csv"
    text = solution.read_text()
    for old, new, message in (
        ("ImageId", "image", "no column 'ImageId'; it has image, Prediction"),
        (WNIDS[0], "tench", "labels that are not known: 'tench'"),
        ("00000002", "00000001", "in more than one row: 'ILSVRC2012_val_00000"),
    ):
        solution.write_text(text.replace(old, new))
        with pytest.raises(ValueError, match=message):
            read(root)
    solution.unlink()
    with pytest.raises(ValueError, match="none of the files .*: LOC_val_solu"):
        read(root)
    with pytest.raises(FileNotFoundError, match="as --labels has it"):
        read(root, labels=tmp_path / "nowhere.txt")
    path = ground_truth(root)
    (root / "meta.mat").write_bytes(b"no matrix" * 30)
    with pytest.raises(ValueError, match="meta.mat is not that of the devel"):
        read(root)
    (root / "meta.mat").unlink()
    with pytest.raises(ValueError, match="numbers, which meta.mat of the"):
        read(root)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="is not a text file"):
        read(root)


def test_classes_of_tensorflow_datasets_are_those(tmp_path):
    """So that a run on one is evaluated on the other."""
    from tensorflow_datasets.datasets.imagenet2012 import imagenet_common

    lines = pd.read_csv(imagenet_common.label_names_file(), header=None)[0]
    assert len(lines) == 1000
    assert set(read(make_imagenet(tmp_path / "raw")).classes) <= set(lines)
