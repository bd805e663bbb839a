"""The examples of records as they stand in the files, one after the other."""

from transfusion_tf import quiet


def examples(opened, split):
    """Yields (file name, place in it, tf.train.Example) of `split`, in order.

    Everything that a record holds is there, also what the data card does not
    name. Needs memory for one record.

    Args:
        opened: a records.Records.
        split: name of a split.

    Raises:
        ValueError: a shard is damaged.
    """
    quiet.start_tensorflow()
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    for path in opened.shard_paths(split):
        try:
            for place, record in enumerate(tf.data.TFRecordDataset(str(path))):
                example = tf.train.Example.FromString(record.numpy())
                yield path.name, place, example
        except (tf.errors.DataLossError, DecodeError):
            raise ValueError(
                f"Shard {path} is damaged. Convert the data set again with "
                "data_prep/make_tfrecords.py."
            ) from None


def example_at(opened, file, place):
    """Returns the tf.train.Example at a place that `examples` has told."""
    quiet.start_tensorflow()
    import tensorflow as tf

    shard = tf.data.TFRecordDataset(str(opened.root / file))
    (record,) = shard.skip(place).take(1)
    return tf.train.Example.FromString(record.numpy())
