"""The hidden folder in which a conversion keeps its finished shards.

A shard is known by a digest of all that it depends on, so what is finished is
found again by any conversion that needs the same shard: after an interruption
and after some images have been repaired.
"""

import contextlib
import dataclasses
import io
import os
import pathlib
import typing

import numpy as np

from transfusion_tf import checked, files, paths
from transfusion_tf.data import records
from transfusion_tf.data.card import ShardEntry

_TRIAL = ".trial"
_LOCK = ".lock"


class Finished(typing.TypedDict):
    """The commit marker of a shard, see shard_task.write."""

    entry: ShardEntry
    facts_bytes: int
    bad: list[list[str]]
    notes: list[list[str]]
    ids: list[str]


@dataclasses.dataclass(frozen=True)
class WorkFolder:
    """Paths in a work folder, and what is finished there.

    Files: `<digest>.tfrecord`, a shard; `<digest>.npy`, the facts of its
    images; `<digest>.json`, written last, commits both; `ready`, what
    will become the version directory. `root` is a path, see `paths`.
    """

    root: os.PathLike

    def shard(self, digest):
        """The path of a shard."""
        return self.root / f"{digest}.tfrecord"

    def facts(self, digest):
        """The path of the facts of a shard's images."""
        return self.root / f"{digest}.npy"

    def done(self, digest):
        """The path of a shard's commit marker, a JSON file."""
        return self.root / f"{digest}.json"

    def read_facts(self, digest):
        """Returns the facts of a shard's images."""
        return np.load(io.BytesIO(self.facts(digest).read_bytes()))

    @property
    def ready(self):
        """The folder in which the version directory is put together."""
        return self.root / "ready"

    def finished(self, digest):
        """Returns the Finished of a shard, or None where it is not whole."""
        done = self._said(self.done(digest))
        if not done:
            return None
        # After a power failure a file may be there, and its content not.
        with contextlib.suppress(FileNotFoundError):
            is_whole = (
                paths.size(self.shard(digest)) == done["entry"]["bytes"]
                and paths.size(self.facts(digest)) == done["facts_bytes"]
            )
            return done if is_whole else None

    def all_finished(self):
        """Returns {digest: what its JSON file says} of finished shards."""
        digests = [path.stem for path in sorted(self.root.glob("*.json"))]
        found = {digest: self.finished(digest) for digest in digests}
        return {digest: done for digest, done in found.items() if done}

    def restore(self):
        """Empties `ready`; brings back shards that were being published."""
        self.root.mkdir(parents=True, exist_ok=True)
        for path in self.root.glob("*.json"):
            entry = (self._said(path) or {"entry": {"file": ""}})["entry"]
            place = self.ready / entry["file"]
            # A shard and what a drop has left of it are called alike.
            if place.is_file() and paths.size(place) == entry["bytes"]:
                place.replace(self.shard(path.stem))
        paths.remove_tree(self.ready)
        self.ready.mkdir()

    def keep_only(self, digests):
        """Removes all other shards, and what killed processes have left."""
        for path in self.root.iterdir():
            if path.is_file() and path.stem not in digests:
                path.unlink()

    def assemble(self, names):
        """Moves shards to `ready`; `names` is {digest: final file name}."""
        for digest, name in names.items():
            files.flush(self.shard(digest))
            self.shard(digest).replace(self.ready / name)

    def publish(self, root):
        """Gives `ready` its name `root`, whose place it takes if need be.

        In an object store, which renames no directories, its files are copied
        one by one, the data card last: without it they are no records. An
        interruption leaves `ready` whole.
        """
        if paths.is_remote(root):
            self._publish_by_copies(root)
            return
        files.flush(self.ready)
        if root.exists():
            root.replace(self.root / "replaced")
        self.ready.replace(root)
        files.flush(root.parent)

    def _publish_by_copies(self, root):
        (root / records.CARD).unlink(missing_ok=True)
        paths.remove_tree(root)
        names = sorted(path.name for path in self.ready.iterdir())
        names.remove(records.CARD)
        for name in (*names, records.CARD):
            (self.ready / name).copy(root / name)

    @staticmethod
    def _said(path):
        """Returns the Finished in a file, or None if it is damaged."""
        try:
            done = files.read_json(path)
            if isinstance(done, dict):  # What other releases add is left out.
                keys = Finished.__annotations__
                done = {key: done[key] for key in keys if key in done}
            done = checked.checked(Finished, done, "it")
        except (FileNotFoundError, ValueError):
            return None
        is_name = pathlib.PurePath(done["entry"]["file"]).name
        pairs = [*done["bad"], *done["notes"]]
        is_right = is_name == done["entry"]["file"] and is_name != ""
        return done if is_right and all(len(p) == 2 for p in pairs) else None


def is_published(root):
    """Whether `root` is there, and not what a broken publication has left."""
    if paths.is_remote(root):
        return (root / records.CARD).exists()
    return root.exists()


def require_records(root):
    """Raises ValueError where `root` has files that no conversion has made.

    In an object store it may be what a broken publication has left.
    """
    if paths.is_remote(root) or not root.exists() or not any(root.iterdir()):
        return
    if not (root / records.CARD).is_file():
        raise ValueError(
            f"{root} has files in it but no {records.CARD}: it was not made "
            "here, and is not replaced. Give another --output_dir."
        )


@contextlib.contextmanager
def output_folder(path):
    """Makes and holds the folder `path`; removes it if nothing comes into it.

    Object stores have no locks: there it is for the user to see that one
    conversion at a time writes to a folder.

    Raises:
        OSError: it cannot be written.
        ValueError: another conversion holds it.
    """
    path = paths.path(path)
    if paths.is_remote(path):
        with paths.reaching(path):
            files.write_text(path / _TRIAL, "")  # Before hours of work.
            (path / _TRIAL).unlink()
        yield
        return
    path.mkdir(parents=True, exist_ok=True)
    busy = (
        f"Another conversion is writing to {path}; wait for its end, or give "
        "another --output_dir."
    )
    try:
        # That the lock can be written shows, before hours of work, that
        # anything can.
        with files.locked(path / _LOCK, busy):
            yield
    finally:
        with contextlib.suppress(OSError):
            path.rmdir()
