"""Whether the decoded images of a run are kept, and where (--cache)."""

import shutil

from transfusion_tf import progress
from transfusion_tf.data import decoded
from transfusion_tf.process import machine

# Of the memory left that --cache=auto takes at most: the network needs some,
# and so do other runs of a study on the same machine.
SHARE = 0.25


class ImageCache:
    """The decoded images of the splits of a run that are read repeatedly.

    Decoding them takes a pass over the split, when it is first asked for. The
    test split is read once, so that it is not kept.

    Args:
      opened: Records.
      data: DataConfig with the image size resolved.
      folder: directory for the files of --cache=disk.
    """

    def __init__(self, opened, data, folder):
        self._opened, self._data, self._folder = opened, data, folder
        self._val, self._is_val_known = None, False

    def training(self, keep_ids, num_images, num_seen):
        """DecodedImages of the training images, or None.

        Args:
          keep_ids: ids of those in use, or None for all.
          num_images: how many these are.
          num_seen: images that the steps to come take in all.

        Raises:
          ValueError: they do not fit where --cache says.
        """
        # Those that are seen once would be kept for nothing.
        if self._data.cache == "auto" and num_seen <= num_images:
            return None
        return self._kept("train", num_images, keep_ids=keep_ids)

    def batches(self, split, batch_size):
        """tf.data.Dataset as of pipeline.evaluation, or None: it is not kept.

        Raises:
          ValueError: the images do not fit where --cache says.
        """
        if split != "val":
            return None
        if not self._is_val_known:
            self._val = self._kept(
                "val",
                self._opened.num_examples("val"),
                extra=self._opened.card.extra_columns,
            )
            self._is_val_known = True
        return self._val and self._val.batches(batch_size)

    def _kept(self, split, num_images, **options):
        size = self._data.image_size
        num_bytes = decoded.num_bytes(self._opened, num_images, size)
        if not num_images or not self._is_kept(split, num_bytes):
            return None
        return decoded.DecodedImages(
            self._opened,
            split,
            image_size=size,
            num_images=num_images,
            folder=self._folder if self._data.cache == "disk" else None,
            **options,
        )

    def _is_kept(self, split, num_bytes):
        """Whether so many bytes of a split are kept; says if auto does not."""
        cache = self._data.cache
        if cache == "off":
            return False
        if cache == "disk":
            left, where = shutil.disk_usage(self._folder).free, "on the disk"
            share, other = 1, "memory"
        else:
            left, where = machine.memory_left(), "in memory"
            share, other = SHARE if cache == "auto" else 1, "disk"
        if num_bytes <= share * left:
            return True
        text = (
            f"the decoded images of {split} take {_in_words(num_bytes)}, and "
            f"{_in_words(left)} are left {where}"
        )
        if cache != "auto":
            raise ValueError(
                f"--cache={cache}: {text}; give --cache={other}, or "
                "--cache=off to decode them in each epoch."
            )
        progress.line(
            f"Images are decoded in each epoch: {text}, of which a quarter may "
            "be taken; --cache=memory or --cache=disk keeps them."
        )
        return False


def _in_words(num_bytes):
    """Bytes in megabytes or gigabytes: "12 MB", "3.4 GB"."""
    if num_bytes < 1e9:
        return f"{num_bytes / 1e6:,.0f} MB"
    return f"{num_bytes / 1e9:,.1f} GB"
