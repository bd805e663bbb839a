"""Tests of what .npz files of MedMNIST are known to be."""

import numpy as np
import pytest

from data_prep import sources
from data_prep.sources.common import medmnist
from tests.data_prep import trees


def make_set(folder, stem, *, numbers=2, width=1):
    """A small file called `stem`; labels 0 to `numbers` - 1 in turn."""
    labels = {
        f"{split}_labels": np.arange(number * width).reshape(-1, width)
        % numbers
        for split, number in trees.SPLITS.items()
    }
    path = trees.make_npz(folder, **labels)["input"]
    return path.rename(folder / f"{stem}.npz")


def read(path, **options):
    manifest = sources.get("npz")(input=path, **options)
    manifest.check()
    return manifest


# Of the paper's Table 2: task, number of classes, number of images.
TABLE = {
    "pathmnist": ("multiclass", 9, 107_180),
    "chestmnist": ("multilabel", 14, 112_120),
    "dermamnist": ("multiclass", 7, 10_015),
    "octmnist": ("multiclass", 4, 109_309),
    "pneumoniamnist": ("multiclass", 2, 5_856),
    "retinamnist": ("ordinal", 5, 1_600),
    "breastmnist": ("multiclass", 2, 780),
    "bloodmnist": ("multiclass", 8, 17_092),
    "tissuemnist": ("multiclass", 8, 236_386),
    "organamnist": ("multiclass", 11, 58_830),
    "organcmnist": ("multiclass", 11, 23_583),
    "organsmnist": ("multiclass", 11, 25_211),
}


def test_the_twelve_sets_are_those_of_the_paper():
    assert {
        name: (s.task, len(s.classes), sum(s.counts.values()))
        for name, s in medmnist.SETS.items()
    } == TABLE


@pytest.mark.parametrize("name", TABLE)
def test_the_name_of_the_file_tells_task_and_classes(name, tmp_path, caplog):
    task, number, _ = TABLE[name]
    labels = (2, number) if task == "multilabel" else (number, 1)
    path = make_set(tmp_path, name, numbers=labels[0], width=labels[1])
    manifest = read(path)
    assert (manifest.task, manifest.name) == (task, name)
    assert manifest.classes == medmnist.SETS[name].classes
    assert f"{name} is not as it was published" in caplog.text
    assert "train: 12 instead of" in caplog.text


def test_a_class_without_images_has_its_place(tmp_path):
    manifest = read(make_set(tmp_path, "octmnist_224", numbers=3))
    assert manifest.name == "octmnist_224"
    assert manifest.classes[3] == "normal"
    assert manifest.table["label"].tolist()[:4] == [
        "choroidal neovascularization",
        "diabetic macular edema",
        "drusen",
        "choroidal neovascularization",
    ]


@pytest.mark.parametrize(
    "options, task, classes",
    [
        ({"classes": ["a", "b"]}, "multiclass", ("a", "b")),
        ({"task": "ordinal"}, "ordinal", ("0", "1")),
        ({"medmnist_set": "none"}, "multiclass", ("0", "1")),
        (
            {"medmnist_set": "breastmnist"},
            "multiclass",
            ("malignant", "normal, benign"),
        ),
    ],
)
def test_what_is_said_goes_before_the_name(tmp_path, options, task, classes):
    manifest = read(make_set(tmp_path, "pneumoniamnist"), **options)
    assert (manifest.task, manifest.classes) == (task, classes)


@pytest.mark.parametrize("stem", ["mypneumoniamnist", "pathmnist_65", "other"])
def test_other_files_are_no_set(tmp_path, stem, caplog):
    assert read(make_set(tmp_path, stem)).classes == ("0", "1")
    assert not caplog.records


@pytest.mark.parametrize(
    "stem, labels",
    [
        ("pneumoniamnist", {"numbers": 3}),
        ("pneumoniamnist", {"width": 2}),
        ("chestmnist", {"width": 13}),
        ("chestmnist", {"numbers": 3, "width": 14}),
    ],
)
def test_labels_that_the_set_cannot_have(tmp_path, stem, labels):
    path = make_set(tmp_path, stem, **labels)
    with pytest.raises(
        ValueError, match=f"is called {stem}, .* --medmnist_set=none"
    ) as raised:
        read(path)
    assert "\n" not in str(raised.value)


def test_a_set_that_is_none(tmp_path):
    with pytest.raises(ValueError, match="'mnist'; known: pathmnist, .*none"):
        read(make_set(tmp_path, "x"), medmnist_set="mnist")


def test_the_real_file(shared, caplog):
    manifest = read(shared / "data" / "pneumoniamnist.npz")
    assert not caplog.records
    counts = manifest.table.groupby(["split", "label"]).size()
    # Training: 1,214 and 3,494 as published by its authors.
    assert counts["train"].to_dict() == {"normal": 1_214, "pneumonia": 3_494}
    assert counts["test"].to_dict() == {"normal": 234, "pneumonia": 390}
