"""Which image goes to which shard: the plan of a conversion.

Everything here is a function of a table of hashed images, and nothing knows
of worker processes.
"""

import dataclasses
import hashlib
import json
import typing

import numpy as np
import pandas as pd

from transfusion_tf import names
from transfusion_tf.conversion import shard_task
from transfusion_tf.data import ids, records, splits
from transfusion_tf.data import manifest as manifests
from transfusion_tf.images import prepare

# Goes up when the same raw data and settings give other records or facts.
FORMAT = 3
_ROWS_AT_ONCE = 10_000


class Shard(typing.NamedTuple):
    """A part of the rows of a plan.

    Attributes:
        split: that it belongs to.
        file: its final name.
        rows: slice of the plan's table.
        num_bytes: of its raw images.
        digest: of all that it depends on.
    """

    split: str
    file: str
    rows: slice
    num_bytes: int
    digest: str


@dataclasses.dataclass(frozen=True)
class ShardPlan:
    """Where every image goes.

    Attributes:
        manifest: its table has `id`, opaque `patient` and `split` of each row,
            in the order of splits and then of ids.
        codes: the label codes of the table.
        made: {split: how it was made}.
        image_options: an ImageOptions.
        shards: tuple of Shard, in the order of the table.
    """

    manifest: manifests.Manifest
    codes: np.ndarray
    made: dict
    image_options: prepare.ImageOptions
    shards: tuple = ()

    @property
    def label_key(self):
        """The name of the feature of labels."""
        return "labels" if self.manifest.task == "multilabel" else "label"

    @property
    def text_keys(self):
        """The names of the features of text."""
        return records.text_keys(self.manifest)

    def rows(self, place):
        """Returns the rows of the slice `place` as dicts, see Task."""
        part = self.manifest.table[["image", *self.text_keys]].iloc[place]
        part = part.assign(**{self.label_key: self.codes[place].tolist()})
        return part.to_dict("records")

    def task(self, shard, folder, *, earlier=()):
        """Returns the shard_task.Task of a Shard."""
        return shard_task.Task(
            folder=folder,
            digest=shard.digest,
            file=shard.file,
            rows=self.rows(shard.rows),
            label_key=self.label_key,
            text_keys=self.text_keys,
            image_options=self.image_options,
            earlier=tuple(earlier),
        )


def plan(manifest, num_bytes, *, image_options, split_options):
    """Returns the ShardPlan of a manifest with ids, as ids.assign returns them.

    Args:
        manifest: a Manifest; where its table has `patient_key`, that is the
            patient in the records, and `patient` what splits go by.
        num_bytes: uint64 (N,) of the raw images, by the table's index.
        image_options: an ImageOptions.
        split_options: a SplitOptions.
    """
    table, codes = manifest.table, manifest.label_codes()
    is_in = codes
    if codes.ndim == 1:
        is_in = codes[:, None] == np.arange(len(manifest.classes))
    split, made = splits.complete(_for_splits(table), is_in == 1, split_options)
    # Names for codes: text for each row would take more memory.
    split = pd.Categorical(split, names.SPLITS)
    if "patient_key" in table:
        table = table.assign(patient=table["patient_key"])
    order = np.argsort(split.codes, kind="stable")
    columns = ["image", *records.text_keys(manifest), *manifest.label_columns]
    kept = table[list(dict.fromkeys(columns))].assign(split=split)
    whole = ShardPlan(
        dataclasses.replace(manifest, table=kept.iloc[order]),
        codes[order],
        made,
        image_options,
    )
    content = table["hash"].to_numpy()[order]
    num_bytes = num_bytes[table.index.to_numpy()[order]]
    return dataclasses.replace(
        whole, shards=tuple(_shards(whole, content, num_bytes))
    )


def fingerprint(manifest, settings):
    """Returns a SHA-256 that tells apart all that changes the records.

    Args:
        manifest: a Manifest whose table has ids and opaque patients.
        settings: dict of plain values.
    """
    head = [
        FORMAT,
        manifest.name,
        manifest.task,
        manifest.classes,
        manifest.extra_columns,
        settings,
    ]
    digest = hashlib.sha256(json.dumps(head).encode())
    columns = [column for column in sorted(manifest.table) if column != "image"]
    rows = manifest.table[columns]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows.iloc[start : start + _ROWS_AT_ONCE]
        digest.update(part.to_csv(index=False).encode())
    return digest.hexdigest()


def _for_splits(table):
    """Returns the columns that decide on splits, with small patients."""
    columns = ("id", "patient", "near_group", "split")
    table = table[[c for c in columns if c in table]]
    if "patient" in table:
        # Numbers take a tenth of the memory of text.
        table = table.assign(patient=pd.factorize(table["patient"])[0])
    return table


def _shards(plan, content, num_bytes):
    """Yields the Shards of a plan from hashes and sizes of its rows."""
    split = plan.manifest.table["split"].cat.codes.to_numpy()
    for code, name in enumerate(names.SPLITS):
        start, end = np.searchsorted(split, (code, code + 1))
        if start == end:
            continue
        total = int(num_bytes[start:end].sum())
        count = ids.num_shards(end - start, total)
        starts = start + ids.shard_starts(content[start:end], count)
        for index in range(count):
            rows = slice(int(starts[index]), int(starts[index + 1]))
            file = records.shard_name(plan.manifest.name, name, index, count)
            yield Shard(
                name,
                file,
                rows,
                int(num_bytes[rows].sum()),
                _digest(plan, file, rows),
            )


def _digest(plan, file, place):
    """Returns the digest of a shard, in which names of images do not count."""
    rows = plan.rows(place)
    for row in rows:
        del row["image"]
    text = json.dumps(
        [
            FORMAT,
            file,
            plan.label_key,
            plan.text_keys,
            dataclasses.asdict(plan.image_options),
            rows,
        ],
        default=str,
    )
    return hashlib.sha256(text.encode()).hexdigest()[:32]
