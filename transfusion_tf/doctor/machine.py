"""Checks of the machine: memory, processors, disks."""

import os
import pathlib
import shutil
import tempfile

from transfusion_tf import paths
from transfusion_tf.doctor import finding
from transfusion_tf.initialization import published_files
from transfusion_tf.process import machine

_GIB = 2**30
# TensorFlow alone takes more than half a GiB, in each process.
_LITTLE_MEMORY, _TOO_LITTLE_MEMORY = 4 * _GIB, _GIB
# A run of a large network keeps some GiB of weights.
_LITTLE_DISK, _TOO_LITTLE_DISK = 10 * _GIB, _GIB


def memory(root="/"):
    """Returns the Finding on memory, as control groups limit it.

    Args:
        root: directory that /proc and /sys are in.
    """
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    usable = machine.memory_bytes(root)
    text = _gib(usable)
    if usable < whole:
        text += f" of the machine's {_gib(whole)}, by a control group"
    if usable >= _LITTLE_MEMORY:
        return finding.ok("memory", text)
    return finding.Finding(
        check="memory",
        status="problem" if usable < _TOO_LITTLE_MEMORY else "warning",
        found=text,
        advice="A process that takes more is killed: ask for "
        f"{_gib(_LITTLE_MEMORY)} or more, or take small images, batches and "
        "networks, and --num_workers=1.",
    )


def processors(root="/", usable=None):
    """Returns the Finding on processors, and on a quota of their time.

    Args:
        root: directory that /proc and /sys are in.
        usable: number of processors that this process may run on; None: ask
            the system.
    """
    usable = usable or _affinity()
    quota = machine.cpu_quota(root)
    if quota is None or quota >= usable:
        found = f"{usable} usable"
        return finding.ok("processors", found)
    threads = max(1, round(quota))
    return finding.warning(
        "processors",
        f"{usable} usable, of whose time a control group allows that of "
        f"{quota:g}",
        advice="More threads than that wait for each other: "
        f"train.py --num_threads={threads}, make_tfrecords.py "
        f"--num_workers={threads}.",
    )


def _affinity():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def disks(places=None, usage=shutil.disk_usage):
    """Returns a Finding for each place that is written to.

    Args:
        places: {what is kept there: directory, which may not be there yet};
            None: those that the binaries write to by default.
        usage: function of a directory that returns its disk's usage in bytes,
            with the attribute `free`.
    """
    return [
        _disk(what, pathlib.Path(place), usage)
        for what, place in (places or _places()).items()
    ]


def _places():
    return {
        "this directory (runs)": pathlib.Path.cwd(),
        "embedded data sets": paths.cache_dir(),
        "weights": published_files.cache(),
        "temporary files": tempfile.gettempdir(),
    }


def _disk(what, place, usage):
    """Returns the Finding on the disk of one place."""
    there = place.absolute()
    while not there.exists():
        there = there.parent
    check = f"disk, {what}"
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return finding.problem(
            check,
            f"{place} cannot be written to",
            advice="Give it to yourself (chown, chmod), or work elsewhere"
            f"{_elsewhere(what)}.",
        )
    free = usage(there).free
    found = f"{_gib(free)} free at {place}"
    if free >= _LITTLE_DISK:
        return finding.ok(check, found)
    return finding.Finding(
        check=check,
        status="problem" if free < _TOO_LITTLE_DISK else "warning",
        found=found,
        advice="Make room, or work on another disk"
        f"{_elsewhere(what)}; run_study.py --dry_run says what a study takes.",
    )


def _elsewhere(what):
    """How a place is moved, in brackets."""
    variables = {
        "embedded data sets": "TRANSFUSION_CACHE",
        "weights": "KERAS_HOME",
        "temporary files": "TMPDIR",
    }
    return f" ({variables[what]}=DIR)" if what in variables else ""


def _gib(num_bytes):
    return f"{num_bytes / _GIB:,.1f} GiB"
