"""The embedded data sets, made by procedures instead of photographed.

`synthetic_fundus` is a medical target task and `synthetic_textures` a source
task that stands in for natural images. An image is a pure function of (name,
seed, index, size), and its label and patient of (name, seed, index): any
image can be made alone, in any order, in any process.
"""

import dataclasses

import pandas as pd

from transfusion_tf import names
from transfusion_tf.data.manifest import Manifest
from transfusion_tf.synthetic import fundus, textures

# At 64 pixels the smallest lesion is still a dot of 1.5 pixels, and the whole
# set is made and trained on within minutes.
DEFAULT_IMAGE_SIZE = 64
# Ninths of the units (patients, or images where there are none): 4,500 images
# give 3,000 for training, 500 for validation and 1,000 for the test.
NINTHS = {"train": 6, "val": 1, "test": 2}
FEWEST_IMAGES = 90  # Below, a split can lack a class.
SMALLEST_SIZE = 16  # Below, no lesion is left of a fundus.
PROCEDURE = 1  # Goes up when the same seed no longer gives the same images.


@dataclasses.dataclass(frozen=True)
class SyntheticStore:
    """Makes image i of a synthetic data set when it is read."""

    name: str
    image_size: int
    seed: int

    def read(self, image):
        """Returns image number `image`: (image_size, image_size, 3) uint8."""
        procedure = fundus if self.name == "synthetic_fundus" else textures
        return procedure.render(
            int(image), seed=self.seed, size=self.image_size
        )


def manifest(name, *, image_size=DEFAULT_IMAGE_SIZE, num_images=4500, seed=0):
    """Returns the manifest of an embedded data set.

    Args:
        name: one of names.SYNTHETIC.
        image_size: side of the images in pixels.
        num_images: of all splits together; two of a patient of
            `synthetic_fundus`.
        seed: not negative; another seed gives other images and labels.

    Raises:
        ValueError: an argument is not one of these.
    """
    _check(name, image_size=image_size, num_images=num_images, seed=seed)
    table = {
        "synthetic_fundus": _fundus_table,
        "synthetic_textures": _textures_table,
    }[name]
    source = {
        "kind": "synthetic",
        "procedure": PROCEDURE,
        "seed": seed,
        "image_size": image_size,
        "num_images": num_images,
    }
    is_fundus = name == "synthetic_fundus"
    return Manifest(
        name=name,
        task="ordinal" if is_fundus else "multiclass",
        classes=fundus.CLASSES if is_fundus else textures.CLASSES,
        table=table(num_images, seed=seed),
        store=SyntheticStore(name, image_size, seed),
        source=source,
    )


def _check(name, *, image_size, num_images, seed):
    names.check("embedded data set", name, names.SYNTHETIC)
    for what, value, least in (
        ("image_size", image_size, SMALLEST_SIZE),
        ("num_images", num_images, FEWEST_IMAGES),
        ("seed", seed, 0),
    ):
        if value < least:
            raise ValueError(
                f"`{what}` of {name} must be at least {least}. Received: "
                f"{value}."
            )


def _fundus_table(num_images, *, seed):
    """Patients and grades; the eyes of a patient stay in one split."""
    images = range(num_images)
    patients = [fundus.patient_of(i) for i in images]
    splits = _splits(patients[-1] + 1)
    grades = [fundus.grade(i, seed=seed) for i in images]
    return pd.DataFrame(
        {
            "image": list(images),
            "label": [fundus.CLASSES[grade] for grade in grades],
            "patient": [str(patient) for patient in patients],
            "split": [splits[patient] for patient in patients],
        }
    )


def _textures_table(num_images, *, seed):
    """Classes take turns, so every split has its share of each."""
    del seed  # The classes do not depend on it.
    images = range(num_images)
    return pd.DataFrame(
        {
            "image": list(images),
            "label": [textures.CLASSES[textures.label(i)] for i in images],
            "split": _splits(num_images),
        }
    )


def _splits(num_units):
    """Returns the split of each unit, in order: units are alike by chance."""
    ends = []
    for ninths in NINTHS.values():
        ends.append((ends[-1] if ends else 0) + ninths)
    counts = [num_units * end // ends[-1] for end in ends]
    splits = []
    for split, count in zip(NINTHS, counts, strict=True):
        splits += [split] * (count - len(splits))
    return splits
