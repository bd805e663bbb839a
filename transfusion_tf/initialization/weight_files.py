"""Files of weights, recognised by content and read as data, never as code.

Nothing is unpickled, and no description of a model is turned into one (see
descriptions).
"""

import io
import pathlib
import zipfile
import zlib

from transfusion_tf import files
from transfusion_tf.images import limits
from transfusion_tf.initialization import (
    architectures,
    descriptions,
    hdf5,
    keras_v3,
    legacy_hdf5,
)
from transfusion_tf.initialization.sources import Source
from transfusion_tf.stores import hdf5_heaps

LEGACY, WEIGHTS_3, ARCHIVE_3 = (
    "keras-legacy-hdf5",
    "keras-3-weights",
    "keras-3-archive",
)
WANTED = "give weights that Keras has saved as .h5, .weights.h5 or .keras"
MAX_CONFIG_BYTES = 64 * 2**20  # Those of the largest networks are below 1 MiB.
_IN_ARCHIVE = "model.weights.h5"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
# How a file starts that is something else.
_OTHERS = (
    (b"\x80", "a Python pickle, which can run code when it is opened"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x1f\x8b", "a gzip file"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself"),
    (b"<", "a web page or XML"),
    (b"{", "JSON"),
)
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


def read(path):
    """Reads a file of weights as a Source of no known input scaling.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: not weights of Keras, damaged, with code in it, or with links
        to other files; the message says which.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}; {WANTED}.")
    try:
        kind, layers = _read(path)
    except hdf5.Refused as reason:
        raise ValueError(
            f"{path} is not taken as weights: {reason}; {WANTED}."
        ) from None
    except PermissionError:
        raise
    except DAMAGE as error:
        reason = files.one_line(error)
        raise ValueError(
            f"{path} is damaged or cut short ({reason}); copy or download it "
            "again."
        ) from None
    return Source(
        name=str(path),
        layers=tuple(layers),
        scalings=(),
        identity={
            "kind": "file",
            "file": path.name,
            "format": kind,
            "sha256": files.file_sha256(path),
            "architecture": architectures.recognise(
                layer.shapes for layer in layers
            ),
        },
    )


def _read(path):
    with path.open("rb") as stream:
        start = stream.read(64)
    if start.startswith(_HDF5):
        return _read_hdf5(path, path.stat().st_size)
    if start.startswith(_ZIP):
        stream, described = _unpacked(path)
        size = stream.getbuffer().nbytes
        _, layers = _read_hdf5(stream, size, described)
        return ARCHIVE_3, layers
    if not start:
        raise hdf5.Refused("it is empty")
    for prefix, what in _OTHERS:
        if start.startswith(prefix):
            raise hdf5.Refused(f"it is {what}")
    raise hdf5.Refused("it is neither HDF5 nor a .keras archive")


def _read_hdf5(path, num_bytes, described=()):
    """(format, SourceLayers) of a path or stream of so many bytes."""
    if not hdf5_heaps.are_whole(path):
        raise hdf5.Refused("its texts are damaged")
    with hdf5.opened(path) as file:
        arrays = hdf5.Arrays(num_bytes)
        if (group := legacy_hdf5.find(file)) is not None:
            described = descriptions.read(legacy_hdf5.model_config(file))
            kind = LEGACY
            layers = legacy_hdf5.layers(group, arrays, described)
        elif (group := keras_v3.find(file)) is not None:
            kind = WEIGHTS_3
            layers = keras_v3.layers(group, arrays, described)
        else:
            raise hdf5.Refused("it is HDF5, but not as Keras lays out weights")
    if not layers:
        raise hdf5.Refused("there are no arrays in it")
    return kind, layers


def _unpacked(path):
    """What is in a .keras archive: weights (a stream), description."""
    with zipfile.ZipFile(path) as archive:
        members = set(archive.namelist())
        if _IN_ARCHIVE not in members:
            is_torch = any(name.endswith("data.pkl") for name in members)
            what = (
                "PyTorch's, with a Python pickle in it"
                if is_torch
                else (f"without {_IN_ARCHIVE}")
            )
            raise hdf5.Refused(f"it is a zip archive {what}")
        described = ()
        if "config.json" in members:
            config = _member(archive, "config.json", MAX_CONFIG_BYTES)
            described = descriptions.read(config.decode("utf-8", "replace"))
        weights = _member(archive, _IN_ARCHIVE, hdf5.MAX_BYTES)
        return io.BytesIO(weights), described


def _member(archive, name, limit):
    """Bytes of a member; zipfile reads no more of it than it declares."""
    member = archive.getinfo(name)
    if member.file_size > limit:
        raise hdf5.Refused(f"{name} in it declares more than {limit} bytes")
    try:
        limits.check_member(member)
    except limits.TooLarge as reason:
        raise hdf5.Refused(f"{name} in it is {reason}") from None
    return archive.read(name)
