"""ImageNet weights in Keras' own cache, downloaded by Keras, checked."""

import contextlib
import dataclasses
import socket

import keras

from transfusion_tf import files, names
from transfusion_tf.initialization import weight_files
from transfusion_tf.initialization.published_files import (
    FILES,
    cache,
    is_published,
)
from transfusion_tf.models import slim, zoo

TIMEOUT_SECONDS = 20  # Of a server that does not answer; Keras has none.


def read(model):
    """The Source of a network's ImageNet weights.

    Raises:
      FileNotFoundError: the file is not in the cache and cannot be fetched.
      ValueError: there are none for this network, or the file is damaged.
    """
    base = slim.BASES.get(model, model)
    if base in names.PYTORCH_MODELS:
        raise ValueError(
            f"Keras has no ImageNet weights of {model}; give PyTorch's as "
            "--weights=FILE.safetensors (docs/pretraining.md)."
        )
    if base not in FILES:
        raise ValueError(
            f"There are no ImageNet weights of {model}; train one on a source "
            "data set and give its run directory, --weights=RUN_DIR."
        )
    path = cache() / FILES[base].file
    if not path.is_file():
        path = _download(base, path)
    if not is_published(path, base):
        raise ValueError(
            f"{path} is not the published file (its checksum is not "
            f"{FILES[base].digest}); delete it and start again."
        )
    source = weight_files.read(path)
    return dataclasses.replace(
        source,
        name=f"ImageNet ({path})",
        scalings=(zoo.native_scaling(base),),
        is_published=True,
        identity={**source.identity, "kind": "imagenet"},
    )


def _download(model, path):
    """Has Keras fetch the file; returns its path."""
    published, reason = FILES[model], "Keras does not offer them"
    if published.is_downloaded:
        try:
            # Keras turns to another folder where this one is missing.
            path.parent.mkdir(parents=True, exist_ok=True)
            with _timeout(TIMEOUT_SECONDS):
                return keras.utils.get_file(
                    published.file,
                    published.url,
                    cache_dir=path.parents[1],
                    cache_subdir=path.parent.name,
                    file_hash=published.digest,
                )
        except Exception as error:  # noqa: BLE001 - get_file raises just that.
            reason = files.one_line(error)
    raise FileNotFoundError(
        f"The ImageNet weights of {model} are not here and were not downloaded "
        f"({reason}); put {published.url} at {path}, or give --weights=FILE."
    )


@contextlib.contextmanager
def _timeout(seconds):
    """A limit for new connections that set none themselves."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
