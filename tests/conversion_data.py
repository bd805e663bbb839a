"""A small raw data set, for tests of conversions and their parts."""

import contextlib
import dataclasses
import hashlib
import io
import pathlib
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from transfusion_tf.data.manifest import Manifest

ROOT = pathlib.Path(__file__).parents[1]
# Several shards for few images.
EXAMPLES_PER_SHARD = 12


@dataclasses.dataclass(frozen=True)
class MemoryStore:
    """Images by name; can be slow, to be interrupted in time.

    An image may be an OSError, which reading it raises. `read_ones` lists what
    has been read in this process.
    """

    images: dict
    seconds: float = 0.0
    read_ones: list = dataclasses.field(default_factory=list)

    def read(self, image):
        """Returns the bytes or array called `image`."""
        time.sleep(self.seconds)
        self.read_ones.append(image)
        if isinstance(self.images[image], OSError):
            raise self.images[image]
        return self.images[image]


def make_image(seed, *, size=8, file_format="PNG"):
    """A file of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3))
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, file_format)
    return buffer.getvalue()


ORIGINAL = "DOE^JOHN/5.png"
COPIES = ("DOE^JOHN/7.png", "DOE^JOHN/12.png")


def make_manifest(
    num_images=60, *, patients=True, copies=COPIES, replaced=None, **changes
):
    """Images of two classes, three a patient; copies have other labels."""
    images = {f"DOE^JOHN/{i}.png": make_image(i) for i in range(num_images)}
    names = list(images)
    for copy in copies:
        images[copy] = images[ORIGINAL]
    images |= replaced or {}
    table = pd.DataFrame(
        {
            "image": names,
            "label": np.where(np.arange(num_images) % 3 == 0, "cat", "dog"),
            "patient": [f"DOE^JOHN {i // 3}" for i in range(num_images)],
        }
    )
    manifest = Manifest(
        "pets",
        "multiclass",
        ("cat", "dog"),
        table if patients else table.drop(columns="patient"),
        MemoryStore(images),
        source={"kind": "test"},
    )
    return dataclasses.replace(manifest, **changes)


def contents(root):
    """{file name: SHA-256} of a version directory."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.iterdir())
    }


def examples(root, split):
    """The decoded examples of a split, as tensorflow_datasets reads them."""
    import tensorflow_datasets as tfds

    builder = tfds.builder_from_directory(str(root))
    return list(tfds.as_numpy(builder.as_dataset(split=split)))


@contextlib.contextmanager
def small_shards():
    """Makes several shards for few images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "transfusion_tf.data.ids.EXAMPLES_PER_SHARD", EXAMPLES_PER_SHARD
        )
        yield


def id_of(data):
    """The id of a raw image that is not repeated."""
    return hashlib.sha256(data).hexdigest()[:16]
