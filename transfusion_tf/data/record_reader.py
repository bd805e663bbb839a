"""The examples of records as they stand in the files, one after the other."""

from google.protobuf.message import DecodeError

from transfusion_tf import paths
from transfusion_tf.data import tfrecord


def examples(opened, split):
    """Yields (file name, offset in it, features) of `split`, in order.

    The features are those of `tfrecord.values`: everything that a record
    holds, also what the data card does not name. Needs memory for one record.

    Args:
        opened: a records.Records.
        split: name of a split.

    Raises:
        ValueError: a shard is damaged.
    """
    for path in opened.shard_paths(split):
        offset, size = 0, paths.size(path)
        with path.open("rb") as file:
            while offset < size:
                record, features = _read(file, offset, path)
                yield path.name, offset, features
                offset += len(record) + tfrecord.FRAMING


def example_at(opened, name, offset):
    """Returns the features at a place that `examples` gave."""
    path = opened.root / name
    with path.open("rb") as file:
        return _read(file, offset, path)[1]


def _read(file, offset, path):
    try:
        record = tfrecord.read_at(file, offset)
        return record, tfrecord.values(record)
    except (ValueError, DecodeError):
        raise ValueError(
            f"Shard {path} is damaged at byte {offset:,}. Convert the data "
            "set again with data_prep/make_tfrecords.py."
        ) from None
