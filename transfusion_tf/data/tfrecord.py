"""TFRecord files and tf.train.Example without TensorFlow.

Worker processes write records with this: to import TensorFlow would cost each
of them seconds and some 500 MB. A file is a sequence of records, each framed
as
  length (uint64), checksum of the length, the record, checksum of the record
in little-endian order, with masked CRC-32C checksums (uint32); see
tensorflow/core/lib/io/record_writer.h and, for the message,
tensorflow/core/example/feature.proto.
"""

import functools
import hashlib
import io
import struct

import google_crc32c
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
)

from transfusion_tf import files, paths

FRAMING = 16  # Bytes around each record.
_LONG = 2**20

_MASK = 0xA282EAD8  # masked_crc32c in tensorflow/core/lib/hash/crc32c.h.
# What records use of example.proto and feature.proto, as a FileDescriptorProto.
# In proto3 lists of numbers are packed, which feature.proto asks for.
_EXAMPLE = """
name: "transfusion_tf/example.proto" package: "tensorflow" syntax: "proto3"
message_type { name: "BytesList"
  field { name: "value" number: 1 type: TYPE_BYTES label: LABEL_REPEATED } }
message_type { name: "Int64List"
  field { name: "value" number: 1 type: TYPE_INT64 label: LABEL_REPEATED } }
message_type { name: "Feature" oneof_decl { name: "kind" }
  field { name: "bytes_list" number: 1 type: TYPE_MESSAGE label: LABEL_OPTIONAL
    type_name: ".tensorflow.BytesList" oneof_index: 0 }
  field { name: "int64_list" number: 3 type: TYPE_MESSAGE label: LABEL_OPTIONAL
    type_name: ".tensorflow.Int64List" oneof_index: 0 } }
message_type { name: "Features"
  field { name: "feature" number: 1 type: TYPE_MESSAGE label: LABEL_REPEATED
    type_name: ".tensorflow.Features.FeatureEntry" }
  nested_type { name: "FeatureEntry" options { map_entry: true }
    field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type: TYPE_MESSAGE label: LABEL_OPTIONAL
      type_name: ".tensorflow.Feature" } } }
message_type { name: "Example"
  field { name: "features" number: 1 type: TYPE_MESSAGE label: LABEL_OPTIONAL
    type_name: ".tensorflow.Features" } }
"""


def write_shard(path, records):
    """Writes serialized `records` (an iterable) as one shard, atomically.

    It is not flushed to the disk yet (see files.flush): until all shards are
    there, one that is lost is written again.

    Returns the shard's entry in the data card: file, examples, bytes, sha256.
    Raises OSError when the disk is full or not writable.
    """
    path, sha256, count, size = paths.path(path), hashlib.sha256(), 0, 0
    with (
        files.naming_failures(path),
        files.atomic_write(path, flushed=False) as temporary,
        temporary.open("wb") as file,
    ):
        for record in records:
            frame = framed(record)
            file.write(frame)
            sha256.update(frame)
            count, size = count + 1, size + len(frame)
    return {
        "file": path.name,
        "examples": count,
        "bytes": size,
        "sha256": sha256.hexdigest(),
    }


def framed(record):
    """Returns the bytes that `record` (bytes) takes in a file."""
    length = struct.pack("<Q", len(record))
    return length + _checksum(length) + record + _checksum(record)


def read_at(file, offset):
    """Returns the record that starts at `offset` of an open binary file.

    Raises ValueError where there is no whole record.
    """
    length = _length_at(file, offset)
    if length is not None:
        record, checksum = file.read(length), file.read(4)
        if len(record) == length and _checksum(record) == checksum:
            return record
    raise ValueError(f"There is no whole record at byte {offset:,}.")


def first_gap(file, number):
    """Returns where an open binary file stops being `number` whole records.

    None where it is that and nothing else. Only the lengths are looked at:
    TensorFlow makes room for a record of any length before it reads it, and
    ends the process where there is none.
    """
    offset, end = 0, file.seek(0, io.SEEK_END)
    for _ in range(number):
        length = _length_at(file, offset)
        if length is None or offset + length + FRAMING > end:
            return offset
        offset += length + FRAMING
    return None if offset == end else offset


def _length_at(file, offset):
    """Returns the length of the record at `offset`, or None without a whole.

    The file is then at the beginning of what the record holds.
    """
    file.seek(offset)
    head = file.read(12)
    if len(head) < 12 or _checksum(head[:8]) != head[8:]:
        return None
    (length,) = struct.unpack("<Q", head[:8])
    # Python, too, would make room first. The end is a long way for a file in
    # an object store, and only looked for where it matters.
    if length > _LONG:
        end = file.seek(0, io.SEEK_END)
        if offset + length + FRAMING > end:
            return None
        file.seek(offset + 12)
    return length


def example(features):
    """Returns a serialized tf.train.Example; equal input gives equal bytes.

    Args:
        features: {name: bytes or a sequence of int}.
    """
    message = _example_class()()
    for name, value in features.items():
        feature = message.features.feature[name]
        if isinstance(value, bytes):
            feature.bytes_list.value.append(value)
        else:
            feature.int64_list.value.extend(value)
    return message.SerializeToString(deterministic=True)


def serialize(image, row, *, label_key, text_keys):
    """Returns one record: a serialized tf.train.Example, deterministic.

    Args:
        image: JPEG or PNG bytes.
        row: mapping with `label_key` (int or sequence of int) and `text_keys`.
        label_key: "label" or "labels".
        text_keys: names of features of text: "id", "patient", ...
    """
    label = row[label_key]
    return example(
        {
            "image": image,
            label_key: [label] if label_key == "label" else label,
            **{key: str(row[key]).encode() for key in text_keys},
        }
    )


def features(record):
    """Returns what `example` was given for the serialized `record`."""
    return {
        name: of[0] if of and isinstance(of[0], bytes) else of
        for name, of in values(record).items()
    }


def values(record):
    """Returns {name: list of all values, bytes or int} of any record.

    Features of other kinds (floats, or none at all) have no values here.
    """
    message = _example_class().FromString(record)
    return {
        name: [*feature.bytes_list.value, *feature.int64_list.value]
        for name, feature in message.features.feature.items()
    }


def _checksum(data):
    crc = google_crc32c.value(data)
    rotated = crc >> 15 | crc << 17 & 0xFFFFFFFF
    return struct.pack("<I", rotated + _MASK & 0xFFFFFFFF)


@functools.cache
def _example_class():
    """The message class, in a pool of its own beside that of TensorFlow."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(_EXAMPLE, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName("tensorflow.Example")
    )
