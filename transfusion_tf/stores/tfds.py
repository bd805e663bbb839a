"""Images in the TFRecord files of tensorflow_datasets, as they are encoded.

Read by their place in the files, without TensorFlow, so that any process can
read any image alone.
"""

import dataclasses
import pathlib

import numpy as np
from google.protobuf.message import DecodeError

from transfusion_tf.data import tfrecord
from transfusion_tf.stores import archives


def scan(path, keys):
    """Yields (offset, features) of each record in a TFRecord file.

    The features are {key: bytes, or list of int} of those `keys` that the
    record has. Reads one record at a time. Raises ValueError if the file is
    damaged or cut off.
    """
    path = pathlib.Path(path)
    size, offset = path.stat().st_size, 0
    with open(path, "rb") as file:
        while offset < size:
            try:
                record = tfrecord.read_at(file, offset)
                found = _features(record, keys)
            except ValueError as error:
                raise ValueError(f"{path} is damaged. {error}") from None
            yield offset, found
            offset += len(record) + tfrecord.FRAMING


@dataclasses.dataclass(frozen=True)
class TfdsStore:
    """The images of all splits; a name is `<split>/<index>`.

    Attributes:
        files: {split: paths of its TFRecord files}.
        file_of: {split: int array (N,), which of the files has an image}.
        offset_of: {split: int array (N,), where its record starts in it}.
        feature: name of the feature that holds the image, encoded.
    """

    files: dict[str, list[str]]
    file_of: dict[str, np.ndarray]
    offset_of: dict[str, np.ndarray]
    feature: str

    def read(self, name):
        """Returns the bytes of the image `name`; ReadError if damaged."""
        split, _, index = name.rpartition("/")
        number = int(index)
        path = self.files[split][self.file_of[split][number]]
        offset = int(self.offset_of[split][number])
        with open(path, "rb") as file:
            try:
                record = tfrecord.read_at(file, offset)
            except ValueError as error:
                raise archives.ReadError(str(error)) from None
        return _features(record, (self.feature,))[self.feature]


def _features(record, keys):
    # Its message class has all kinds of features, and needs no TensorFlow.
    from tensorflow_datasets.proto import tf_example_pb2

    try:
        found = tf_example_pb2.Example.FromString(record).features.feature
    except DecodeError:
        raise ValueError(
            "There is a record that is no tf.train.Example."
        ) from (None)
    return {key: _value(found[key]) for key in keys if key in found}


def _value(feature):
    if feature.HasField("bytes_list"):
        return b"".join(feature.bytes_list.value[:1])
    return list(feature.int64_list.value)
