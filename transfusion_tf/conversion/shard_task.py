"""Writing one shard, the unit of work of a conversion.

`write` and `drop` are pure functions of a store and a picklable task, so that
any engine can map them over tasks. What they import needs neither TensorFlow
nor pandas: a worker process starts quickly and stays small.
"""

import dataclasses
import io
import typing

import numpy as np

from transfusion_tf import files
from transfusion_tf.conversion import quarantine, work_folder
from transfusion_tf.data import ids, tfrecord
from transfusion_tf.images import fingerprints, prepare
from transfusion_tf.stores import archives

# What is known of each image of a shard, so that nothing later on has to
# decode it again; `offset` is the place of its record.
SHARD_INDEX = np.dtype(
    [
        ("id", "S32"),
        ("offset", "<u8"),
        ("pixels", "S32"),  # As of fingerprints.of_pixels.
        ("perceptual", "<u8"),
        ("width", "<u4"),
        ("height", "<u4"),
        ("channels", "u1"),
        ("bit_depth", "u1"),
        ("kept", "?"),
    ]
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """A shard to be written.

    Attributes:
        folder: the work folder.
        digest: of all that the shard depends on.
        file: its final file name.
        rows: dicts with `image`, the `text_keys` and the `label_key`, in the
            order of their ids.
        label_key: see tfrecord.serialize.
        text_keys: see tfrecord.serialize.
        image_options: an ImageOptions.
        earlier: digests of finished shards that may hold some of the images;
            all in a work folder were prepared with the same options.
    """

    folder: work_folder.WorkFolder
    digest: str
    file: str
    rows: list
    label_key: str
    text_keys: tuple[str, ...]
    image_options: prepare.ImageOptions
    earlier: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drop:
    """Records to be left out of a finished shard.

    Attributes:
        folder: the work folder.
        source: digest of the finished shard.
        digest: of the shard without them.
        ids: of the images to leave out.
    """

    folder: work_folder.WorkFolder
    source: str
    digest: str
    ids: frozenset


class _Image(typing.NamedTuple):
    data: bytes
    facts: tuple  # As in SHARD_INDEX from `pixels` on.
    notes: tuple


def write(store, task):
    """Writes the shard of `task`, unless that has been done before.

    Bad images of a shard that is there are tried again: what they need, a
    decoder say, may have been installed.

    Returns a dict for JSON: `entry` of the data card; `bad`, a list of [id,
    reason]; `notes`, a list of [id, note]; `ids`, the first and the last.
    The facts of its images are beside it.
    """
    done = task.folder.finished(task.digest)
    if done and not _retry_would_succeed(store, task, done["bad"]):
        return done
    earlier = _Earlier(task, (*task.earlier, task.digest))
    shard = _Shard(task.folder, task.digest, task.file)

    return shard.write(_new_records(store, task, earlier, shard))


def _new_records(store, task, earlier, shard):
    """Yields the records of a Task, of which `shard` takes note."""
    for row in task.rows:
        try:
            image = earlier.image(row) or _prepared(store, task, row)
        except quarantine.BAD_IMAGE as error:
            shard.bad.append([row["id"], str(error)])
            continue
        record = tfrecord.serialize(
            image.data, row, label_key=task.label_key, text_keys=task.text_keys
        )
        yield shard.add(row["id"], record, image.facts, image.notes)


def drop(store, task):
    """Writes what a Drop leaves of a shard; returns what `write` returns."""
    del store  # Nothing is read or decoded again.
    folder = task.folder
    if done := folder.finished(task.digest):
        return done
    source = folder.finished(task.source)
    shard = _Shard(folder, task.digest, source["entry"]["file"])
    shard.bad = source["bad"]
    return shard.write(_records_left(task, _notes(source), shard))


def _records_left(task, notes, shard):
    """Yields the records that a Drop leaves, of which `shard` takes note."""
    folder = task.folder
    with folder.shard(task.source).open("rb") as file:
        for fact in folder.read_facts(task.source):
            image_id = fact["id"].decode()
            if image_id not in task.ids:
                record = tfrecord.read_at(file, int(fact["offset"]))
                image_notes = notes.get(image_id, ())
                yield shard.add(image_id, record, fact.item()[2:], image_notes)


class _Shard:
    """A shard that is being written, with its facts."""

    def __init__(self, folder, digest, file):
        self._folder, self._digest, self._file = folder, digest, file
        self._facts, self._offset = [], 0
        self.bad, self._notes = [], []

    def add(self, image_id, record, facts, notes):
        """Notes the facts of the next record, and returns it."""
        self._facts.append((image_id.encode(), self._offset, *facts))
        self._notes += [[image_id, note] for note in notes]
        self._offset += len(record) + tfrecord.FRAMING
        return record

    def write(self, examples):
        """Writes the file of records, then the facts, last the commit marker.

        A repaired shard is longer than before, so that its old commit marker
        does not hold until it is replaced, too.
        """
        folder, digest = self._folder, self._digest
        entry = tfrecord.write_shard(folder.shard(digest), examples)
        facts = np.array(self._facts, SHARD_INDEX)
        stream = io.BytesIO()
        np.save(stream, facts)
        array = stream.getvalue()
        done = {
            "entry": {**entry, "file": self._file},
            "facts_bytes": len(array),
            "bad": self.bad,
            "notes": self._notes,
            "ids": [facts["id"][i].decode() for i in (0, -1) if len(facts)],
        }
        files.write_bytes(folder.facts(digest), array, flushed=False)
        with files.naming_failures(folder.done(digest)):
            files.write_json(folder.done(digest), done, flushed=False)
        return done


class _Earlier:
    """Prepared images in finished shards, by what their raw bytes are."""

    def __init__(self, task, digests):
        wanted = {ids.hash_of(row["id"]) for row in task.rows}
        self._places = {}
        for digest in digests:
            if done := task.folder.finished(digest):
                shard, notes = task.folder.shard(digest), _notes(done)
                for fact in task.folder.read_facts(digest):
                    image_id = fact["id"].decode()
                    if (content := ids.hash_of(image_id)) in wanted:
                        place = shard, fact, notes.get(image_id, ())
                        self._places[content] = place

    def image(self, row):
        """Returns the _Image of a row, or None where it is not here."""
        place = self._places.get(ids.hash_of(row["id"]))
        if not place:
            return None
        path, fact, notes = place
        try:
            with path.open("rb") as file:
                record = tfrecord.read_at(file, int(fact["offset"]))
        except (OSError, ValueError):
            return None  # Damaged: it is made anew.
        data = tfrecord.features(record)["image"]
        return _Image(data, fact.item()[2:], notes)


def _prepared(store, task, row):
    """Returns the _Image of a row from the raw data."""
    raw = archives.read(store, row["image"])
    image = prepare.prepare(raw, task.image_options)
    pixels, perceptual = fingerprints.of_pixels(image.decoded)
    facts = (
        pixels.encode(),
        perceptual,
        image.width,
        image.height,
        image.channels,
        image.bit_depth,
        image.kept,
    )
    return _Image(image.data, facts, image.notes)


def _retry_would_succeed(store, task, bad):
    """Whether one of the `bad` images of a shard can be used by now."""
    bad_ids = {image_id for image_id, _ in bad}
    for row in task.rows:
        if row["id"] in bad_ids:
            try:
                _prepared(store, task, row)
            except quarantine.BAD_IMAGE:
                continue
            return True
    return False


def _notes(done):
    """Returns {id: notes} of a shard from its commit marker."""
    found = {}
    for image_id, note in done["notes"]:
        found.setdefault(image_id, []).append(note)
    return found
