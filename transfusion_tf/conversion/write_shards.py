"""The second pass of a conversion: images are decoded and shards written."""

from transfusion_tf import progress
from transfusion_tf.conversion import quarantine, shard_task, written
from transfusion_tf.data import ids


def run(plan, folder, workers, bad, limit):
    """Writes all shards that are not there.

    It goes on to the end with too many bad images, so that all of them can be
    told at once, unless there is no hope.

    Args:
        plan: a shards.Plan.
        folder: a WorkFolder.
        workers: a pool.Pool.
        bad: list of quarantine.Bad of the first pass.
        limit: a quarantine.Limit.

    Returns:
        A Written, and the Bad of both passes.

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
            if limit.is_hopeless(len(bad)):
                raise limit.refusal(
                    bad,
                    "So many are bad that the others were not looked at; what "
                    "is finished is kept.",
                )
            bar.update(len(task.rows))
    if limit.exceeded(len(bad)):
        raise limit.refusal(
            bad, "All others are finished and kept, and not converted again."
        )
    return written.gather(plan, folder, results), bad


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
