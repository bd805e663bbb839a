"""Tests of checks of the machine and its devices, in made-up conditions."""

import os
import types

import pytest

from transfusion_tf.doctor import devices, machine

GIB = 2**30


def limited(root, files):
    """A directory with /proc and /sys of a process in the group /job."""
    files = {"proc/self/cgroup": "0::/job\n", **files}
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def test_memory_without_a_limit(tmp_path):
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = machine.memory(tmp_path)
    assert found.found == f"{whole / GIB:,.1f} GiB"


@pytest.mark.parametrize(
    "limit, status", [(GIB // 2, "problem"), (3 * GIB, "warning")]
)
def test_memory_that_a_control_group_limits(tmp_path, limit, status):
    path = "sys/fs/cgroup/job/memory.max"
    found = machine.memory(limited(tmp_path, {path: f"{limit}\n"}))
    assert found.status == status
    assert found.found.startswith(f"{limit / GIB:.1f} GiB of the machine's ")
    assert "ask for 4.0 GiB or more" in found.advice


def test_processors(tmp_path):
    assert machine.processors(tmp_path, 8).found == "8 usable"
    path = "sys/fs/cgroup/job/cpu.max"
    root = limited(tmp_path, {path: "150000 100000\n"})
    found = machine.processors(root, 8)
    assert found.status == "warning"
    assert "8 usable, of whose time a control group allows that of 1.5" in (
        found.line()
    )
    assert "--num_threads=2," in found.advice
    assert machine.processors(root, 1).status == "ok"


@pytest.mark.parametrize(
    "free, status",
    [(50 * GIB, "ok"), (5 * GIB, "warning"), (GIB // 4, "problem")],
)
def test_space_on_the_disk_of_what_is_not_there_yet(tmp_path, free, status):
    asked = []

    def usage(place):
        asked.append(place)
        return types.SimpleNamespace(free=free)

    (found,) = machine.disks({"runs": tmp_path / "a" / "b"}, usage)
    assert asked == [tmp_path]
    assert found.status == status and found.check == "disk, runs"
    assert f"{free / GIB:.1f} GiB free" in found.found
    assert bool(found.advice) == (status != "ok")


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    (found,) = machine.disks({"weights": tmp_path / "file" / "models"})
    assert found.status == "problem" and "cannot be written to" in found.found
    assert "KERAS_HOME=DIR" in found.advice


@pytest.mark.parametrize(
    "setting, processor, status",
    [
        ("on", "x86_64", "ok"),
        ("off", "x86_64", "warning"),
        ("off", "arm64", "ok"),
        (None, "x86_64", "warning"),
    ],
)
def test_onednn(setting, processor, status):
    found = devices.onednn({"onednn": setting}, processor)
    assert found.status == status and bool(found.advice) == (status != "ok")


CPU = {"kind": "CPU", "name": "cpu", "memory": None}
GPU = {"kind": "GPU", "name": "NVIDIA A100", "memory": 40 * GIB}


@pytest.mark.parametrize(
    "found, has_nvidia, status, told",
    [
        ([CPU], False, "ok", "CPU, no GPU"),
        ([CPU], True, "warning", "pip install 'tensorflow[and-cuda]'"),
        ([CPU, GPU], True, "ok", "NVIDIA A100, 40.0 GiB."),
        ([CPU, GPU, GPU], True, "ok", "--strategy=mirrored"),
        ([{**GPU, "memory": None}], True, "ok", "memory not known"),
        (None, True, "warning", "It takes TensorFlow"),
    ],
)
def test_devices(found, has_nvidia, status, told):
    probe = {} if found is None else {"devices": found}
    line = devices.devices(probe, has_nvidia)
    assert line.status == status and told in line.line()
