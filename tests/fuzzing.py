"""Damaged files by the thousand, and what readers may do with them.

Shared by a test of some hundred of each kind and a benchmark of ten thousand.
A case is a function of its seed and number.
"""

import collections
import contextlib
import pathlib
import re
import resource
import signal
import tempfile

import numpy as np

from tests import fuzz_changes, fuzz_originals, fuzz_readers
from tests.fuzz_originals import originals

SECONDS = 10  # A case may take; most take milliseconds.
BYTES = 2**30  # It may allocate, beyond what the process has.


class Hang(BaseException):
    """A case took longer than SECONDS; no reader may catch it."""


# What is changed by name rather than bit by bit; what must stay JSON, for its
# reader to make something of it, is changed in no other way.
CHANGES = {
    "TIFF tags": fuzz_changes.tiff_tags,
    "DICOM headers": fuzz_changes.dicom_header,
    "tar": fuzz_changes.tar_members,
    "HDF5": fuzz_changes.hdf5_links,
    "data card": fuzz_changes.json_values,
    "work folder": fuzz_changes.json_values,
    "folders": fuzz_changes.layout,
}
_ONLY_BY_NAME = ("folders",)


def mutated(raw, rng):
    """Returns `raw` cut off, or with some bits turned over, or both."""
    data = bytearray(raw)
    if rng.random() < 0.3:
        del data[rng.integers(len(data)) :]
    if data and (len(data) == len(raw) or rng.random() < 0.3):
        # Headers are short and decide most: half of the cases keep to them.
        reach = len(data) if rng.random() < 0.5 else min(len(data), 700)
        for place in rng.integers(reach, size=rng.integers(1, 9)):
            data[place] ^= 1 << int(rng.integers(8))
    return bytes(data)


def cases(count, *, seed, kinds=None):
    """Yields (kind, bytes, number) of `count` damaged files of `kinds`."""
    files = originals()
    kinds = list(kinds or files)
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind = kinds[number % len(kinds)]
        originals_of = files[kind]
        raw = originals_of[rng.integers(len(originals_of))]
        if kind in CHANGES:
            raw = CHANGES[kind](raw, rng)
        if kind not in _ONLY_BY_NAME and (
            kind not in CHANGES or rng.random() < 0.5
        ):
            raw = mutated(raw, rng)
        yield kind, raw, number


def outcome(kind, raw, number, folder, limit=BYTES):
    """Returns "converted" or the class of the reason for a refusal.

    Any exception but ValueError and OSError of one line is let through, and so
    is Hang.
    """
    of_files = {
        "npz": fuzz_readers.read_npz,
        "zip": fuzz_readers.read_zip,
        "CSV": fuzz_readers.read_csv,
        "tar": fuzz_readers.read_tar,
        "HDF5": fuzz_readers.read_hdf5,
    }
    of_folders = {
        "data card": (fuzz_readers.read_card, fuzz_originals.make_records),
        "work folder": (
            fuzz_readers.read_work_folder,
            fuzz_originals.make_work_folder,
        ),
        "folders": (fuzz_readers.read_layout, None),
        "XML": (fuzz_readers.read_xml, None),
    }
    try:
        if kind in of_files:
            path = folder / f"damaged.{kind.lower()}"
            path.write_bytes(raw)
            with limited(limit):
                of_files[kind](path)
        elif kind in of_folders:
            reader, make = of_folders[kind]
            with tempfile.TemporaryDirectory(dir=folder) as place:
                root = pathlib.Path(place)
                if make:
                    make(root)
                with limited(limit):
                    reader(root, raw)
        else:
            with limited(limit):
                fuzz_readers.read_image(raw, number)
    except (ValueError, OSError) as error:
        text = str(error.strerror if isinstance(error, OSError) else error)
        if "\n" in text or len(text) > 500:
            raise AssertionError(f"not one line: {text!r}") from error
        return reason_class(text)
    return "converted"


def read_originals(folder, kinds=None):
    """Reads every whole file; AssertionError for one that is refused."""
    files_of = originals()
    for kind in kinds or files_of:
        for raw in files_of[kind]:
            found = outcome(kind, raw, 2, folder, limit=64 * BYTES)
            if found != "converted":
                raise AssertionError(f"a whole file of {kind}: {found}")


def reason_class(text):
    """Returns a reason without what differs from case to case."""
    text = re.sub(r"(\S*/\S* ?)+", "PATH ", text)
    text = re.split(r" \(|: |; | '|\. ", text)[0]
    return re.sub(r"\d[\d,]*", "N", text)[:60]


def tally(count, *, seed, folder, kinds=None, grown=None):
    """Returns {(kind, outcome): number of cases}.

    Where it is given, `grown` becomes {kind: the most bytes that a case made
    the process grow by}.

    The whole files come first, so that what readers import and reserve does
    not count as a case's.
    """
    read_originals(folder, kinds)
    found = collections.Counter()
    for kind, raw, number in cases(count, seed=seed, kinds=kinds):
        before = _start_peak() if grown is not None else 0
        try:
            found[kind, outcome(kind, raw, number, folder)] += 1
        except BaseException as error:
            raise AssertionError(
                f"case {number} of seed {seed}, {kind}: {error!r}"
            ) from error
        if grown is not None:
            most = _memory("VmHWM") - before
            grown[kind] = max(grown.get(kind, 0), most)
    return found


def _start_peak():
    """Has Linux begin a new peak of memory; returns the bytes in use."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name):
    """Returns a line of /proc/self/status, in bytes."""
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"{name}:\s*(\d+) kB", status)[1])


@contextlib.contextmanager
def limited(limit):
    """Raises Hang after SECONDS and MemoryError beyond `limit` more bytes."""

    def stop(number, frame):
        raise Hang(f"took longer than {SECONDS} s")

    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    resource.setrlimit(
        resource.RLIMIT_AS, (pages * resource.getpagesize() + limit, hard)
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
