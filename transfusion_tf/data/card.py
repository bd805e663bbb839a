"""The data card: what a records directory holds and how it was made."""

import dataclasses
import math
import re
import typing
from collections.abc import Mapping

from transfusion_tf import checked, names
from transfusion_tf.images import limits

_DIGEST = re.compile("[0-9a-f]+")
_GROUPED_BY = ("patient", "none")
# Fields that only cards of records with further columns have.
OF_EXTRA = ("extra_values", "tells_label")


class ShardEntry(typing.TypedDict):
    """One shard: its file beside the card, and what is in it."""

    file: str
    examples: int
    bytes: int
    sha256: str


class AuditSummary(typing.TypedDict, total=False):
    """What an audit found, see audit.audit; empty where there was none."""

    on_leak: str
    near_duplicates: str
    distance: int
    distance_searched: int
    patients_in_common: Mapping[str, int] | None
    exact_groups: int
    exact_pairs: Mapping[str, int]
    near_pairs: Mapping[str, int]
    near_pairs_by_distance: Mapping[str, int]
    near_pairs_across_by_distance: Mapping[str, int]
    train_images_like_later_ones: int
    label_conflicts: Mapping[str, int]
    leaking: Mapping[str, int]
    dropped: Mapping[str, int]
    near_dropped: Mapping[str, int]
    pairs_listed: int
    pairs_not_listed: int


def shard_name(name, split, index, count):
    """Returns a shard's file name, as tensorflow_datasets expects it."""
    return f"{name}-{split}.tfrecord-{index:05d}-of-{count:05d}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataCard:
    """What a records directory holds and how it was made.

    Attributes:
        name: of the data set.
        task: "multiclass", "multilabel" or "ordinal".
        classes: names of classes (or of labels, multilabel), in order.
        positive: of two classes the one that AUCs take as positive, the
            second; None for other tasks.
        channels: 1 or 3; grey images of a set with colour decode to 3.
        bit_depth: 8 or 16, of all images.
        image_size: side in pixels if all images are that square, else None.
        has_patients: whether every record has its patient.
        counts: {split: {class: images}}; of a label, the images that have it.
        num_examples: {split: images}.
        shards: {split: [{"file", "examples", "bytes", "sha256"}]}, in order.
        splits: {split: how it was made}.
        grouped_by: "patient" or "none": what drawn splits keep together.
        patients_in_common: number of patients in more than one split.
        preprocessing: what was done to the images, and to how many.
        source: kind and checksums of the raw data, and what was chosen of
            them (view, what becomes of uncertain labels, ...).
        quarantined: number of images left out, listed in quarantine.csv.
        fingerprint: SHA-256 over the checksums of all shards.
        configuration: SHA-256 over settings, image hashes and labels: equal
            for conversions that must give the same records.
        extra_columns: further text features.
        extra_values: {column: {value: images}} of these, empty for a column
            with many values; not in the JSON where nothing is carried.
        tells_label: {column: what it says of the label, in words} of those
            columns, see audit.label_columns; likewise.
        patients_in_common_by_pair: {"train-test": number of patients that
            both splits have, ...}; empty where patients are not known.
        images_by_channels: {"1": number of grey images, "3": of others}.
        notes: {note: number of images}, see notes.csv.
        audit: what the audit for leakage found, see audit.Audit.
    """

    name: str
    task: str
    classes: tuple[str, ...]
    channels: int
    bit_depth: int
    image_size: int | None
    has_patients: bool
    counts: Mapping[str, Mapping[str, int]]
    num_examples: Mapping[str, int]
    shards: Mapping[str, list[ShardEntry]]
    splits: Mapping[str, str]
    grouped_by: str
    patients_in_common: int
    preprocessing: Mapping[str, typing.Any]
    source: Mapping[str, typing.Any]
    quarantined: int
    fingerprint: str
    configuration: str
    extra_columns: tuple[str, ...] = ()
    positive: str | None = None
    patients_in_common_by_pair: Mapping[str, int] = dataclasses.field(
        default_factory=dict
    )
    images_by_channels: Mapping[str, int] = dataclasses.field(
        default_factory=dict
    )
    notes: Mapping[str, int] = dataclasses.field(default_factory=dict)
    audit: AuditSummary = dataclasses.field(default_factory=dict)
    extra_values: Mapping[str, Mapping[str, int]] = dataclasses.field(
        default_factory=dict
    )
    tells_label: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        if self.positive is None:  # Also on cards from before it stood there.
            found = positive_class(self.task, self.classes)
            object.__setattr__(self, "positive", found)

    def to_json(self):
        """Returns the card as a dict for JSON."""
        value = dataclasses.asdict(self)
        for key in OF_EXTRA:
            if not value[key]:
                del value[key]
        return value

    @classmethod
    def from_json(cls, value):
        """Returns the card that `to_json` gave; ValueError for another value.

        Types, ranges and names are checked, and that its parts go together, so
        that nothing else has to be prepared for what a card may say.
        """
        try:
            card = checked.dataclass(cls, value)
            _check_kind(card)
            _check_splits(card)
            _check_numbers(card)
        except ValueError as error:
            raise ValueError(
                f"This is not a data card of this version ({error}). Convert "
                "the data set again."
            ) from None
        ordered = ("counts", "num_examples", "shards", "splits")
        return dataclasses.replace(
            card,
            positive=positive_class(card.task, card.classes),
            **{key: _by_split(getattr(card, key)) for key in ordered},
        )


