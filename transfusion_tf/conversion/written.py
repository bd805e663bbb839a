"""What a conversion has written, as it is known without decoding it again."""

import dataclasses
import hashlib

import numpy as np

from transfusion_tf.conversion import plan as shards
from transfusion_tf.conversion import shard_task, work_folder
from transfusion_tf.data import tfrecord
from transfusion_tf.images import prepare


@dataclasses.dataclass(frozen=True)
class Written:
    """The shards of a plan and the images in them.

    Attributes:
        plan: a shards.Plan.
        folder: the WorkFolder.
        digests: of each shard of the plan.
        results: of each shard, what shard_writer.write returned.
        facts: shard_writer.FACTS (N,) of all images, in the order of rows.
        rows: int (N,), their rows in the plan's table.
    """

    plan: shards.Plan
    folder: work_folder.WorkFolder
    digests: tuple
    results: tuple
    facts: np.ndarray
    rows: np.ndarray

    @property
    def manifest(self):
        """The manifest of the images that have been written."""
        manifest = self.plan.manifest
        return dataclasses.replace(
            manifest, table=manifest.table.iloc[self.rows]
        )

    @property
    def notes(self):
        """Sorted pairs (id, note)."""
        return sorted(
            (image_id, note)
            for result in self.results
            for image_id, note in result["notes"]
        )

    def for_audit(self):
        """Returns the DataFrame that audit.audit takes."""
        plan = self.plan
        columns = [c for c in ("id", "patient") if c in plan.text_keys]
        table = plan.manifest.table.iloc[self.rows]
        return table[columns].assign(
            split=table["split"].to_numpy(),
            label=_label_texts(plan)[self.rows],
            pixels=self.facts["pixels"].astype(str),
            perceptual=self.facts["perceptual"],
        )

    def image(self, image_id):
        """Returns the pixels of an image from the records."""
        (index,) = np.flatnonzero(self.facts["id"] == image_id.encode())
        starts = [shard.rows.start for shard in self.plan.shards]
        # Of empty shards, which begin where the next one does, the last.
        shard = np.searchsorted(starts, self.rows[index], side="right") - 1
        with self.folder.shard(self.digests[shard]).open("rb") as file:
            record = tfrecord.read_at(file, int(self.facts["offset"][index]))
        return prepare.prepare(tfrecord.features(record)["image"]).pixels

    def without(self, dropped, workers):
        """Returns this without some images, whose shards are written anew.

        Args:
            dropped: ids.
            workers: a pool.Pool.
        """
        is_dropped = np.isin(self.facts["id"], np.array(dropped, "S"))
        digests, results = list(self.digests), list(self.results)
        tasks, place = [], {}
        for index, shard in enumerate(self.plan.shards):
            first, end = np.searchsorted(
                self.rows, (shard.rows.start, shard.rows.stop)
            )
            part = slice(first, end)
            gone = self.facts["id"][part][is_dropped[part]]
            if len(gone):
                task = _drop(self.folder, digests[index], gone)
                digests[index] = task.digest
                place[task.digest] = index
                tasks.append(task)
        for task, result in workers.run(shard_task.drop, tasks):
            results[place[task.digest]] = result
        return dataclasses.replace(
            self,
            digests=tuple(digests),
            results=tuple(results),
            facts=self.facts[~is_dropped],
            rows=self.rows[~is_dropped],
        )


def gather(plan, folder, results):
    """Returns the Written of a plan.

    Args:
        plan: a shards.Plan.
        folder: the WorkFolder.
        results: {digest: what shard_writer.write returned} of all shards.
    """
    facts, is_there = [], np.ones(len(plan.manifest.table), bool)
    ids = plan.manifest.table["id"]
    for shard in plan.shards:
        facts.append(folder.read_facts(shard.digest))
        bad = [image_id for image_id, _ in results[shard.digest]["bad"]]
        if bad:
            is_there[shard.rows] = ~ids.iloc[shard.rows].isin(bad)
    digests = tuple(shard.digest for shard in plan.shards)
    return Written(
        plan,
        folder,
        digests,
        tuple(results[digest] for digest in digests),
        np.concatenate(facts),
        np.flatnonzero(is_there),
    )


def _drop(folder, source, image_ids):
    """Returns the shard_writer.Drop of `image_ids` (bytes, sorted)."""
    ids = [image_id.decode() for image_id in image_ids]
    digest = hashlib.sha256(" ".join([source, *ids]).encode()).hexdigest()
    return shard_task.Drop(
        folder=folder,
        source=source,
        digest=digest[: len(source)],
        ids=frozenset(ids),
    )


def _label_texts(plan):
    """Returns the label of each row as text, several ones joined."""
    if plan.manifest.task != "multilabel":
        return np.array(plan.manifest.classes, object)[plan.codes]
    kinds, code = np.unique(plan.codes, axis=0, return_inverse=True)
    texts = [" ".join(map(str, kind)) for kind in kinds]
    return np.array(texts, object)[code.ravel()]
