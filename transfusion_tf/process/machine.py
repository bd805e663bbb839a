"""What this process may use of its machine: memory and processors.

A container or a job of a cluster has a part of its machine, set by Linux'
control groups (cgroup v1 and v2); a process that takes more memory is killed.
A limit of a group holds for the groups below it, so the smallest on the path
to the root counts.
"""

import contextlib
import os
import pathlib


def memory_bytes(root="/"):
    """Bytes of memory: the machine's, or less where a control group says so.

    Args:
      root: directory that /proc and /sys are in.
    """
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    names = {2: ("memory.max",), 1: ("memory.limit_in_bytes",)}
    # Without a limit v2 says "max", v1 a number near 2**63.
    limits += [limit for (limit,) in _settings(root, "memory", names)]
    return min(limits)


def memory_left(root="/"):
    """Bytes of memory that are not in use, here and in the control groups.

    What holds the content of files counts as not in use: it is given back.

    Args:
      root: directory that /proc and /sys are in.
    """
    left = [memory_bytes(root)]
    with contextlib.suppress(OSError, LookupError, ValueError):
        about = _fields(pathlib.Path(root) / "proc/meminfo")
        left.append(about["MemAvailable:"] * 1024)
    for version, folder in _groups(pathlib.Path(root), "memory"):
        limit, used = {
            2: ("memory.max", "memory.current"),
            1: ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        }[version]
        inactive = {2: "inactive_file", 1: "total_inactive_file"}[version]
        with contextlib.suppress(OSError, ValueError):
            limit, used = (int((folder / n).read_text()) for n in (limit, used))
            about = _fields(folder / "memory.stat")
            left.append(limit - used + about.get(inactive, 0))
    return max(0, min(left))


def _fields(path):
    """{first word: second word, a number} of the lines of a file."""
    lines = map(str.split, path.read_text().splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) > 1}


def cpu_quota(root="/"):
    """Processors' worth of time that control groups allow; None: no quota.

    Args:
      root: directory that /proc and /sys are in.
    """
    names = {2: ("cpu.max",), 1: ("cpu.cfs_quota_us", "cpu.cfs_period_us")}
    quotas = [
        quota / period
        for quota, period in _settings(root, "cpu", names)
        if quota > 0 and period > 0  # v1 says -1 without a quota.
    ]
    return min(quotas, default=None)


def _settings(root, controller, names):
    """Yields the numbers of each group that this process is in.

    Args:
      root: directory that /proc and /sys are in.
      controller: "memory" or "cpu".
      names: {version: files whose numbers belong together}.
    """
    for version, folder in _groups(pathlib.Path(root), controller):
        # No such file: the controller is not on there. No number: no limit.
        with contextlib.suppress(OSError, ValueError):
            texts = [(folder / name).read_text() for name in names[version]]
            yield tuple(int(x) for text in texts for x in text.split())


def _groups(root, controller):
    """Yields (version, folder) of the process's groups, up to the root's.

    In a container the path may be that of the machine, of which the container
    sees only the end: parts that are not there are passed over.
    """
    with contextlib.suppress(OSError, UnicodeError):
        text = (root / "proc/self/cgroup").read_text()
        for line in text.splitlines():
            number, _, rest = line.partition(":")
            controllers, _, path = rest.partition(":")
            top = root / "sys/fs/cgroup"
            if number == "0":
                version = 2
            elif controller in controllers.split(","):
                version, top = 1, top / controller
            else:
                continue
            parts = [p for p in pathlib.PurePosixPath(path).parts if p != "/"]
            if ".." in parts:  # A group outside of what can be seen here.
                parts = []
            for depth in range(len(parts), -1, -1):
                yield version, top.joinpath(*parts[:depth])
