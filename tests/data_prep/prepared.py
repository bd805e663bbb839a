"""Small data sets as tensorflow_datasets prepares them, without TensorFlow."""

import io

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image
from tensorflow_datasets.proto import tf_example_pb2

from data_prep import sources
from transfusion_tf.data import tfrecord

CODES = ("uncertain", "positive", "negative", "unmentioned")


def png(value):
    """A grey PNG file of 4 x 4 pixels of one value."""
    buffer = io.BytesIO()
    Image.new("L", (4, 4), value).save(buffer, "PNG")
    return buffer.getvalue()


def serialized(example):
    """A tf.train.Example of {key: bytes, text, int or list of int or float}."""
    message = tf_example_pb2.Example()
    for key, value in example.items():
        feature = message.features.feature[key]
        values = value if isinstance(value, list) else [value]
        if isinstance(value, bytes | str):
            text = value.encode() if isinstance(value, str) else value
            feature.bytes_list.value.append(text)
        elif all(isinstance(v, int) for v in values):
            feature.int64_list.value.extend(values)
        else:
            feature.float_list.value.extend(values)
    return message.SerializeToString()


def write(folder, name, features, splits, *, per_file=5):
    """Writes {split: [example]} below `folder`; returns the version directory.

    `features` as of a FeaturesDict; files have `per_file` examples at most.
    """
    root = folder / name / "1.0.0"
    root.mkdir(parents=True)
    infos = []
    for split, examples in splits.items():
        starts = range(0, len(examples), per_file)
        parts = [examples[i : i + per_file] for i in starts]
        for number, part in enumerate(parts):
            file = f"{name}-{split}.tfrecord-{number:05d}-of-{len(parts):05d}"
            data = b"".join(tfrecord.framed(serialized(e)) for e in part)
            (root / file).write_bytes(data)
        infos.append(
            tfds.core.SplitInfo(
                name=split,
                shard_lengths=[len(part) for part in parts],
                num_bytes=0,
                filename_template=tfds.core.ShardedFileTemplate(
                    data_dir=root,
                    dataset_name=name,
                    filetype_suffix="tfrecord",
                ),
            )
        )
    tfds.folder_dataset.write_metadata(
        data_dir=root,
        features=tfds.features.FeaturesDict(features),
        split_infos=infos,
        version="1.0.0",
        check_data=False,
    )
    return root


def make_prepared(folder, *, name="tiny", splits=None):
    """Examples with every kind of label, three images a patient."""
    features = {
        "name": tfds.features.Text(),
        "image": tfds.features.Image(shape=(4, 4, 1)),
        "label": tfds.features.ClassLabel(names=["b", "a"]),
        "grade": tfds.features.ClassLabel(num_classes=3),
        "codes": tfds.features.Sequence(
            tfds.features.ClassLabel(names=list(CODES))
        ),
        "listed": tfds.features.Sequence(
            tfds.features.ClassLabel(names=["x", "y", "z"])
        ),
        "values": tfds.features.Tensor(shape=(2,), dtype=np.int64),
        "flags": tfds.features.Tensor(shape=(2,), dtype=np.bool_),
        "age": tfds.features.Scalar(dtype=np.float32),
        "visit": tfds.features.Scalar(dtype=np.int64),
        "notes": tfds.features.Sequence(tfds.features.Text()),
    }
    value, examples = 0, {}
    for split, number in (splits or {"train": 12, "test": 6}).items():
        examples[split] = []
        for i in range(number):
            value += 1
            examples[split].append(
                {
                    "name": f"set/p{value // 3:02d}/v{value}.png",
                    "image": png(value),
                    "label": i % 2,
                    "grade": i % 3,
                    "codes": [i % 4, (i + 1) % 4],
                    "listed": [0, 2] if i % 2 else [],
                    "values": [i % 3 - 1, 1],
                    "flags": [i % 2, 1],
                    "age": [40.5],
                    "visit": value // 2,
                    "notes": [],
                }
            )
    return write(folder, name, features, examples)


def read(**options):
    """The checked Manifest of such a data set."""
    manifest = sources.get("tfds")(**options)
    manifest.check()
    return manifest
