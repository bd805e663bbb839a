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
LOOKED_UP_TOGETHER = 32  # Images that stay decoded.
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
    ranges=None,
    keep_ids=None,
    images=None,
):
    """The endless batches of the training split, from `first_step` on.

    Args:
      records: opened Records.
      batch_size: images a batch; every batch is full.
      image_size: side of the images in pixels.
      seed: int that determines order and augmentation.
      first_step: batches to skip, when a run is taken up in its middle.
      augmentations: names of augmentations.
      ranges: how far they go, see augment.apply.
      keep_ids: ids (str) of a subset, or None for all.
      images: decoded.DecodedImages of these, which are then not read; None:
        they are decoded anew in each epoch. The batches are the same.

    Returns:
      tf.data.Dataset of {"image": (batch_size, size, size, 3) float32,
      "label": (batch_size,) or (batch_size, num_labels) int64, "id", ...}. It
      raises tf.errors.FailedPreconditionError where the records hold another
      number of images than their data card says.

    Raises:
      ValueError: there is no training image.
    """
    if keep_ids is None:
        keep_ids = records.ids("train")
    num_images = count_training_images(records, keep_ids)
    epoch, skipped = divmod(first_step * batch_size, num_images)
    passes = _passes(records, seed, keep_ids, num_images, images)
    examples = tf.data.Dataset.counter(epoch).flat_map(passes)
    # Skipped before decoding, which is what costs time.
    examples = examples.skip(skipped)
    if images is None:
        decode = parsing.decoder(records.card, image_size)
    elif augmentations:
        examples, decode = _looked_up(examples, images).unbatch(), _as_it_is
    else:  # Single images are not touched, which would take longer.
        batches = _looked_up(examples, images, batch_size)
        batches = batches.map(_no_autograph(lambda _, batch: batch))
        return batches.prefetch(tf.data.AUTOTUNE)

    @_no_autograph
    def prepare(epoch_seed, example):
        """The decoded example, augmented by the epoch's seed and its id."""
        example = decode(example)
        draw = augment.fold_in(epoch_seed, example["id"])
        image = augment.apply(
            example["image"], draw, which=augmentations, ranges=ranges
        )
        return {**example, "image": image}

    examples = examples.map(
        prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
    examples = examples.batch(batch_size, drop_remainder=True)
    examples = examples.map(parsing.label_check(records.card))
    return examples.prefetch(tf.data.AUTOTUNE)


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


def _as_it_is(example):
    return example


def _looked_up(examples, images, batch_size=LOOKED_UP_TOGETHER):
    """Pairs of seed and position as batches of seeds and decoded examples."""

    @_no_autograph
    def look_up(seeds, positions):
        """The images of a whole batch, by one call."""
        return seeds, images.at(positions)

    return examples.batch(batch_size, drop_remainder=True).map(look_up)


def _passes(records, seed, keep_ids, num_images, images=None):
    """A function from an epoch to its examples in the epoch's order.

    They come as pairs of the epoch's seed, (2,) int64, and the serialized
    example, or where there are `images` its position in them.
    """
    if images is None:
        shards = [str(path) for path in records.shard_paths("train")]
        read = tf.data.TFRecordDataset
        is_kept = None if keep_ids is None else _is_in(keep_ids)
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


def parsed(records, split, image_size, *, keep_ids=None, extra=()):
    """Pairs (position, example) of a split in the order of the files.

    Args:
      records: opened Records.
      split: "train", "val" or "test".
      image_size: side in pixels.
      keep_ids: ids (str) of a subset; None: all of the split.
      extra: columns that the records carry, which are wanted as well.

    Returns:
      tf.data.Dataset of the number of an example among all those in the files,
      int64, and what parsing.pixel_parser makes of it, label checked.
    """
    card = records.card
    ids = records.ids(split) if keep_ids is None else keep_ids
    examples = _in_order(records, split).enumerate()
    if ids is not None:
        is_kept = _is_in(ids)
        examples = examples.filter(lambda _, serialized: is_kept(serialized))
    parse = parsing.pixel_parser(card, image_size, extra)
    check = parsing.label_check(card)
    return examples.map(
        _no_autograph(lambda number, one: (number, check(parse(one)))),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )


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
    examples = _in_order(records, split)
    ids = records.ids(split)
    return examples if ids is None else examples.filter(_is_in(ids))


def _in_order(records, split):
    """All that is in the files of a split as it is stored, file by file."""
    return tf.data.TFRecordDataset(
        [str(path) for path in records.shard_paths(split)]
    )


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
