"""Records to tf.data: `training` and `evaluation`.

The order of training examples is a function of (seed, epoch), augmentation of
(seed, epoch, example id), so that a resumed run sees what an uninterrupted one
would have seen. Images leave as (size, size, 3) float32 in [0, 255].
"""

import numpy as np
import tensorflow as tf

from transfusion_tf.data import augment

# Serialized examples held for shuffling; above this, shuffling is only within
# a window (shards are shuffled too, and inside a shard the order is by hash).
SHUFFLE_BYTES = 512 * 2**20
SHARDS_READ_TOGETHER = 16
# 16-bit pixels are brought to [0, 255], which is what networks take.
SIXTEEN_BIT_STEP = 257.0
# Keeps seeds of (seed, epoch) apart from those of the ids in augmentation.
_EPOCH_STRIDE = 1_000_003


def training(
    records,
    *,
    batch_size,
    image_size,
    seed,
    epoch,
    first_step=0,
    augmentations=(),
    keep_ids=None,
):
    """One epoch of shuffled batches of the training split.

    Args:
      records: opened Records.
      batch_size: images a batch; the last, incomplete batch is left out.
      image_size: side of the images in pixels.
      seed, epoch: ints that determine order and augmentation.
      first_step: batches to skip, when an epoch is taken up in its middle.
      augmentations: names of augmentations.
      keep_ids: ids (str) of a subset, or None for all.

    Returns:
      tf.data.Dataset of {"image": (batch_size, size, size, 3) float32,
      "label": (batch_size,) or (batch_size, num_labels) int64, "id", ...}.
    """
    rng = np.random.default_rng([seed, epoch])
    shards = rng.permutation([str(p) for p in records.shard_paths("train")])
    examples = tf.data.Dataset.from_tensor_slices(shards).interleave(
        tf.data.TFRecordDataset,
        cycle_length=min(SHARDS_READ_TOGETHER, len(shards)),
    )
    if keep_ids is not None:
        examples = examples.filter(_is_in(keep_ids))
    examples = examples.shuffle(
        _shuffle_window(records),
        seed=int(rng.integers(2**31)),
        reshuffle_each_iteration=False,
    )
    # Skipped before decoding, which is what costs time.
    examples = examples.skip(first_step * batch_size)
    decode = _decoder(records.card, image_size)

    def prepare(serialized):
        example = decode(serialized)
        draw = _example_seed(example["id"], seed, epoch)
        image = augment.apply(example["image"], draw, which=augmentations)
        return {**example, "image": image}

    examples = examples.map(
        prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
    examples = examples.batch(batch_size, drop_remainder=True)
    return examples.prefetch(tf.data.AUTOTUNE)


def evaluation(records, split, *, batch_size, image_size):
    """Every example of `split` once, in the order of the records.

    Returns:
      tf.data.Dataset like that of `training`; the last batch may be smaller.
    """
    shards = [str(path) for path in records.shard_paths(split)]
    examples = tf.data.TFRecordDataset(shards).map(
        _decoder(records.card, image_size),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return examples.batch(batch_size).prefetch(tf.data.AUTOTUNE)


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
    spec = _features(records.card)
    spec.pop("image")
    shards = [str(path) for path in records.shard_paths(split)]
    batches = tf.data.TFRecordDataset(shards).batch(1024)
    batches = batches.map(lambda b: tf.io.parse_example(b, spec))
    parts = [
        {"label": _label(batch), **_text(batch)}
        for batch in batches.as_numpy_iterator()
    ]
    return {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}


def _text(batch):
    """The columns of text, (N,) str."""
    return {
        key: np.char.decode(batch[key].astype(bytes))
        for key in ("id", "patient")
    }


def _label(example):
    """The label or labels, under whichever name the task has them."""
    return example["labels"] if "labels" in example else example["label"]


def _features(card):
    """What tf.io.parse_example needs for records with this data card."""
    labels = {"label": tf.io.FixedLenFeature([], tf.int64)}
    if card.task == "multilabel":
        shape = [len(card.classes)]
        labels = {"labels": tf.io.FixedLenFeature(shape, tf.int64)}
    return {
        "image": tf.io.FixedLenFeature([], tf.string),
        "id": tf.io.FixedLenFeature([], tf.string),
        "patient": tf.io.FixedLenFeature([], tf.string, default_value=""),
        **labels,
    }


def _decoder(card, image_size):
    """A function from a serialized example to image, label, id, patient."""
    spec = _features(card)
    resize = card.image_size != image_size

    def decode(serialized):
        example = tf.io.parse_single_example(serialized, spec)
        image = decoded(example["image"], card)
        if resize:
            image = tf.image.resize(image, [image_size] * 2, antialias=True)
        if card.channels == 1:
            image = tf.image.grayscale_to_rgb(image)
        return {
            "image": tf.ensure_shape(image, (image_size, image_size, 3)),
            "label": _label(example),
            "id": example["id"],
            "patient": example["patient"],
        }

    return decode


def decoded(encoded, card):
    """(H, W, channels) float32 in [0, 255] from JPEG or PNG bytes.

    The values that the conversion saw, bit for bit: JPEG's inverse transform
    in whole numbers, as Pillow has it. TensorFlow's default is less exact, by
    up to 5 of 255, to save a twentieth of the time.
    """
    if card.bit_depth == 16:
        image = tf.io.decode_png(
            encoded, channels=card.channels, dtype=tf.uint16
        )
        return tf.cast(image, tf.float32) / SIXTEEN_BIT_STEP
    image = tf.io.decode_jpeg(  # Which reads PNG as well.
        encoded, channels=card.channels, dct_method="INTEGER_ACCURATE"
    )
    return tf.cast(image, tf.float32)


def _example_seed(example_id, seed, epoch):
    """(2,) int32 seed from the example's id and (seed, epoch)."""
    of_id = tf.strings.to_hash_bucket_fast(example_id, 2**31 - 1)
    of_epoch = (seed * _EPOCH_STRIDE + epoch) % (2**31 - 1)
    return tf.stack([tf.cast(of_id, tf.int32), of_epoch])


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
    shards = records.card.shards["train"]
    num_examples = max(1, sum(shard["examples"] for shard in shards))
    num_bytes = max(1, sum(shard["bytes"] for shard in shards))
    return max(1, min(num_examples, SHUFFLE_BYTES * num_examples // num_bytes))
