"""Images that small studies are on: real records, or names and labels alone."""

import dataclasses

import numpy as np
import pandas as pd

from tests.conversion_data import MemoryStore
from transfusion_tf import datasets
from transfusion_tf.conversion import convert
from transfusion_tf.data import records
from transfusion_tf.data.manifest import Manifest

IMAGE_SIZE = 32
SIZES = {"train": 40, "val": 20, "test": 40}
CLASSES = {
    "multiclass": ("healthy", "sick"),
    "ordinal": ("none", "mild", "severe"),
    "multilabel": ("edema", "nodule"),
}


@dataclasses.dataclass(frozen=True)
class Split:
    """Ids, patients (or None), labels and further columns of a split."""

    ids: np.ndarray
    patients: np.ndarray | None
    labels: np.ndarray
    extra: dict = dataclasses.field(default_factory=dict)


def make_records(root):
    """Records of two classes, two images a patient, with the sex of each.

    Sick ones have a bright blob. One image of the test is nearly one of the
    training images.
    """
    rng = np.random.default_rng(0)
    count = sum(SIZES.values())
    images = rng.normal(90, 25, (count, IMAGE_SIZE, IMAGE_SIZE))
    is_sick = np.arange(count) // 2 % 2 == 1
    images[is_sick, 8:20, 8:20] += 40
    images = images.clip(0, 255).astype(np.uint8)
    images[-1] = images[3].clip(1) - 1  # A little darker.
    splits = [split for split, size in SIZES.items() for _ in range(size)]
    table = pd.DataFrame(
        {
            "image": [f"{i}" for i in range(count)],
            "label": np.where(is_sick, "sick", "healthy"),
            "patient": [f"p{i // 2}" for i in range(count)],
            "split": splits,
            "sex": np.where(np.arange(count) // 4 % 2, "f", "m"),
        }
    )
    store = MemoryStore({f"{i}": image for i, image in enumerate(images)})
    manifest = Manifest(
        "lungs",
        "multiclass",
        CLASSES["multiclass"],
        table,
        store,
        extra_columns=("sex",),
        source={"kind": "test"},
    )
    return convert.convert(manifest, root)


def read_split(root, split):
    """The Split of records."""
    opened = records.open_records(root)
    batches = list(
        datasets.images(opened, split, image_size=IMAGE_SIZE, batch_size=64)
    )
    columns = {
        name: np.concatenate([batch[name] for batch in batches])
        for name in ("id", "patient", "label", "extra_sex")
    }
    return Split(
        ids=columns["id"],
        patients=columns["patient"],
        labels=columns["label"],
        extra={"sex": columns["extra_sex"]},
    )


def named_split(split, task, *, fold=None, patients=True, one_class=False):
    """A Split of images that are nowhere."""
    size = SIZES[split]
    numbers = np.arange(size)
    labels = numbers % len(CLASSES[task])
    if task == "multilabel":
        labels = np.stack([numbers % 2, numbers // 2 % 2], axis=1)
    if one_class:
        labels = np.zeros_like(labels)
    ids = np.array([f"{split}{fold or ''}-{i:02d}" for i in numbers])
    groups = np.array([f"p{fold or ''}{split}{i // 2}" for i in numbers])
    return Split(ids=ids, patients=groups if patients else None, labels=labels)
