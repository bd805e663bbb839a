"""Limits of control groups, read from made-up /proc and /sys."""

import math
import os

import pytest

from transfusion_tf.analysis.streaming import plan
from transfusion_tf.process import machine, pool

HOST = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
MIB = 2**20


def write(root, files):
    """Writes {path: text} below `root`."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


V1 = "9:name=systemd:/\n4:memory:/job/step\n3:cpu,cpuacct:/job\n0::/\n"
UNLIMITED = "9223372036854771712\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, HOST),
        ({"proc/self/cgroup": "0::/a\n"}, HOST),
        ({"proc/self/cgroup": "nonsense\n\n:\n"}, HOST),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/memory.max": "max\n",
                # A limit above the process's own group holds as well.
                "sys/fs/cgroup/a/memory.max": f"{64 * MIB}\n",
            },
            64 * MIB,
        ),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/memory.max": f"{32 * MIB}\n",
                "sys/fs/cgroup/a/memory.max": f"{64 * MIB}\n",
            },
            32 * MIB,
        ),
        (
            {
                "proc/self/cgroup": "0::/a\n",
                "sys/fs/cgroup/a/memory.max": f"{HOST * 2}\n",
            },
            HOST,
        ),
        # Containers: the path is the machine's, or none of their own.
        *(
            (
                {
                    "proc/self/cgroup": f"0::{path}\n",
                    "sys/fs/cgroup/memory.max": f"{16 * MIB}\n",
                },
                16 * MIB,
            )
            for path in ("/", "/docker/0f3c", "/../../user")
        ),
        (
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED,
                "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "5242880\n",
                "sys/fs/cgroup/memory/job/step/memory.limit_in_bytes": (
                    UNLIMITED
                ),
            },
            5 * MIB,
        ),
        (
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED,
            },
            HOST,
        ),
    ],
)
def test_memory(tmp_path, files, expected):
    assert machine.memory_bytes(write(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n"}, None),
        (
            {
                "proc/self/cgroup": "0::/a\n",
                "sys/fs/cgroup/a/cpu.max": "max 100000\n",
                "sys/fs/cgroup/cpu.max": "150000 100000\n",
            },
            1.5,
        ),
        (
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            0.5,
        ),
    ],
)
def test_processors(tmp_path, files, expected):
    assert machine.cpu_quota(write(tmp_path, files)) == expected


def test_what_is_derived_from_the_machine_keeps_to_its_limits(monkeypatch):
    monkeypatch.setattr(machine, "memory_bytes", lambda: 64 * MIB)
    assert plan.default_max_bytes() == 32 * MIB
    before = pool.num_cores()
    for quota in (0.5, 1.5, 10_000, None):
        monkeypatch.setattr(machine, "cpu_quota", lambda quota=quota: quota)
        expected = min(before, math.ceil(quota or before))
        assert pool.num_cores() == expected


MEMINFO = f"MemTotal: 9 kB\nMemAvailable:  {96 * 1024} kB\nHugePages_Total: 0\n"
# What is left of the second's 64 MiB is 64 - 50 + 8 for the content of files.
V2_GROUPS = {
    "proc/self/cgroup": "0::/a/b\n",
    "sys/fs/cgroup/a/b/memory.max": "max\n",
    "sys/fs/cgroup/a/b/memory.current": f"{50 * MIB}\n",
    "sys/fs/cgroup/a/memory.max": f"{64 * MIB}\n",
    "sys/fs/cgroup/a/memory.current": f"{50 * MIB}\n",
    "sys/fs/cgroup/a/memory.stat": f"anon 7\ninactive_file {8 * MIB}\n",
}
V1_GROUPS = {
    "proc/self/cgroup": V1,
    "sys/fs/cgroup/memory/job/memory.limit_in_bytes": f"{64 * MIB}\n",
    "sys/fs/cgroup/memory/job/memory.usage_in_bytes": f"{70 * MIB}\n",
    "sys/fs/cgroup/memory/job/memory.stat": f"total_inactive_file {9 * MIB}\n",
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, HOST),
        ({"proc/meminfo": MEMINFO}, 96 * MIB),
        ({"proc/meminfo": "nonsense\n", **V2_GROUPS}, 22 * MIB),
        ({"proc/meminfo": MEMINFO, **V2_GROUPS}, 22 * MIB),
        (V1_GROUPS, 3 * MIB),
    ],
)
def test_memory_left(files, expected, tmp_path):
    assert machine.memory_left(write(tmp_path, files)) == expected


def test_memory_left_of_this_machine_goes_with_what_is_taken():
    assert 0 < machine.memory_left() < machine.memory_bytes()
