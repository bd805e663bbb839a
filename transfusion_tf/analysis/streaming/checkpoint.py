"""Sums on disk: an interrupted pass goes on, a finished one is not repeated."""

import dataclasses
import hashlib
import json
import time
import zipfile

import numpy as np
from absl import logging

from transfusion_tf import files
from transfusion_tf.stores import npy

# Of what is stored, and of how it is computed: raise it when either changes, so
# that sums of an older format are gathered again instead of being misread.
FORMAT = 2
# A pass that was interrupted between two saves repeats at most about this long.
SECONDS_BETWEEN_SAVES = 120


@dataclasses.dataclass
class State:
    """How far a pass has come.

    Attributes:
      num_batches: batches that are in it.
      shifts: {name: array}; None before the first batch.
      totals: list over slots of lists over plans of {name: array}.
      finished: whether these are all batches.
    """

    num_batches: int
    shifts: dict | None
    totals: list
    finished: bool = False


class Store:
    """A directory with one .npz a pass.

    Args:
      directory: made when something is saved.
      identity: what the sums are of, JSON-able: weights, images, options.
        Sums of something else are never taken.
    """

    def __init__(self, directory, identity):
        self._directory, self._identity = directory, identity

    def of_pass(self, plans):
        """The SavedPass of one pass.

        A pass is known by what is in it, not by its number: how stages and
        pairs are split depends on the memory of the machine.

        Args:
          plans: StagePlans of the pass.
        """
        text = json.dumps(
            [FORMAT, self._identity, [plan.identity for plan in plans]],
            sort_keys=True,
        )
        digest = hashlib.sha256(text.encode()).hexdigest()
        return SavedPass(self._directory / f"{digest[:32]}.npz", digest)


class SavedPass:
    """The state of one pass in one file.

    Args:
      path: the file.
      digest: what it must be of.
    """

    def __init__(self, path, digest):
        self._path, self._digest = path, digest
        self._saved_at = time.monotonic()
        self._is_announced = False

    def load(self):
        """What `save` wrote, or None where there is none.

        Raises:
          ValueError: the file is damaged.
        """
        if not self._path.is_file():
            return None
        try:
            with zipfile.ZipFile(self._path) as stored:
                if str(npy.read_member(stored, "digest")) != self._digest:
                    return None
                return _state(
                    {
                        key: npy.read_member(stored, key)
                        for key in npy.keys(stored)
                    }
                )
        except npy.NPZ_DAMAGE as error:
            raise ValueError(
                f"{self._path} is damaged; delete it, and the moments are "
                f"gathered again ({files.one_line(error)})."
            ) from None

    def save_if_due(self, state):
        """Saves where the last time is long ago; before that says its size."""
        self._announce(state)
        if time.monotonic() - self._saved_at > SECONDS_BETWEEN_SAVES:
            self.save(state)

    def _announce(self, state):
        """Says once, and before it is written, how large the file will be.

        All slots come to hold what the first has after its first batch.

        Raises:
          OSError: the disk has no room for it.
        """
        of_slots = [
            sum(value.nbytes for sums in plans for value in sums.values())
            for plans in state.totals
        ]
        if self._is_announced or not any(of_slots):
            return
        size = max(of_slots) * len(of_slots)
        logging.warning(
            "The moments of this pass will take %.1f MB in %s.",
            size / 1e6,
            self._path,
        )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        files.require_space(self._path, size + npy.NPZ_OVERHEAD)
        self._is_announced = True

    def save(self, state):
        """Writes a State, whole or not at all."""
        totals = state.totals
        arrays = {
            "digest": np.array(self._digest),
            "num_batches": np.array(state.num_batches),
            "finished": np.array(state.finished),
            "shape": np.array([len(totals), len(totals[0])]),
            **{f"shift/{name}": value for name, value in state.shifts.items()},
            **{
                f"sum/{slot}/{plan}/{name}": value
                for slot, plans in enumerate(totals)
                for plan, sums in enumerate(plans)
                for name, value in sums.items()
            },
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        size = sum(value.nbytes for value in arrays.values())
        files.require_space(self._path, size + npy.NPZ_OVERHEAD)
        with files.atomic_write(self._path) as temporary:
            with temporary.open("wb") as stream:
                np.savez(stream, **arrays)
        self._saved_at = time.monotonic()


def _state(arrays):
    """Returns the State in {name: array}."""
    return State(
        int(arrays["num_batches"]),
        _with_prefix(arrays, "shift/"),
        _nested(_with_prefix(arrays, "sum/"), arrays["shape"]),
        finished=bool(arrays["finished"]),
    )


def _with_prefix(arrays, prefix):
    return {
        name.removeprefix(prefix): value
        for name, value in arrays.items()
        if name.startswith(prefix)
    }


def _nested(sums, shape):
    """{"slot/plan/name": array} -> list over slots of lists over plans."""
    totals = [[{} for _ in range(shape[1])] for _ in range(shape[0])]
    for key, value in sums.items():
        slot, plan, name = key.split("/", 2)
        totals[int(slot)][int(plan)][name] = value
    return totals
