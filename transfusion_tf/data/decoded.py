"""Images of a split that stay decoded, in memory or in a file of this process.

What is kept is exact: the integers that decoding gives, or the floats where it
is resized. What a network sees is bit for bit what it would see without.
"""

import errno
import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

from transfusion_tf import progress
from transfusion_tf.data import autotuning, parsing, pipeline

_DECODED_AT_ONCE = 64


def num_bytes(records, num_images, image_size):
    """Bytes of `num_images` decoded images of Records, without their labels."""
    size = parsing.pixel_dtype(records.card, image_size).size
    return num_images * image_size**2 * records.card.channels * size


class DecodedImages:
    """All images of a split, or of a subset, decoded.

    Args:
      records: opened Records.
      split: "train", "val" or "test".
      image_size: side in pixels.
      num_images: how many there must be.
      keep_ids: ids (str) of a subset, or None for all.
      extra: columns that the records carry, which are kept as well.
      folder: directory of the file that holds the images; None: they are held
        in memory. The file has no name, so that the system removes it when
        this process ends, however it ends.

    Raises:
      ValueError: there is another number of images.
      OSError: the disk has too little room.
    """

    def __init__(
        self,
        records,
        split,
        *,
        image_size,
        num_images,
        keep_ids=None,
        extra=(),
        folder=None,
    ):
        card = records.card
        shape = (num_images, image_size, image_size, card.channels)
        self._dtype = parsing.pixel_dtype(card, image_size)
        self._finish = parsing.finisher(card, image_size)
        self._pixels = _array(shape, self._dtype.as_numpy_dtype, folder)
        sizes = records.shard_sizes(split)
        self._starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        # The place of each example of the files among those that are kept.
        places = np.full(self._starts[-1], -1)
        examples = pipeline.parsed(
            records, split, image_size, keep_ids=keep_ids, extra=extra
        )
        columns = self._fill(examples, places)
        self._columns = {k: tf.constant(v) for k, v in columns.items()}
        self._places = tf.constant(places)
        self.num_images = num_images

    def _fill(self, examples, places):
        """Decodes all, notes their places, and returns their other columns."""
        batches = examples.batch(_DECODED_AT_ONCE).as_numpy_iterator()
        parts, done, total = [], 0, len(self._pixels)
        with progress.bar("Decoding", total, unit="images", leave=False) as bar:
            for positions, batch in batches:
                pixels, count = batch.pop("image"), len(positions)
                if done + count > total or positions[-1] >= len(places):
                    done += count
                    break
                self._pixels[done : done + count] = pixels
                places[positions] = np.arange(done, done + count)
                parts.append(batch)
                done += count
                bar.update(count)
        if done != total:
            raise ValueError(
                "The records hold another number of images than their data "
                "card says; convert them again."
            )
        return {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}

    def shards(self):
        """Numbers that stand for the files of the split."""
        return list(range(len(self._starts) - 1))

    def positions(self, shard):
        """Dataset of the numbers of a file's examples among all, in order."""
        starts = tf.constant(self._starts)
        return tf.data.Dataset.range(starts[shard], starts[shard + 1])

    def holds(self, position):
        """Whether the example at a position is one that is kept, a tensor."""
        return self._places[position] >= 0

    def at(self, positions):
        """The examples at positions, an int64 tensor (n,), as one batch.

        Returns:
          {column: tensor}, as pipeline.evaluation has it.
        """
        places = tf.gather(self._places, positions)
        pixels = tf.numpy_function(
            self._take, [places], self._dtype, stateful=False
        )
        shape = (*places.shape, *self._pixels.shape[1:])
        pixels = tf.ensure_shape(pixels, shape)
        columns = {k: tf.gather(v, places) for k, v in self._columns.items()}
        return {"image": self._finish(pixels), **columns}

    def _take(self, places):
        return np.take(self._pixels, places, axis=0)

    def batches(self, batch_size):
        """All that are kept in order, as pipeline.evaluation gives them."""
        positions = np.flatnonzero(self._places.numpy() >= 0)
        batches = tf.data.Dataset.from_tensor_slices(positions)
        batches = batches.batch(batch_size).map(self.at)
        return autotuning.off(batches.prefetch(tf.data.AUTOTUNE))


def _array(shape, dtype, folder):
    """An array to fill, in memory or in a file without a name."""
    if folder is None:
        return np.empty(shape, dtype)
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    with tempfile.TemporaryFile(dir=folder) as file:
        # All of it now: a disk that fills up later would end the process.
        os.posix_fallocate(file.fileno(), 0, max(size, 1))
        return np.memmap(file, dtype, "r+", shape=shape)
