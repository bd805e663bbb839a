"""Looks for identities in a records directory: in every record and file.

Of images only the metadata are searched, that is all segments, chunks and
bytes that are not the image. Compressed image data are like random bytes and
would give nothing but false alarms; what is burned into the pixels is not
found.
"""

import collections
import csv
import dataclasses
import itertools

from transfusion_tf import files
from transfusion_tf.audit import audit, phi
from transfusion_tf.data import record_reader, records
from transfusion_tf.images import metadata

COLUMNS = ("file", "feature", "record", "kind", "text")
# Beside those of phi.KINDS: a feature that the data card does not name; an
# `id` or a patient that is not opaque; metadata of an image that should have
# gone; an image that is neither JPEG nor PNG.
OWN_KINDS = ("feature", "not opaque", "metadata", "not an image")
MOST = 100_000  # Rows that are kept; all findings are counted.
_OUR_FILES = (
    records.CARD,
    records.QUARANTINE,
    records.NOTES,
    audit.TABLE,
    audit.SHEET,
)
# What else a records directory has, written by tensorflow_datasets.
_SIZES = "dataset_info.json"  # Has sizes in bytes as text.
_OTHER_FILES = (_SIZES, "features.json", "label.labels.txt")


@dataclasses.dataclass
class Scan:
    """Findings of a scan.

    Attributes:
        rows: list of dicts of COLUMNS, at most MOST, in the order of the
            records. `text` is masked: see `phi.mask`.
        counts: Counter of (feature or file, kind).
        num_records: records that were searched.
    """

    rows: list = dataclasses.field(default_factory=list)
    counts: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    num_records: int = 0

    def add(self, file, feature, record, kind, text):
        """Counts a finding and keeps it while there is room."""
        self.counts[feature or file, kind] += 1
        if len(self.rows) < MOST:
            values = (file, feature, record, kind, text)
            self.rows.append(dict(zip(COLUMNS, values, strict=True)))


def scan(opened, *, on_record=lambda: None):
    """Returns the Scan of a records directory.

    Args:
        opened: a records.Records.
        on_record: called after every record.

    Raises:
        ValueError: a shard or file is damaged.
    """
    found = Scan()
    for split in opened.card.shards:
        for file, _, features in record_reader.examples(opened, split):
            _scan_example(found, file, features, opened.card)
            found.num_records += 1
            on_record()
    shards = {s["file"] for of in opened.card.shards.values() for s in of}
    for path in sorted(opened.root.rglob("*")):
        if path.is_file() and path.name not in shards:
            _scan_file(found, path, opened)
    return found


def _scan_example(found, file, features, card):
    text_keys = set(records.text_keys(card))
    known = {*text_keys, "image", "label", "labels"}
    opaque = text_keys - set(card.extra_columns)
    record = _record_name(features)
    for name in sorted(features):
        shown = name if name in known else phi.mask(name)
        if name not in known:
            found.add(file, shown, record, "feature", phi.mask(name))
        for value in features[name]:
            if isinstance(value, bytes):
                findings = _in_value(name, value, is_opaque=name in opaque)
                for kind, text in findings:
                    found.add(file, shown, record, kind, text)


def _record_name(features):
    """Returns the id of a record; only its form where that tells something."""
    name = b"".join(features.get("id", ())).decode("utf-8", "replace")
    return name if phi.is_opaque(name) else phi.mask(name)


def _in_value(name, value, *, is_opaque):
    """Yields (kind, masked text) for one value of a feature.

    `is_opaque`: the project makes its values, which tell nothing.
    """
    if name == "image":
        yield from in_image(value)
        return
    if is_opaque:
        text = value.decode("utf-8", "replace")
        if phi.is_opaque(text):
            return
        yield "not opaque", phi.mask(text)
    yield from _in_bytes(value)


def in_image(data):
    """Yields (kind, masked text) for the metadata of an encoded image."""
    try:
        parts = metadata.metadata(data)
    except ValueError:
        yield "not an image", f"{len(data):,} bytes"
        yield from _in_bytes(data)
        return
    for name, content, stays in parts:
        if stays:
            continue  # A few numbers that the project writes.
        yield "metadata", f"{name}, {len(content):,} bytes"
        for part in (content, phi.inflated(content)):
            yield from _in_bytes(part)


def _in_bytes(data):
    for text in phi.texts(data):
        yield from phi.find(text)


def _scan_file(found, path, opened):
    """Searches a file beside the shards, and its name if it is not ours."""
    name = path.relative_to(opened.root).as_posix()
    is_ours = name in (*_OUR_FILES, *_OTHER_FILES)
    if not is_ours:
        found.add(phi.mask(name), "", "", "feature", phi.mask(name))
    for place, text in _values(path, name):
        # Names of classes are searched in one place of the many.
        is_class = text in opened.card.classes and place != "classes"
        is_size = name == _SIZES and text.isdigit()
        if is_class or is_size or phi.is_opaque(text):
            continue
        shown = (name, place) if is_ours else (phi.mask(name), phi.mask(place))
        for kind, masked in phi.find(text):
            found.add(*shown, "", kind, masked)


def _values(path, name):
    """Yields (place, text) for all text in a file."""
    try:
        if path.suffix == ".json":
            yield from _json_values(files.read_json(path), "")
        elif path.suffix == ".csv":
            yield from _csv_values(path)
        elif name == audit.SHEET:
            for chunk, content, _ in metadata.metadata(path.read_bytes()):
                yield from ((chunk, text) for text in phi.texts(content))
        else:
            yield from (("", text) for text in phi.texts(path.read_bytes()))
    except (ValueError, RecursionError, csv.Error) as error:
        raise ValueError(
            f"{path} is damaged ({type(error).__name__}). Convert the data "
            "set again with data_prep/make_tfrecords.py."
        ) from None


def _json_values(value, place):
    """Yields the strings of a JSON value, and the keys of its objects."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for item in value:
            yield from _json_values(item, place)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield place, key
            yield from _json_values(item, place or key)


def _csv_values(path):
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        yield from (("header", text) for text in header)
        for row in rows:
            yield from itertools.zip_longest(header, row, fillvalue="")
