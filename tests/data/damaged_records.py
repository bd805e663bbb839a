"""Records whose examples have been changed, with a data card that fits."""

import json
import shutil

from transfusion_tf import files
from transfusion_tf.data import record_reader, records, tfrecord


def rewrite(source, target, change, *, split="val"):
    """Copies records and changes the examples of a split that has one shard.

    Args:
        source: directory of records.
        target: directory that does not exist.
        change: function of the place of an example, and of its features, as
            of `tfrecord.example`, which it changes.
        split: name of the split.

    Returns:
        The opened Records of the copy.
    """
    shutil.copytree(source, target)
    root = records.open_records(target).root
    card = json.loads((root / records.CARD).read_text())
    (entry,) = card["shards"][split]
    path = root / entry["file"]
    changed = []
    for place, (_, _, values) in enumerate(
        record_reader.examples(records.open_records(target), split)
    ):
        features = {
            name: of[0] if isinstance(of[0], bytes) else of
            for name, of in values.items()
        }
        change(place, features)
        changed.append(tfrecord.framed(tfrecord.example(features)))
    path.write_bytes(b"".join(changed))
    entry |= {
        "bytes": path.stat().st_size,
        "sha256": files.file_sha256(path),
    }
    (root / records.CARD).write_text(json.dumps(card))
    return records.open_records(target, verify=True)
