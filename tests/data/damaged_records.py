"""Records whose examples have been changed, with a data card that fits."""

import json
import shutil

from transfusion_tf import files
from transfusion_tf.data import records


def rewrite(source, target, change, *, split="val"):
    """Copies records and changes the examples of a split that has one shard.

    Args:
        source: directory of records.
        target: directory that does not exist.
        change: function of the place of a tf.train.Example, and of it.
        split: name of the split.

    Returns:
        The opened Records of the copy.
    """
    import tensorflow as tf

    shutil.copytree(source, target)
    root = records.open_records(target).root
    card = json.loads((root / records.CARD).read_text())
    (entry,) = card["shards"][split]
    path = root / entry["file"]
    examples = [
        tf.train.Example.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(path))
    ]
    with tf.io.TFRecordWriter(str(path)) as writer:
        for place, example in enumerate(examples):
            change(place, example)
            writer.write(example.SerializeToString())
    entry |= {
        "bytes": path.stat().st_size,
        "sha256": files.file_sha256(path),
    }
    (root / records.CARD).write_text(json.dumps(card))
    return records.open_records(target, verify=True)