def positive_class(task, classes):
    """Returns the class that counts as positive, or None where none does.

    Args:
        task: one of names.TASKS.
        classes: names of its classes, in order.
    """
    is_binary = task == "multiclass" and len(classes) == 2
    return classes[1] if is_binary else None


def _by_split(value):
    """Returns the dict `value` in the order of splits, which JSON loses."""
    return {split: value[split] for split in names.SPLITS if split in value}


def _check_kind(card):
    """Raises ValueError for a task, classes or images that no set has."""
    _check(card.name, "name", names.DATA_SET.fullmatch(card.name))
    _check(card.task, "task", card.task in names.TASKS)
    is_multilabel = card.task == "multilabel"
    _check(
        list(card.classes),
        "classes",
        len(card.classes) >= (1 if is_multilabel else 2)
        and len(set(card.classes)) == len(card.classes)
        and all(card.classes),
    )
    _check(card.channels, "channels", card.channels in (1, 3))
    _check(card.bit_depth, "bit_depth", card.bit_depth in (8, 16))
    side = card.image_size
    most = math.isqrt(limits.MAX_PIXELS)
    _check(side, "image_size", side is None or 1 <= side <= most)
    _check(card.grouped_by, "grouped_by", card.grouped_by in _GROUPED_BY)
    taken = {"image", "label", "labels", "id", "patient", ""}
    extra = card.extra_columns
    _check(
        list(extra),
        "extra_columns",
        len(set(extra)) == len(extra) and not taken & set(extra),
    )
    for key in OF_EXTRA:
        found = getattr(card, key)
        _check(sorted(found), key, set(found) <= set(extra))


def _check_splits(card):
    """Raises ValueError unless all parts have the same splits and numbers."""
    splits = set(card.shards)
    _check(sorted(splits), "shards", splits and splits <= set(names.SPLITS))
    for key in ("counts", "num_examples", "splits"):
        _check(
            sorted(getattr(card, key)), key, set(getattr(card, key)) == splits
        )
    for split, shards in card.shards.items():
        number, counts = card.num_examples[split], card.counts[split]
        total = sum(entry["examples"] for entry in shards)
        _check(number, f"num_examples.{split}", number == total)
        of_classes = list(counts.values())
        _check(
            counts,
            f"counts.{split}",
            set(counts) == set(card.classes)
            and all(0 <= n <= number for n in of_classes)
            and (card.task == "multilabel" or sum(of_classes) == number),
        )
        for index, entry in enumerate(shards):
            wanted = shard_name(card.name, split, index, len(shards))
            where = f"shards.{split}[{index}]"
            _check(entry["file"], f"{where}.file", entry["file"] == wanted)
            _check(
                entry["examples"], f"{where}.examples", entry["examples"] >= 0
            )
            _check(entry["bytes"], f"{where}.bytes", entry["bytes"] >= 0)
            is_digest = _DIGEST.fullmatch(entry["sha256"])
            _check(entry["sha256"], f"{where}.sha256", is_digest)


def _check_numbers(card):
    """Raises ValueError for counts below zero and digests that are none."""
    for key in ("patients_in_common", "quarantined"):
        _check(getattr(card, key), key, getattr(card, key) >= 0)
    for key in ("patients_in_common_by_pair", "images_by_channels", "notes"):
        found = getattr(card, key)
        _check(found, key, all(n >= 0 for n in found.values()))
    _check(
        card.images_by_channels,
        "images_by_channels",
        set(card.images_by_channels) <= {"1", "3"},
    )
    for key in ("fingerprint", "configuration"):
        value = getattr(card, key)
        _check(value, key, _DIGEST.fullmatch(value))


def _check(value, where, is_right):
    if not is_right:
        raise ValueError(f"{where} cannot be {checked.shown(value)}")
