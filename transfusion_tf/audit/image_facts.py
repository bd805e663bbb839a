"""What the audit has to know of each image, from records or a manifest."""

import collections.abc
import dataclasses
import itertools
import typing

import numpy as np
import pandas as pd

from transfusion_tf import progress
from transfusion_tf.audit import prints
from transfusion_tf.data import ids, record_check, record_reader
from transfusion_tf.data import manifest as manifests
from transfusion_tf.images import fingerprints, prepare
from transfusion_tf.process import pool

_ROWS_AT_ONCE = 10_000  # Python objects of so many images are held at a time.
_FEW_IMAGES = 2_000  # For fewer, starting processes takes longer.


class ImageFacts(typing.NamedTuple):
    """The facts of a data set.

    Attributes:
        table: pandas.DataFrame as `audit.audit` takes it.
        counts: {split: {class: images}}.
        image_of: function of an id that returns the image's pixels.
        left_out: number of images that cannot be used.
    """

    table: pd.DataFrame
    counts: collections.abc.Mapping
    image_of: typing.Callable
    left_out: int


def of_records(opened):
    """Returns the ImageFacts of opened records; keeps one image in memory.

    Raises ValueError for a damaged shard or image.
    """
    rows, parts = _rows(opened), []
    while chunk := list(itertools.islice(rows, _ROWS_AT_ONCE)):
        part = pd.DataFrame(chunk)
        part["perceptual"] = part["perceptual"].astype(np.uint64)
        parts.append(part.astype({"split": "category", "file": "category"}))
    table = pd.concat(parts, ignore_index=True)
    table["split"] = table["split"].astype(str)

    def image_of(image_id):
        (row,) = table[table["id"] == image_id].to_dict("records")
        features = record_reader.example_at(opened, row["file"], row["offset"])
        return _pixels(features, opened.card)

    return ImageFacts(table, opened.card.counts, image_of, 0)


def of_manifest(manifest, *, image_options=prepare.DEFAULTS, num_workers=None):
    """Returns the ImageFacts of a manifest's images, prepared as for records.

    Its splits are taken as they are; without any, all images are of train.

    Args:
        manifest: a Manifest.
        image_options: an ImageOptions.
        num_workers: processes; None: one a core, or none for few images.

    Raises:
        ValueError: the manifest is not usable, or none of its images is.
    """
    manifest.check()
    if "split" not in manifest.table:
        table = manifest.table.assign(split="train")
        manifest = dataclasses.replace(manifest, table=table)
    found = _prints_of_manifest(manifest, image_options, num_workers)
    is_read = found["is_read"]
    if not is_read.any():
        raise ValueError(
            "None of the images can be read. Convert them with "
            "data_prep/make_tfrecords.py, which names them and the reasons."
        )
    table = manifest.table[is_read].assign(hash=found["hash"][is_read])
    table = ids.assign(table)  # In another order; the index tells the rows.
    manifest = dataclasses.replace(manifest, table=table)
    labels = table[list(manifest.label_columns)].astype(str)
    columns = [c for c in ("id", "split", "patient") if c in table]
    of_rows = found[is_read][table.index]
    facts = table[columns].assign(
        label=labels.agg(" ".join, axis=1),
        pixels=of_rows["pixels"].astype(str),
        perceptual=of_rows["perceptual"],
    )

    def image_of(image_id):
        (image,) = table["image"][table["id"] == image_id]
        raw = manifest.store.read(image)
        return prepare.prepare(raw, image_options).pixels

    left_out = int((~is_read).sum()) + len(manifest.bad)
    return ImageFacts(facts, manifests.counts(manifest), image_of, left_out)


def _rows(opened):
    """Yields a dict for each record, split by split."""
    card = opened.card
    with progress.bar(
        "Reading", sum(card.num_examples.values()), unit="images"
    ) as bar:
        for split in card.num_examples:
            examples = record_reader.examples(opened, split)
            for file, offset, features in examples:
                with record_check.naming(opened.root / file, features):
                    record_check.example(features, card)
                    pixels = _pixels(features, card)
                row = {
                    "id": _text(features, "id"),
                    "split": split,
                    "label": _label(features, card),
                    "pixels": fingerprints.pixel_hash(pixels),
                    "perceptual": fingerprints.perceptual_hash(pixels),
                    "file": file,
                    "offset": offset,
                }
                if card.has_patients:
                    row["patient"] = _text(features, "patient")
                yield row
                bar.update()


def _prints_of_manifest(manifest, image_options, num_workers):
    """Returns PRINTS (N,) of the images of a manifest, in its order."""
    names = manifest.table["image"].tolist()
    if num_workers is None:
        num_workers = 1 if len(names) < _FEW_IMAGES else pool.num_cores()
    with pool.Pool(manifest.store, num_workers) as workers:
        return prints.of_images(names, image_options, workers)


def _text(features, name):
    return features[name][0].decode()


def _label(features, card):
    """Returns the class of a record; of multilabel, its values joined."""
    if card.task == "multilabel":
        return " ".join(map(str, features["labels"]))
    return card.classes[features["label"][0]]


def _pixels(features, card):
    """Returns what the image of a record decodes to, in its own depth."""
    image = prepare.prepare(features["image"][0])
    shape = image.width, image.height, image.channels, image.bit_depth
    record_check.picture(card, *shape)
    return image.pixels
