"""Which image goes to which shard, writing one shard, and the data card.

The middle of a conversion: everything here is a function of a table of
hashed images, and nothing knows of worker processes.
"""

import collections
import dataclasses
import hashlib
import pathlib

import numpy as np
import pandas as pd
import PIL

from transfusion_tf import files, names
from transfusion_tf.data import ids, images, records, splits, stores
from transfusion_tf.data import manifest as manifests

BAD_IMAGE = (images.ImageError, stores.ReadError)


@dataclasses.dataclass(frozen=True)
class Plan:
    """Where every image goes.

    Attributes:
        manifest: its table has `id`, opaque `patient` and `split` of each row,
            in the order of the ids.
        splits: {split: how it was made}.
        image_options: an images.Options.
        folder: has `shards`, which becomes the version directory, and `done`
            with what is to be known of each finished shard.
    """

    manifest: manifests.Manifest
    splits: dict
    image_options: images.Options
    folder: pathlib.Path

    @property
    def shards(self):
        """The folder of the shards, finished or not."""
        return self.folder / "shards"

    @property
    def done(self):
        """The folder of the JSON files that vouch for finished shards."""
        return self.folder / "done"


def plan(manifest, *, image_options, split_options, work):
    """Returns the Plan of a manifest whose table has the column `hash`.

    Its folder, below `work`, is named after all that it depends on.
    """
    table = ids.assign(manifest.table)
    manifest = dataclasses.replace(manifest, table=table)
    codes = manifest.label_codes()
    if codes.ndim == 1:
        codes = codes[:, None] == np.arange(len(manifest.classes))
    split, made = splits.complete(table, codes == 1, split_options)
    manifest = dataclasses.replace(manifest, table=table.assign(split=split))
    which = hashlib.sha256(" ".join(table["id"]).encode()).hexdigest()
    return Plan(manifest, made, image_options, work / which[:16])


def tasks(planned):
    """Returns a task for `write` for each shard of the plan."""
    manifest = planned.manifest
    multilabel = manifest.task == "multilabel"
    text_keys = records.text_keys(manifest)
    label_key = "labels" if multilabel else "label"
    table = manifest.table[["image", "split", *text_keys]].assign(
        **{label_key: manifest.label_codes().tolist()}
    )
    result = []
    for split in names.SPLITS:
        rows = table[table["split"] == split]
        count = ids.num_shards(len(rows))
        shard = np.array([ids.shard_of(i, count) for i in rows["id"]])
        for index in range(count):
            file = records.shard_name(manifest.name, split, index, count)
            result.append(
                {
                    "path": planned.shards / file,
                    "done": planned.done / f"{file}.json",
                    "split": split,
                    "rows": rows[shard == index].to_dict("records"),
                    "label_key": label_key,
                    "text_keys": text_keys,
                    "image_options": planned.image_options,
                }
            )
    return result


def write(store, task):
    """Writes the shard of `task`, unless that has been done before.

    Returns a dict for JSON: `split`; `entry` of the data card; `kinds`, how
    many images of each [channels, bit depth, kept]; `sizes`, two at most of
    the [width, height] found; `bad`, a list of [id, reason]. A shard with bad
    images does not count as done.
    """
    if task["done"].is_file():
        return files.read_json(task["done"])
    kinds, sizes, bad = collections.Counter(), set(), []

    def examples():
        for row in task["rows"]:
            try:
                image = images.prepare(
                    store.read(row["image"]), task["image_options"]
                )
            except BAD_IMAGE as error:
                bad.append([row["id"], str(error)])
                continue
            kinds[image.channels, image.bit_depth, image.kept] += 1
            if len(sizes) < 2:
                sizes.add((image.width, image.height))
            yield records.serialize(
                image.data,
                row,
                label_key=task["label_key"],
                text_keys=task["text_keys"],
            )

    entry = records.write_shard(task["path"], examples())
    result = {
        "split": task["split"],
        "entry": entry,
        "bad": bad,
        "kinds": [[*kind, number] for kind, number in sorted(kinds.items())],
        "sizes": sorted(map(list, sizes)),
    }
    if not bad:
        files.write_json(task["done"], result)
    return result


def card(planned, results, *, configuration, quarantined):
    """Returns the DataCard of a plan from what `write` returned.

    Raises ValueError if some images have 8 bits and others 16.
    """
    manifest = planned.manifest
    results = sorted(results, key=lambda result: result["entry"]["file"])
    shards = {
        split: [r["entry"] for r in results if r["split"] == split]
        for split in planned.splits
    }
    kinds = pd.DataFrame(
        [kind for result in results for kind in result["kinds"]],
        columns=["channels", "bit_depth", "kept", "images"],
    )
    sizes = {tuple(size) for result in results for size in result["sizes"]}
    checksums = [e["sha256"] for entries in shards.values() for e in entries]
    patients_in_common, by_pair = _patients_in_common(manifest)
    return records.DataCard(
        name=manifest.name,
        task=manifest.task,
        classes=manifest.classes,
        channels=int(kinds["channels"].max()),
        bit_depth=_bit_depth(kinds),
        image_size=_only_side(sizes),
        has_patients=manifest.has_patients,
        counts=manifests.counts(manifest),
        num_examples={
            split: sum(e["examples"] for e in entries)
            for split, entries in shards.items()
        },
        shards=shards,
        splits=planned.splits,
        grouped_by="patient" if manifest.has_patients else "none",
        patients_in_common=patients_in_common,
        patients_in_common_by_pair=by_pair,
        preprocessing={
            **dataclasses.asdict(planned.image_options),
            "kept": int(kinds.loc[kinds["kept"], "images"].sum()),
            "encoded_anew": int(kinds.loc[~kinds["kept"], "images"].sum()),
            "pillow": PIL.__version__,
        },
        source=_source(manifest),
        quarantined=quarantined,
        fingerprint=hashlib.sha256("".join(checksums).encode()).hexdigest(),
        configuration=configuration,
        extra_columns=manifest.extra_columns,
    )


def _patients_in_common(manifest):
    """Returns how many patients are in several splits, and that by pair."""
    if not manifest.has_patients:
        return 0, {}
    columns = manifest.table["patient"], manifest.table["split"]
    return splits.patients_in_common(*columns), splits.in_common(*columns)


def _bit_depth(kinds):
    by_depth = kinds.groupby("bit_depth")["images"].sum()
    if len(by_depth) > 1:
        raise ValueError(
            f"{by_depth[8]:,} images have 8 bits and {by_depth[16]:,} have 16; "
            "a data set has one of the two. Convert the others beforehand, or "
            "make two data sets."
        )
    return int(by_depth.index[0])


def _only_side(sizes):
    if len(sizes) != 1:
        return None
    ((width, height),) = sizes
    return width if width == height else None


def _source(manifest):
    if "sha256" in manifest.source:
        return dict(manifest.source)
    # A directory has no bytes of its own: its images stand for it.
    all_ids = "".join(manifest.table["id"])
    return {
        **manifest.source,
        "sha256_of_ids": hashlib.sha256(all_ids.encode()).hexdigest(),
    }
