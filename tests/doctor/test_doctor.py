"""Tests of all checks together, and of the binary."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from transfusion_tf.doctor import examine, finding, probing, steps

SCRIPT = ROOT / "run_scripts" / "doctor.py"
CHECKS = [
    "Python",
    "TensorFlow",
    "Keras",
    "other packages",
    "optional packages",
    "oneDNN",
    "devices",
    "memory",
    "processors",
    "disk, this directory (runs)",
    "disk, embedded data sets",
    "disk, weights",
    "disk, temporary files",
    "codecs",
    "codecs of TensorFlow",
    "DICOM",
    "ImageNet weights",
]


def doctor(folder, *flags, **environment):
    """Runs the binary with an empty cache of weights in `folder`."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *flags],
        capture_output=True,
        text=True,
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "KERAS_HOME": str(folder / "keras"),
            **environment,
        },
    )


def test_the_binary_finds_this_installation_usable(tmp_path):
    done = doctor(tmp_path, "--speed=false", f"--json={tmp_path / 'all.json'}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    told = json.loads((tmp_path / "all.json").read_text())
    assert [one["check"] for one in told["findings"]] == CHECKS
    assert told["is_usable"] is True
    by_check = {one["check"]: one for one in told["findings"]}
    for check in CHECKS[:4]:
        assert by_check[check]["status"] == "ok"
    lines = done.stdout.splitlines()
    assert lines[-1].startswith("Usable; 17 checks, ")
    for one in told["findings"]:
        start = f"{one['status']:8} {one['check']}: {one['found']}."
        assert any(line.startswith(start) for line in lines)
    # Nothing was fetched: what is missing is listed, a file each.
    weights = tmp_path / "keras" / "models"
    assert not weights.exists()
    listed = [line for line in lines if f" -> {weights}/" in line]
    assert len(listed) == 8


def test_a_tensorflow_that_does_not_start(tmp_path):
    broken = tmp_path / "site" / "tensorflow"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('no such symbol')")
    path = os.pathsep.join([str(broken.parent), str(ROOT)])
    done = doctor(tmp_path, PYTHONPATH=path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[1].startswith("problem  TensorFlow: ")
    assert "does not start (ImportError: no such symbol)" in lines[1]
    assert lines[-1].startswith("Not usable: 1 problem(s) (TensorFlow), ")
    assert "Traceback" not in done.stderr


def test_bad_flags_are_no_finding(tmp_path):
    done = doctor(tmp_path, "--sped=false")
    assert done.returncode == 2 and "Did you mean --speed" in done.stderr


@pytest.mark.parametrize(
    "code, expected",
    [
        (
            'print(\'{"tensorflow": "2.21"}\'); import os; os.kill('
            "os.getpid(), 4)",
            {"tensorflow": "2.21", "failure": "ended by SIGILL"},
        ),
        (
            "print('a note'); print('[1]'); raise ValueError('wrong')",
            {"failure": "ValueError: wrong"},
        ),
        ("import sys; sys.exit(3)", {"failure": "exit status 3"}),
        ('print(\'{"keras": "3"}\')', {"keras": "3"}),
    ],
)
def test_what_a_process_said_before_it_ended(code, expected):
    command = [sys.executable, "-u", "-c", code]
    assert probing.run(command=command) == expected


def test_a_process_that_stands_still(monkeypatch):
    monkeypatch.setattr(probing, "_TIMEOUT", 1)
    code = 'print(\'{"keras": "3"}\', flush=True); import time; time.sleep(60)'
    found = probing.run(command=[sys.executable, "-c", code])
    assert found["keras"] == "3" and "stood still for 1 s" in found["failure"]


def test_a_check_that_fails_is_a_problem_and_the_others_go_on(monkeypatch):
    def fail():
        raise RuntimeError("broken")

    monkeypatch.setattr(examine.machine, "memory", fail)
    probe = {"tensorflow": "2.21.0", "failure": "ended by SIGKILL"}
    found = {one.check: one for one in examine.examine(probe=probe)}
    assert found["memory"].status == "problem"
    assert "RuntimeError: broken" in found["memory"].found
    assert "SIGKILL" in found["TensorFlow at work"].found
    assert "ImageNet weights" in found


def test_a_finding_is_one_line():
    one = finding.Finding(
        check="disk", status="warning", found="little", advice="Make room."
    )
    assert one.line() == "warning  disk: little. Make room."
    assert finding.summary([one]) == "Usable; 1 checks, 1 warning(s)."
    with pytest.raises(ValueError, match="'bad'; known: ok, warning, problem"):
        finding.Finding(check="disk", status="bad", found="little")


def test_timed_steps_train():
    found = steps.measure("cbr_tiny", 16, 4, seconds=0)
    assert found["images_per_second"] > 0
    # Of the first steps from random weights, two classes: about log 2.
    assert 0 < found["loss"] < 10
