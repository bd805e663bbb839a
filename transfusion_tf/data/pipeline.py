"""Records to tf.data: `training` and `evaluation`.

The order of training examples is a function of (seed, epoch), augmentation of
(seed, epoch, example id), so that a resumed run sees what an uninterrupted one
would have seen. An epoch is one pass over the training images; batches are cut
from the endless order of all epochs, and need not end where an epoch does.
Images leave as (size, size, 3) float32 in [0, 255].
"""

import numpy as np
import tensorflow as tf

from transfusion_tf.data import augment, carried, parsing

# Serialized examples held for shuffling; above this, shuffling is only within
# a window (shards are shuffled too, and inside a shard the order is by hash).
SHUFFLE_BYTES = 512 * 2**20
SHARDS_READ_TOGETHER = 16
# Functions without control flow on tensors need not be converted at each use.
_no_autograph = tf.autograph.experimental.do_not_convert


def training(
    records,
    *,
    batch_size,
    image_size,
    seed,
    first_step=0,
    augmentations=(),
    keep_ids=None,
    parts=None,
):
    """The endless batches of the training split, from `first_step` on.

    Args:
      records: opened Records.
      batch_size: images a batch; every batch is full.
      image_size: side of the images in pixels.
      seed: int that determines order and augmentation.
      first_step: batches to skip, when a run is taken up in its middle.
      augmentations: names of augmentations.
      keep_ids: ids (str) of a subset, or None for all.
      parts: (first row, row behind the last) of each part of a batch that is
        wanted, one after the other without gaps: they come in turn, in place
        of batches. Other rows are not decoded. None: whole batches.

    Returns:
      tf.data.Dataset of {"image": (n, size, size, 3) float32, "label": (n,) or
      (n, num_labels) int64, "id", ...}, n being `batch_size`, or the number of
      rows of a part. It raises tf.errors.FailedPreconditionError where the
      records hold another number of images than their data card says.

    Raises:
      ValueError: there is no training image.
    """
    if keep_ids is None:
        keep_ids = records.ids("train")
    num_images = count_training_images(records, keep_ids)
    epoch, skipped = divmod(first_step * batch_size, num_images)
    passes = _passes(records, seed, keep_ids, num_images)
    examples = tf.data.Dataset.counter(epoch).flat_map(passes)
    # Skipped before decoding, which is what costs time.
    examples = examples.skip(skipped)
    parts = parts or [(0, batch_size)]
    examples = _rows(examples, parts[0][0], parts[-1][1], batch_size)
    decode = parsing.decoder(records.card, image_size)

    @_no_autograph
    def prepare(epoch_seed, serialized):
        """The decoded example, augmented by the epoch's seed and its id."""
        example = decode(serialized)
        draw = augment.fold_in(epoch_seed, example["id"])
        image = augment.apply(example["image"], draw, which=augmentations)
        return {**example, "image": image}

    examples = examples.map(
        prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
    examples = _in_parts(examples, [last - first for first, last in parts])
    examples = examples.map(parsing.label_check(records.card))
    return examples.prefetch(tf.data.AUTOTUNE)


def _rows(examples, first, last, batch_size):
    """The examples that are rows `first` to `last` - 1 of their batch."""
    if (first, last) == (0, batch_size):
        return examples
    numbered = examples.enumerate()

    @_no_autograph
    def is_in(number, _):
        """Whether the example of this number in the order is such a row."""
        row = number % batch_size
        return (row >= first) & (row < last)

    return numbered.filter(is_in).map(lambda _, example: example)


def _in_parts(examples, sizes):
    """Batches of these sizes in turn, over and over."""
    if len(set(sizes)) == 1:  # Their shape is known when a step is traced.
        return examples.batch(sizes[0], drop_remainder=True)
    return examples.batch(sum(sizes), drop_remainder=True).rebatch(sizes)


def count_training_images(records, keep_ids=None):
    """How many images an epoch has; ValueError where there are none."""
    count = records.num_examples("train")
    if keep_ids is not None:
        count = len(keep_ids)
    if not count:
        raise ValueError(
            f"{records.root} has no training images; convert a data set that "
            "has some."
        )
    return count


def _passes(records, seed, keep_ids, num_images):
    """A function from an epoch to its examples in the epoch's order.

    They come as pairs of the epoch's seed, (2,) int64, and the serialized
    example.
    """
    shards = [str(path) for path in records.shard_paths("train")]
    window = _shuffle_window(records)
    is_kept = None if keep_ids is None else _is_in(keep_ids)
    # A subset that fits is looked for once, not in every epoch.
    is_cached = keep_ids is not None and num_images <= window
    cached = _serialized(shards, is_kept).cache() if is_cached else None
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
            examples = _serialized(order, is_kept)
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


def _serialized(shards, is_kept=None):
    """The examples of shards (text, a list or tensor) as they are stored."""
    examples = tf.data.Dataset.from_tensor_slices(shards).interleave(
        tf.data.TFRecordDataset, cycle_length=SHARDS_READ_TOGETHER
    )
    return examples if is_kept is None else examples.filter(is_kept)


def evaluation(records, split, *, batch_size, image_size):
    """Every example of `split` once, in the order of the records.

    Returns:
      tf.data.Dataset like that of `training`; the last batch may be smaller.
      Columns that the records carry are there as "extra_<column>": (n,) text.
    """
    examples = _of_split(records, split).map(
        parsing.decoder(records.card, image_size, records.card.extra_columns),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    examples = examples.batch(batch_size).map(parsing.label_check(records.card))
    return examples.prefetch(tf.data.AUTOTUNE)


def numpy_batches(dataset):
    """Yields the batches of `evaluation` as NumPy arrays, text as str."""
    for batch in dataset.as_numpy_iterator():
        yield {**batch, **_text(batch)}


def read_index(records, split):
    """Ids, labels and patients of a split, without decoding images.

    Returns:
      {"id": (N,) str, "label": (N,) or (N, num_labels) int64,
      "patient": (N,) str, empty where the records have no patients}.
    """
    spec = parsing.features(records.card)
    spec.pop("image")
    batches = _of_split(records, split).batch(1024)

    def parse(serialized):
        batch = tf.io.parse_example(serialized, spec)
        return {**batch, "label": parsing.label_of(batch)}

    batches = batches.map(parse).map(parsing.label_check(records.card))
    parts = [
        {"label": batch["label"], **_text(batch)}
        for batch in batches.as_numpy_iterator()
    ]
    return {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}


def _of_split(records, split):
    """The examples of a split as they are stored, in order."""
    shards = [str(path) for path in records.shard_paths(split)]
    examples = tf.data.TFRecordDataset(shards)
    ids = records.ids(split)
    return examples if ids is None else examples.filter(_is_in(ids))


def _text(batch):
    """The columns of text, (N,) str."""
    return {
        key: np.char.decode(values.astype(bytes))
        for key, values in batch.items()
        if key in ("id", "patient") or key.startswith(carried.EXTRA)
    }


def _is_in(ids):
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
