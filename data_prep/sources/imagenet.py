"""Photographs of a thousand kinds of things: ImageNet (ILSVRC 2012).

A source task for pretraining (Russakovsky et al. 2015, arXiv:1409.0575).
`train/<wnid>/*.JPEG`, where a wnid (n01440764, ...) is the number of a synset
in WordNet, and `val/<wnid>/*.JPEG`, or `val/ILSVRC2012_val_00000001.JPEG`, ...
in one folder, as the organisers give them. What these show stands, in this
order, in
  LOC_val_solution.csv (Kaggle)                     ImageId, PredictionString
  imagenet_2012_validation_synset_labels.txt        a wnid a line, sorted names
  ILSVRC2012_validation_ground_truth.txt            numbers that are explained
    and meta.mat (development kit of the challenge) by the latter
The test images of the challenge have no labels that were published.
"""

import re

from data_prep.sources.common import (
    fields,
    imagenet_labels,
    members,
    published_counts,
    tables,
)
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

PUBLISHED = {"train": 1_281_167, "val": 50_000}
_PACKED = (r"n\d{8}\.tar", "unpack each of these into a folder of its name.")
_EXPECTED = "{train,val}/<wnid>/*.JPEG"
_IN_FOLDER = re.compile(r"(?:.*/)?(?P<split>train|val)/(?P<wnid>n\d{8})/[^/]+")
_FLAT = re.compile(r"(?:.*/)?val/(?P<key>ILSVRC2012_val_\d{8})\.[^./]+")


def manifest(*, input, labels=None, synset_words=None, name="imagenet"):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with the
            folders train and val at any depth.
        labels: path of one of the files above, or of a directory of them, for
            validation images in one folder; None: they are in `input`.
        synset_words: path of a file with a wnid and its names on each line
            (synset_words.txt, LOC_synset_mapping.txt); classes are then
            called "n01440764 tench" instead of "n01440764".
        name: of the data set.

    Raises:
        FileNotFoundError: there is nothing at `input`, `labels` or
            `synset_words`.
        ValueError: the folders or files are not as this module describes.
    """
    import pandas as pd

    store = archives.open_files(input)
    names = store.names()
    images = [n for n in names if fields.is_image_name(n)]
    found = [
        (image, match["split"], match["wnid"])
        for image in images
        if (match := _IN_FOLDER.fullmatch(image))
    ]
    table = pd.DataFrame(found, columns=["image", "split", "label"])
    _check_train(table, names, input)
    checksums, bad = {}, ()
    image_of = tables.by_key(images, _flat_key, input)
    if image_of:
        truth = imagenet_labels.find(store, names, labels, input)
        rows, bad = tables.matched(truth, truth.rows, image_of)
        table = pd.concat([table, rows.assign(split="val")], ignore_index=True)
        checksums = tables.checksums(truth)
    elif labels is not None:
        raise ValueError(
            "--labels says what validation images in one folder show; "
            f"{input} has none."
        )
    _check_classes(table, input)
    published_counts.check(name, published_counts.by_split(table), PUBLISHED)
    classes = manifests.sorted_classes(table["label"])
    if synset_words is not None:
        words = imagenet_labels.words(synset_words, classes)
        table["label"] = table["label"].map(words)
        classes = tuple(words[wnid] for wnid in classes)
    source = members.source("imagenet", store, **checksums)
    return manifests.Manifest(
        name, "multiclass", classes, table, store, source=source, bad=bad
    )


def _flat_key(image):
    match = _FLAT.fullmatch(image)
    return match and match["key"]


def _check_train(table, names, place):
    if (table["split"] == "train").any():
        return
    advice = members.unpacked_advice(names, *_PACKED)
    raise ValueError(
        f"{place} has no images train/<wnid>/*.JPEG; expected {_EXPECTED}."
        f"{advice}"
    )


def _check_classes(table, place):
    """Raises ValueError for validation images of a kind not in train."""
    is_train = table["split"] == "train"
    other = sorted(set(table["label"]) - set(table["label"][is_train]))
    if other:
        raise ValueError(
            f"{place} has validation images of {manifests.examples(other)}, "
            "and no training images of these."
        )
