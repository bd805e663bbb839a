"""Records to tf.data: `training` and `evaluation`.

The order of training examples is a function of (seed, epoch), augmentation of
(seed, epoch, example id), so that a resumed run sees what an uninterrupted one
would have seen. An epoch is one pass over the training images; batches are cut
from the endless order of all epochs, and need not end where an epoch does.
Images leave as (size, size, 3) float32 in [0, 255].
"""

import numpy as np
import tensorflow as tf

from transfusion_tf.data import (
    augment,
    autotuning,
    carried,
    order,
    parsing,
)
from transfusion_tf.process import pool

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
    parts=None,
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
      parts: (first row, row behind the last) of each part of a batch that is
        wanted, without gaps: they come in turn, and other rows are not decoded.
      images: decoded.DecodedImages, which are not read; batches are the same.

    Returns:
      tf.data.Dataset of {"image": (n, size, size, 3) float32, "label": (n,) or
      (n, num_labels) int64, "id", ...}, n being `batch_size`, or the rows of a
      part. It raises tf.errors.FailedPreconditionError where the records hold
      another number of images than their data card says.

    Raises:
      ValueError: there is no training image.
    """
    if keep_ids is None:
        keep_ids = records.ids("train")
    num_images = count_training_images(records, keep_ids)
    passes = order.passes(records, seed, keep_ids, num_images, images)
    examples = _from(passes, first_step * batch_size, num_images)
    sizes = [last - first for first, last in parts or [(0, batch_size)]]
    if parts:
        examples = _rows(examples, parts[0][0], parts[-1][1], batch_size)
    if images is None:
        decode = parsing.decoder(records.card, image_size)
    elif augmentations:
        examples, decode = _looked_up(examples, images).unbatch(), _as_it_is
    else:  # Single images are not touched, which would take longer.
        batches = _without_seeds(_looked_up(examples, images, sum(sizes)))
        return _ahead(_split(batches, sizes))
    examples = _each(examples, _augmenting(decode, augmentations, ranges))
    batches = examples.batch(sum(sizes), drop_remainder=True)
    batches = _split(batches, sizes).map(parsing.label_check(records.card))
    return _ahead(batches)


def _each(examples, function):
    """The examples, a function applied to several at once, in their order."""
    return examples.map(
        function, num_parallel_calls=pool.num_cores(), deterministic=True
    )


def _ahead(batches):
    return autotuning.off(batches.prefetch(tf.data.AUTOTUNE))


def _from(passes, number, num_images):
    """The endless examples of all passes, from this number on."""
    epoch, skipped = divmod(number, num_images)
    # Skipped before decoding, which is what costs time.
    return tf.data.Dataset.counter(epoch).flat_map(passes).skip(skipped)


def _augmenting(decode, augmentations, ranges):
    """A function that prepares an example of a pass."""

    @_no_autograph
    def prepare(epoch_seed, example):
        """The decoded example, augmented by the epoch's seed and its id."""
        example = decode(example)
        draw = augment.fold_in(epoch_seed, example["id"])
        image = augment.apply(
            example["image"], draw, which=augmentations, ranges=ranges
        )
        return {**example, "image": image}

    return prepare


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


def _split(batches, sizes):
    """Batches of sum(sizes) examples as batches of `sizes`, over and over."""
    if len(sizes) == 1:
        return batches
    if len(set(sizes)) == 1:  # Their shape is known when a step is traced.
        return batches.rebatch(sizes[0], drop_remainder=True)
    return batches.rebatch(sizes)


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


def _without_seeds(batches):
    return batches.map(_no_autograph(lambda _, batch: batch))


def _looked_up(examples, images, batch_size=LOOKED_UP_TOGETHER):
    """Pairs of seed and position as batches of seeds and decoded examples."""

    @_no_autograph
    def look_up(seeds, positions):
        """The images of a whole batch, by one call."""
        return seeds, images.at(positions)

    return examples.batch(batch_size, drop_remainder=True).map(look_up)


def evaluation(records, split, *, batch_size, image_size):
    """Every example of `split` once, in the order of the records.

    Returns:
      tf.data.Dataset like that of `training`; the last batch may be smaller.
      Columns that the records carry are there as "extra_<column>": (n,) text.
    """
    card = records.card
    decode = parsing.decoder(card, image_size, card.extra_columns)
    examples = _each(_of_split(records, split), decode)
    return _ahead(examples.batch(batch_size).map(parsing.label_check(card)))


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
        is_kept = order.is_in(ids)
        examples = examples.filter(lambda _, serialized: is_kept(serialized))
    parse = parsing.pixel_parser(card, image_size, extra)
    check = parsing.label_check(card)
    return _each(
        examples, _no_autograph(lambda number, one: (number, check(parse(one))))
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
    return examples if ids is None else examples.filter(order.is_in(ids))


def _in_order(records, split):
    """All that is in the files of a split as it is stored, file by file."""
    paths = [str(path) for path in records.shard_paths(split)]
    return autotuning.off(tf.data.TFRecordDataset(paths))


def _text(batch):
    """The columns of text, (N,) str."""
    return {
        key: np.char.decode(values.astype(bytes))
        for key, values in batch.items()
        if key in ("id", "patient") or key.startswith(carried.EXTRA)
    }
