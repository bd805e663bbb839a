"""The second pass of a conversion: images are decoded and shards written.

What it returns knows the images of all shards without decoding them again.
"""

import dataclasses
import hashlib

import numpy as np

from transfusion_tf import progress
from transfusion_tf.conversion import plan as shards
from transfusion_tf.conversion import quarantine, shard_task, work_folder
from transfusion_tf.data import ids, tfrecord
from transfusion_tf.images import decoding


@dataclasses.dataclass(frozen=True)
class ConvertedShards:
    """The shards of a plan and the images in them.

    Attributes:
        plan: a shards.ShardPlan.
        folder: the WorkFolder.
        digests: of each shard of the plan.
        results: of each shard, what shard_task.write returned.
        facts: shard_task.SHARD_INDEX (N,) of all images, in the order of rows.
        rows: int (N,), their rows in the plan's table.
    """

    plan: shards.ShardPlan
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
        file = decoding.ImageFile(tfrecord.features(record)["image"])
        return np.asarray(file.picture())

    def without(self, dropped, workers):
        """Returns this without some images, whose shards are written anew.

        Args:
            dropped: ids.
            workers: an Engine.
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


def write_shards(plan, folder, workers, bad, limit):
    """Writes all shards that are not there.

    It goes on to the end with too many bad images, so that all of them can be
    listed at once, unless there are far too many.

    Args:
        plan: a shards.ShardPlan.
        folder: a WorkFolder.
        workers: an Engine.
        bad: list of quarantine.Bad of the first pass.
        limit: a quarantine.Limit.

    Returns:
        The ConvertedShards, and the Bad of both passes.

    Raises:
        ValueError: too many images are bad.
    """
    finished = folder.all_finished()
    results = {
        shard.digest: finished[shard.digest]
        for shard in plan.shards
        if shard.digest in finished and not finished[shard.digest]["bad"]
    }
    missing = [s for s in plan.shards if s.digest not in results]
    # The largest first, so that none is still at it when the others are done.
    missing.sort(key=lambda shard: (-shard.num_bytes, shard.file))
    tasks = (
        plan.task(shard, folder, earlier=_overlapping(plan, shard, finished))
        for shard in missing
    )
    bad = list(bad)
    num_images = len(plan.manifest.table)
    left = sum(shard.rows.stop - shard.rows.start for shard in missing)
    with progress.bar(
        "Writing", num_images, unit="images", done=num_images - left
    ) as bar:
        for task, result in workers.run(shard_task.write, tasks):
            results[task.digest] = result
            image_of = {row["id"]: row["image"] for row in task.rows}
            bad += [
                quarantine.Bad(image_id, image_of[image_id], reason)
                for image_id, reason in result["bad"]
            ]
            if limit.should_abort(len(bad)):
                raise limit.refusal(
                    bad,
                    "So many are bad that the others were not looked at; what "
                    "is finished is kept.",
                )
            bar.update(len(task.rows))
    limit.check(
        bad, "All others are finished and kept, and not converted again."
    )
    return _gathered(plan, folder, results), bad


def _overlapping(plan, shard, finished):
    """Returns digests of finished shards that may hold images of `shard`."""
    in_shard = plan.manifest.table["id"].iloc[shard.rows]
    if in_shard.empty:
        return ()
    first, last = (ids.hash_of(in_shard.iloc[place]) for place in (0, -1))
    return tuple(
        digest
        for digest, done in finished.items()
        if done["ids"]
        and ids.hash_of(done["ids"][0]) <= last
        and ids.hash_of(done["ids"][1]) >= first
    )


def _gathered(plan, folder, results):
    """Returns the ConvertedShards of a plan.

    Args:
        plan: a shards.ShardPlan.
        folder: the WorkFolder.
        results: {digest: what shard_task.write returned} of all shards.
    """
    facts, is_there = [], np.ones(len(plan.manifest.table), bool)
    image_ids = plan.manifest.table["id"]
    for shard in plan.shards:
        facts.append(folder.read_facts(shard.digest))
        bad = [image_id for image_id, _ in results[shard.digest]["bad"]]
        if bad:
            is_there[shard.rows] = ~image_ids.iloc[shard.rows].isin(bad)
    digests = tuple(shard.digest for shard in plan.shards)
    return ConvertedShards(
        plan,
        folder,
        digests,
        tuple(results[digest] for digest in digests),
        np.concatenate(facts),
        np.flatnonzero(is_there),
    )


def _drop(folder, source, image_ids):
    """Returns the shard_task.Drop of `image_ids` (bytes, sorted)."""
    names = [image_id.decode() for image_id in image_ids]
    digest = hashlib.sha256(" ".join([source, *names]).encode()).hexdigest()
    return shard_task.Drop(
        folder=folder,
        source=source,
        digest=digest[: len(source)],
        ids=frozenset(names),
    )


def _label_texts(plan):
    """Returns the label of each row as text, several ones joined."""
    if plan.manifest.task != "multilabel":
        return np.array(plan.manifest.classes, object)[plan.codes]
    kinds, code = np.unique(plan.codes, axis=0, return_inverse=True)
    texts = [" ".join(map(str, kind)) for kind in kinds]
    return np.array(texts, object)[code.ravel()]
