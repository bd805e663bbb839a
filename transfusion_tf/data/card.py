"""The data card: what a records directory holds and how it was made."""

import collections.abc
import dataclasses

from transfusion_tf import names


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
    counts: collections.abc.Mapping
    num_examples: collections.abc.Mapping
    shards: collections.abc.Mapping
    splits: collections.abc.Mapping
    grouped_by: str
    patients_in_common: int
    preprocessing: collections.abc.Mapping
    source: collections.abc.Mapping
    quarantined: int
    fingerprint: str
    configuration: str
    extra_columns: tuple[str, ...] = ()
    positive: str | None = None
    patients_in_common_by_pair: collections.abc.Mapping = dataclasses.field(
        default_factory=dict
    )
    images_by_channels: collections.abc.Mapping = dataclasses.field(
        default_factory=dict
    )
    notes: collections.abc.Mapping = dataclasses.field(default_factory=dict)
    audit: collections.abc.Mapping = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        if self.positive is None:  # Also on cards from before it stood there.
            found = positive_class(self.task, self.classes)
            object.__setattr__(self, "positive", found)

    def to_json(self):
        """Returns the card as a dict for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value):
        """Returns the card that `to_json` gave; ValueError for another dict."""
        try:
            card = cls(**value)
            return dataclasses.replace(
                card,
                classes=tuple(card.classes),
                extra_columns=tuple(card.extra_columns),
                **{
                    key: _by_split(value[key])
                    for key in ("counts", "num_examples", "shards", "splits")
                },
            )
        except (TypeError, KeyError) as error:
            raise ValueError(
                f"This is not a data card of this version ({error}). Convert "
                "the data set again."
            ) from None


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
