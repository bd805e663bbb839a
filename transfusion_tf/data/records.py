"""Records: a data set directory of TFRecord files that tfds can read.

A version directory holds `<name>-<split>.tfrecord-SSSSS-of-NNNNN`, the two
files of tensorflow_datasets (dataset_info.json, features.json), data_card.json
(see `card`), quarantine.csv (images left out, and why), audit.csv and audit.png
(see `audit`) and, where there is something to note, notes.csv.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Mapping

from transfusion_tf import files, paths
from transfusion_tf.data import tfrecord
from transfusion_tf.data.card import DataCard
from transfusion_tf.data.card import shard_name as shard_name

VERSION = "1.0.0"
CARD = "data_card.json"
QUARANTINE = "quarantine.csv"
NOTES = "notes.csv"
_AGAIN = "Convert the data set again with data_prep/make_tfrecords.py."
_MOST_LOOKED_THROUGH = 1_000_000


@dataclasses.dataclass(frozen=True)
class Records:
    """An opened records directory.

    Attributes:
        root: path of the version directory, see `paths`.
        card: its DataCard.
        fold_ids: {split: frozenset of ids}, where the splits are those of a
            fold (`folds.of_records`) and not those of the files; else None.
    """

    root: pathlib.Path
    card: DataCard
    fold_ids: Mapping[str, frozenset] | None = None

    def ids(self, split):
        """Returns which images of its files are in `split`; None: all."""
        return None if self.fold_ids is None else self.fold_ids[split]

    def shard_paths(self, split):
        """Returns the files of `split` in order; of a fold, all files.

        Raises ValueError for an unknown split, and for a file on a disk that
        is not made of as many records as the card says.
        """
        shards = self._shards(split)
        for shard in shards:
            _check_framing(self.root / shard["file"], shard["examples"])
        return [self.root / shard["file"] for shard in shards]

    def shard_sizes(self, split):
        """Returns how many examples each of the `shard_paths` has."""
        return [shard["examples"] for shard in self._shards(split)]

    def num_examples(self, split):
        """Returns the number of examples in `split`; ValueError if unknown."""
        if self.fold_ids is not None:
            return len(self.fold_ids[split])
        return sum(shard["examples"] for shard in self._shards(split))

    def training_files(self):
        """Returns (examples, bytes) of the files of the training split."""
        shards = self._shards("train")
        examples = sum(shard["examples"] for shard in shards)
        return examples, sum(shard["bytes"] for shard in shards)

    def _shards(self, split):
        if self.fold_ids is not None:
            return [s for shards in self.card.shards.values() for s in shards]
        if split not in self.card.shards:
            raise ValueError(
                f"{self.root} has no split {split!r}; it has "
                f"{', '.join(self.card.shards)}.{self._why_test_alone()}"
            )
        return self.card.shards[split]

    def _why_test_alone(self):
        """A sentence on records of a test split alone, or nothing."""
        if set(self.card.shards) != {"test"}:
            return ""
        return (
            " A test split alone is for networks that were trained on others "
            "(evaluate.py and compare_runs.py take it as --dataset); to train, "
            "convert data that have training images, or leave --splits=test "
            "out."
        )


def open_records(path, *, verify=False):
    """Returns the Records in `path`, a version directory or the one above.

    Checks that every shard is there with its size; with `verify` also reads
    them all and compares checksums.

    Raises:
        FileNotFoundError: `path` holds no records, or a shard is missing.
        ValueError: a shard or the data card is damaged.
    """
    path = paths.path(path)
    with paths.reaching(path):
        root = path if (path / CARD).is_file() else path / VERSION
        is_there = (root / CARD).is_file()
    if not is_there:
        raise FileNotFoundError(
            f"{path} holds no records: there is no {CARD}. Make them with "
            "data_prep/make_tfrecords.py."
        )
    records = Records(root, read_card(root))
    for shards in records.card.shards.values():
        for shard in shards:
            _check_shard(root / shard["file"], shard, verify=verify)
    return records


def read_card(root):
    """Returns the DataCard in the version directory `root`.

    Raises ValueError, which names the file, if it is none.
    """
    path = paths.path(root) / CARD
    value = files.read_json(path)
    try:
        return DataCard.from_json(value)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def find(path):
    """Returns the version directory of whole records in `path`, or None."""
    try:
        return open_records(path).root
    except (FileNotFoundError, ValueError):
        return None


def write_metadata(root, card):
    """Writes the files of tensorflow_datasets, and last the data card.

    Needs the card's shards in `root`. tensorflow_datasets imports TensorFlow
    where it needs it, which is not here: a conversion does without.
    """
    import tensorflow_datasets as tfds

    template = tfds.core.ShardedFileTemplate(
        data_dir=root,
        dataset_name=card.name,
        filetype_suffix="tfrecord",
        template="{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
    )
    split_infos = [
        tfds.core.SplitInfo(
            name=split,
            shard_lengths=[shard["examples"] for shard in shards],
            num_bytes=sum(shard["bytes"] for shard in shards),
            filename_template=template,
        )
        for split, shards in card.shards.items()
    ]
    tfds.folder_dataset.write_metadata(
        data_dir=root,
        features=features(card),
        split_infos=split_infos,
        version=VERSION,
        check_data=False,
    )
    files.write_json(paths.path(root) / CARD, card.to_json())


def features(card):
    """Returns the tfds.features.FeaturesDict of the records of `card`."""
    import numpy as np
    import tensorflow_datasets as tfds

    side = card.image_size
    spec = {
        "image": tfds.features.Image(
            shape=(side, side, card.channels),
            dtype=np.uint16 if card.bit_depth == 16 else np.uint8,
            encoding_format="png" if card.bit_depth == 16 else None,
        ),
        "id": tfds.features.Text(),
    }
    if card.task == "multilabel":
        spec["labels"] = tfds.features.Tensor(
            shape=(len(card.classes),), dtype=np.int64
        )
    else:
        spec["label"] = tfds.features.ClassLabel(names=list(card.classes))
    for key in text_keys(card)[1:]:
        spec[key] = tfds.features.Text()
    return tfds.features.FeaturesDict(spec)


def text_keys(card_or_manifest):
    """Returns the names of the text features of a data card or manifest."""
    patient = ("patient",) if card_or_manifest.has_patients else ()
    return ("id", *patient, *card_or_manifest.extra_columns)


def _check_framing(path, number):
    # A million records take a second, and a file in an object store is not
    # looked through for the sake of its lengths.
    if number <= _MOST_LOOKED_THROUGH and not paths.is_remote(path):
        found = path.stat()
        _framed(path, number, found.st_size, found.st_mtime_ns)


@functools.lru_cache(maxsize=10_000)  # Shards; each validation asks anew.
def _framed(path, number, size, changed):
    """Checks the framing of a file; the arguments show whether it changed."""
    del size, changed
    with path.open("rb") as file:
        offset = tfrecord.first_gap(file, number)
    if offset is not None:
        raise ValueError(
            f"Shard {path} is damaged at byte {offset:,}, up to which there "
            f"are whole records; its data card says {number:,}. {_AGAIN}"
        )


def _check_shard(path, entry, *, verify):
    if not path.is_file():
        raise FileNotFoundError(f"Shard {path} is missing. {_AGAIN}")
    size = paths.size(path)
    if size != entry["bytes"]:
        raise ValueError(
            f"Shard {path} is damaged: it has {size:,} bytes, its data card "
            f"says {entry['bytes']:,}. {_AGAIN}"
        )
    if verify and files.file_sha256(path) != entry["sha256"]:
        raise ValueError(
            f"Shard {path} is damaged: its checksum is another than in its "
            f"data card. {_AGAIN}"
        )
