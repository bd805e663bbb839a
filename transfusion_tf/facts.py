"""What the audit has to know of each image, from records or a manifest."""

import collections.abc
import dataclasses
import itertools
import typing

import numpy as np
import pandas as pd

from transfusion_tf import hashing, pool
from transfusion_tf.data import (
    fingerprints,
    ids,
    images,
    record_reader,
    stores,
)
from transfusion_tf.data import manifest as manifests

_IMAGES_PER_TASK = 100
_ROWS_AT_ONCE = 10_000  # Python objects of so many images are held at a time.
_FEW_IMAGES = 2_000  # For fewer, starting processes takes longer.
_PRINTS = np.dtype(
    [
        ("is_read", "?"),
        ("hash", f"U{ids.HASH_DIGITS}"),
        ("pixels", "S32"),
        ("perceptual", "<u8"),
    ]
)


class Facts(typing.NamedTuple):
    """The facts of a data set.

    Attributes:
        table: pandas.DataFrame as `audit.audit` takes it. A patient has the
            name that the data give, which must not be written anywhere.
        counts: {split: {class: images}}.
        image_of: function of an id that returns the image's pixels.
        unreadable: number of images that could not be read and are left out.
    """

    table: pd.DataFrame
    counts: collections.abc.Mapping
    image_of: typing.Callable
    unreadable: int


def of_records(opened):
    """Returns the Facts of opened records; keeps one image in memory.

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
        example = record_reader.example_at(opened, row["file"], row["place"])
        return _pixels(example.features.feature, row["file"])

    return Facts(table, opened.card.counts, image_of, 0)


def of_manifest(manifest, *, image_options=images.DEFAULTS, num_workers=None):
    """Returns the Facts of a manifest's images, prepared as for records.

    Its splits are taken as they are; without any, all images are of train.

    Args:
        manifest: a Manifest.
        image_options: an images.Options.
        num_workers: processes; None: one a core, or none for few images.

    Raises:
        ValueError: the manifest is not usable, or none of its images is.
    """
    manifest.check()
    if "split" not in manifest.table:
        table = manifest.table.assign(split="train")
        manifest = dataclasses.replace(manifest, table=table)
    prints = _prints_of_manifest(manifest, image_options, num_workers)
    is_read = prints["is_read"]
    if not is_read.any():
        raise ValueError(
            "None of the images can be read. Convert them with "
            "data_prep/make_tfrecords.py, which names them and the reasons."
        )
    rows = manifest.table[is_read].reset_index(drop=True)
    manifest = dataclasses.replace(manifest, table=rows)
    labels = rows[list(manifest.label_columns)].astype(str)
    table = pd.DataFrame(
        {
            "id": _distinct(prints["hash"][is_read], rows["image"]),
            "split": rows["split"],
            "label": labels.agg(" ".join, axis=1),
            "pixels": prints["pixels"][is_read].astype(str),
            "perceptual": prints["perceptual"][is_read],
        }
    )
    if manifest.has_patients:
        table["patient"] = rows["patient"]

    def image_of(image_id):
        (place,) = np.flatnonzero(table["id"] == image_id)
        raw = manifest.store.read(rows["image"][place])
        return images.prepare(raw, image_options).pixels

    counts = manifests.counts(manifest)
    return Facts(table, counts, image_of, int((~is_read).sum()))


def _rows(opened):
    """Yields a dict for each record, split by split."""
    card = opened.card
    with hashing.progress("Reading", sum(card.num_examples.values())) as bar:
        for split in card.num_examples:
            examples = record_reader.examples(opened, split)
            for file, place, example in examples:
                features = example.features.feature
                pixels = _pixels(features, file)
                row = {
                    "id": _text(features, "id"),
                    "split": split,
                    "label": _label(features, card),
                    "pixels": fingerprints.pixel_hash(pixels),
                    "perceptual": fingerprints.perceptual_hash(pixels),
                    "file": file,
                    "place": place,
                }
                if card.has_patients:
                    row["patient"] = _text(features, "patient")
                yield row
                bar.update()


def _prints_of_manifest(manifest, image_options, num_workers):
    """Returns _PRINTS (N,) of the images of a manifest, in its order."""
    names = manifest.table["image"].tolist()
    if num_workers is None:
        num_workers = 1 if len(names) < _FEW_IMAGES else pool.num_cores()
    tasks = [
        (start, names[start : start + _IMAGES_PER_TASK], image_options)
        for start in range(0, len(names), _IMAGES_PER_TASK)
    ]
    prints = np.zeros(len(names), _PRINTS)
    with (
        hashing.progress("Reading", len(names)) as bar,
        pool.Pool(manifest.store, num_workers) as workers,
    ):
        for (start, *_), part in workers.run(_prints_of_task, tasks):
            prints[start : start + len(part)] = part
            bar.update(len(part))
    return prints


def _prints_of_task(store, task):
    """Returns _PRINTS of the images of a task; zeros where unreadable."""
    _, names, image_options = task
    prints = np.zeros(len(names), _PRINTS)
    for place, name in enumerate(names):
        try:
            raw = store.read(name)
            pixels = images.prepare(raw, image_options).pixels
        except (stores.ReadError, images.ImageError, OSError):
            continue
        prints[place] = (
            True,
            ids.content_hash(raw),
            fingerprints.pixel_hash(pixels),
            fingerprints.perceptual_hash(pixels),
        )
    return prints


def _distinct(hashes, names):
    """Returns ids (N,) from hashes: `-2`, `-3` after identical images."""
    table = pd.DataFrame({"hash": hashes, "name": names})
    repeat = table.sort_values("name").groupby("hash").cumcount()
    repeat = repeat.reindex(table.index)
    suffix = ("-" + (repeat + 1).astype(str)).where(repeat > 0, "")
    return table["hash"] + suffix


def _text(features, name):
    return features[name].bytes_list.value[0].decode()


def _label(features, card):
    """Returns the class of a record; of multilabel, its values joined."""
    if card.task == "multilabel":
        return " ".join(map(str, features["labels"].int64_list.value))
    return card.classes[features["label"].int64_list.value[0]]


def _pixels(features, file):
    """Returns what the image of a record decodes to, in its own depth."""
    data = features["image"].bytes_list.value[0]
    try:
        return images.prepare(data).pixels
    except images.ImageError as error:
        raise ValueError(
            f"An image in shard {file} cannot be read: {error}. Convert the "
            "data set again with data_prep/make_tfrecords.py."
        ) from None
