"""Files of weights, recognised by content and read as data, never as code.

Nothing is unpickled. The description of a model that Keras keeps beside its
weights is searched for layers that carry code, and for the names and the order
of the layers, which the weights alone do not always show; no layer is made of
it.
"""

import collections
import dataclasses
import functools
import hashlib
import io
import json
import pathlib
import zipfile
import zlib

from transfusion_tf import files
from transfusion_tf.images import limits
from transfusion_tf.initialization import (
    fingerprints,
    keras_hdf5,
    pytorch_files,
    safetensors_files,
    sources,
)
from transfusion_tf.models import rebuild
from transfusion_tf.stores import checked_hdf5
from transfusion_tf.stores.checked_hdf5 import Refused

LEGACY, WEIGHTS_3, ARCHIVE_3 = (
    "keras-legacy-hdf5",
    "keras-3-weights",
    "keras-3-archive",
)
WANTED = (
    "give weights that Keras has saved as .h5, .weights.h5 or .keras, or "
    "PyTorch's as .safetensors"
)
MAX_CONFIG_BYTES = 64 * 2**20  # Those of the largest networks are below 1 MiB.
_IN_ARCHIVE = "model.weights.h5"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_PICKLE = b"\x80"
# How a file starts that is something else.
_OTHERS = (
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x1f\x8b", "a gzip file"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself"),
    (b"<", "a web page or XML"),
    (b"{", "JSON"),
)
_LAMBDAS = {"Lambda", "__lambda__"}
# What damaged files make h5py and zipfile raise.
DAMAGE = (
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class Pickled(Refused):
    """The file is a Python pickle, or has one in it."""


def read(path):
    """Reads a file of weights as a Source of no known input scaling.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: not weights of Keras or PyTorch, damaged, with code in it, or
        with links to other files; the message says which.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}; {WANTED}.")
    try:
        kind, layers, passed_over = _read(path)
    except Refused as reason:
        is_pickle = isinstance(reason, Pickled)
        advice = pytorch_files.conversion(path) if is_pickle else WANTED
        raise ValueError(
            f"{path} is not taken as weights: {reason}; {advice}."
        ) from None
    except PermissionError:
        raise
    except DAMAGE as error:
        reason = files.one_line(error)
        raise ValueError(
            f"{path} is damaged or cut short ({reason}); copy or download it "
            "again."
        ) from None
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return sources.Source(
        name=str(path),
        layers=tuple(layers),
        scalings=(),
        identity={
            "kind": "file",
            "file": path.name,
            "format": kind,
            "sha256": digest,
            "architecture": fingerprints.recognise(
                layer.shapes for layer in layers
            ),
        },
        passed_over=passed_over,
    )


def _read(path):
    """(format, SourceLayers, {tensor in none of them: why}) of a file."""
    with path.open("rb") as stream:
        start = stream.read(64)
    if start.startswith(_HDF5):
        return *_read_hdf5(path, path.stat().st_size), {}
    if start.startswith(_ZIP):
        stream, described = _unpacked(path)
        size = stream.getbuffer().nbytes
        _, layers = _read_hdf5(stream, size, described)
        return ARCHIVE_3, layers, {}
    if safetensors_files.is_one(start):
        return _read_pytorch(path)
    if not start:
        raise Refused("it is empty")
    if start.startswith(_PICKLE):
        raise Pickled(
            "it is a Python pickle, which can run code when it is opened"
        )
    for prefix, what in _OTHERS:
        if start.startswith(prefix):
            raise Refused(f"it is {what}")
    raise Refused("it is neither HDF5 nor a .keras archive nor safetensors")


def _read_pytorch(path):
    layers, passed_over = pytorch_files.layers(safetensors_files.read(path))
    if not layers:
        raise Refused("there are no tensors in it")
    return sources.PYTORCH_FORMAT, layers, passed_over


def _read_hdf5(path, num_bytes, described=()):
    """(format, SourceLayers) of a path or stream of so many bytes."""
    if not checked_hdf5.has_whole_heaps(path):
        raise Refused("its texts are damaged")
    with checked_hdf5.opened(path) as file:
        arrays = checked_hdf5.Arrays(num_bytes)
        if (group := keras_hdf5.find_legacy(file)) is not None:
            described = read_description(keras_hdf5.model_config(file))
            kind = LEGACY
            layers = keras_hdf5.legacy_layers(group, arrays, described)
        elif (group := keras_hdf5.find_keras_3(file)) is not None:
            kind = WEIGHTS_3
            layers = keras_hdf5.keras_3_layers(group, arrays, described)
        else:
            raise Refused("it is HDF5, but not as Keras lays out weights")
    if not layers:
        raise Refused("there are no arrays in it")
    return kind, layers


def _unpacked(path):
    """What is in a .keras archive: weights (a stream), description."""
    with zipfile.ZipFile(path) as archive:
        members = set(archive.namelist())
        if _IN_ARCHIVE not in members:
            if any(name.endswith("data.pkl") for name in members):
                raise Pickled(
                    "it is a zip archive PyTorch's, with a Python pickle in it"
                )
            raise Refused(f"it is a zip archive without {_IN_ARCHIVE}")
        described = ()
        if "config.json" in members:
            config = _member(archive, "config.json", MAX_CONFIG_BYTES)
            described = read_description(config.decode("utf-8", "replace"))
        weights = _member(archive, _IN_ARCHIVE, checked_hdf5.MAX_BYTES)
        return io.BytesIO(weights), described


def _member(archive, name, limit):
    """Bytes of a member; zipfile reads no more of it than it declares."""
    member = archive.getinfo(name)
    if member.file_size > limit:
        raise Refused(f"{name} in it declares more than {limit} bytes")
    try:
        limits.check_member(member)
    except limits.TooLarge as reason:
        raise Refused(f"{name} in it is {reason}") from None
    return archive.read(name)


@dataclasses.dataclass(frozen=True)
class Described:
    """A layer, as a description has it.

    Attributes:
      name: its name.
      part: what Keras 3 calls it among its siblings in files of weights:
        "conv2d", "conv2d_1", ... in the model's order.
      inner: if it is a model, its layers, a tuple of Described.
    """

    name: str
    part: str
    inner: tuple = ()

    @property
    def leaves(self):
        """Names of the layers in it that are no models, in order."""
        if not self.inner:
            return [self.name]
        return [name for layer in self.inner for name in layer.leaves]


def read_description(text):
    """The layers of a model from its JSON text, a tuple of Described.

    Empty where there is no text, or none that lists its layers.

    Raises:
      Refused: not JSON, or with a Lambda layer in it.
    """
    found = set()
    look = functools.partial(_note_lambdas, found)
    try:
        model = json.loads(text or "{}", object_hook=look)
        layers = _layers(model)
    except (json.JSONDecodeError, RecursionError):
        raise Refused("its description of the model is not JSON") from None
    if found:
        raise Refused(
            "its model has a Lambda layer, that is, Python code (save the "
            "weights alone)"
        )
    return layers


def _note_lambdas(found, part):
    """Adds the class of a part of a description to `found` if it is code."""
    name = part.get("class_name")
    found.update({name} & _LAMBDAS if isinstance(name, str) else ())
    return part


def _layers(model):
    """The Described of a model or layer; () where it lists none."""
    config = model.get("config") if isinstance(model, dict) else None
    # Keras 1 and 2.0 describe a Sequential by the bare list.
    layers = config.get("layers") if isinstance(config, dict) else config
    counts, found = collections.Counter(), []
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, dict):
            continue
        kind = rebuild.snake_case(str(layer.get("class_name")))
        part = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
        settings = layer.get("config")
        name = settings.get("name") if isinstance(settings, dict) else None
        found.append(
            Described(str(name or layer.get("name")), part, _layers(layer))
        )
    return tuple(found)
