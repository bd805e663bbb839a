"""The order of training examples: a function of (seed, epoch)."""

import tensorflow as tf

from transfusion_tf.data import augment

# Serialized examples held for shuffling; above this, shuffling is only within
# a window (shards are shuffled too, and inside a shard the order is by hash).
SHUFFLE_BYTES = 512 * 2**20
SHARDS_READ_TOGETHER = 16
# Functions without control flow on tensors need not be converted at each use.
_no_autograph = tf.autograph.experimental.do_not_convert


def passes(records, seed, keep_ids, num_images, images=None):
    """A function from an epoch to its examples in the epoch's order.

    They come as pairs of the epoch's seed, (2,) int64, and the serialized
    example, or where there are `images` its position in them.
    """
    if images is None:
        shards = [str(path) for path in records.shard_paths("train")]
        read = tf.data.TFRecordDataset
        is_kept = None if keep_ids is None else is_in(keep_ids)
    else:
        # As many of each file in the same order: they are shuffled likewise.
        shards, read = images.shards(), images.positions
        is_kept = None if keep_ids is None else images.holds
    window = _shuffle_window(records)
    # A subset that fits is looked for once, not in every epoch.
    is_cached = keep_ids is not None and num_images <= window
    cached = _read(shards, read, is_kept).cache() if is_cached else None
    run_seed = tf.random.fold_in(
        tf.zeros([2], tf.int64), tf.constant(seed, tf.int64)
    )

    @_no_autograph
    def one_pass(epoch):
        """A Dataset of (seed, example), shuffled by the seed of the epoch."""
        epoch_seed = tf.random.fold_in(run_seed, epoch)
        if is_cached:
            examples = cached
        else:
            order = tf.random.experimental.stateless_shuffle(
                shards, augment.fold_in(epoch_seed, "order of shards")
            )
            examples = _read(order, read, is_kept)
        examples = examples.apply(
            tf.data.experimental.assert_cardinality(num_images)
        )
        # Of this graph alone. Otherwise shuffle would mix the process's
        # tf.random.set_seed in, and fail where that is 0.
        tf.compat.v1.set_random_seed(1)
        examples = examples.shuffle(
            window,
            seed=augment.fold_in(epoch_seed, "order of examples")[0],
            reshuffle_each_iteration=False,
        )
        seeds = tf.data.Dataset.from_tensors(epoch_seed).repeat()
        return tf.data.Dataset.zip((seeds, examples))

    return one_pass


def _read(shards, read, is_kept=None):
    """The examples of shards (a list or tensor) as `read` has them of each."""
    examples = tf.data.Dataset.from_tensor_slices(shards).interleave(
        read, cycle_length=SHARDS_READ_TOGETHER
    )
    return examples if is_kept is None else examples.filter(is_kept)


def is_in(ids):
    """A predicate on serialized examples: is the id among `ids`?"""
    keys = tf.constant(sorted(ids))
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(keys, tf.ones_like(keys, tf.int32)),
        default_value=0,
    )
    spec = {"id": tf.io.FixedLenFeature([], tf.string)}

    def keep(serialized):
        example = tf.io.parse_single_example(serialized, spec)
        return table.lookup(example["id"]) > 0

    return keep


def _shuffle_window(records):
    """How many serialized examples fit into SHUFFLE_BYTES, at most all."""
    num_examples, num_bytes = (max(1, n) for n in records.training_files())
    return max(1, min(num_examples, SHUFFLE_BYTES * num_examples // num_bytes))
