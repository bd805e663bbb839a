"""The command `transfusion`, from a checkout and from an installed wheel."""

import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

from transfusion_tf import __main__ as command

ROOT = pathlib.Path(__file__).parents[1]


def run(*arguments, path=ROOT, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "transfusion_tf", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(path)},
    )


def test_every_binary_is_a_command():
    binaries = {
        path.stem
        for folder in ("data_prep", "run_scripts")
        for path in (ROOT / folder).glob("*.py")
        if 'if __name__ == "__main__":' in path.read_text()
    }
    assert set(command.scripts()) == binaries
    assert {"train", "make_tfrecords", "evaluate"} <= binaries


def test_without_arguments_the_commands_are_listed():
    listed = run()
    assert listed.returncode == 0
    for name in command.scripts():
        assert f"\n  {name} " in listed.stdout
    assert run("--help").stdout == listed.stdout


def test_a_command_has_the_help_of_its_binary():
    binary = subprocess.run(
        [sys.executable, "run_scripts/train.py", "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "--learning_rate" in binary.stdout
    assert run("train", "--help").stdout == binary.stdout


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["trian"], "Unknown command 'trian'; known: audit_dataset, "),
        (["train", "--lerning_rate=1"], "Unknown command line flag"),
        (["train", "here"], "Unexpected arguments: here"),
    ],
)
def test_mistakes_are_one_line_and_status_2(arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The directory in which a wheel of this checkout is unpacked."""
    pytest.importorskip("setuptools")
    root = tmp_path_factory.mktemp("wheel")
    checkout = root / "checkout"
    for name in ("transfusion_tf", "data_prep", "run_scripts"):
        shutil.copytree(
            ROOT / name,
            checkout / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(ROOT / "setup.py", checkout)
    subprocess.run(
        [sys.executable, "setup.py", "-q", "bdist_wheel", "-d", root / "dist"],
        cwd=checkout,
        check=True,
        capture_output=True,
    )
    (wheel,) = (root / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(root / "installed")
    shutil.rmtree(checkout)
    return root / "installed"


def test_a_wheel_has_one_package_and_one_command(installed):
    tops = {path.name for path in installed.iterdir()}
    (info,) = (name for name in tops if name.endswith(".dist-info"))
    assert tops == {"transfusion_tf", info}
    entries = (installed / info / "entry_points.txt").read_text()
    assert entries.split() == (
        "[console_scripts] transfusion = transfusion_tf.__main__:main".split()
    )


def test_an_installed_wheel_converts_and_trains(installed, tiny_npz, tmp_path):
    assert run(path=installed, cwd=tmp_path).stdout == run().stdout
    converted = run(
        "make_tfrecords",
        "--source=npz",
        f"--input={tiny_npz}",
        "--output_dir=records",
        "--num_workers=2",
        path=installed,
        cwd=tmp_path,
    )
    assert converted.returncode == 0, converted.stderr
    trained = run(
        "train",
        "--dataset=records",
        "--model=cbr_tiny",
        "--steps=2",
        "--run_dir=run",
        path=installed,
        cwd=tmp_path,
    )
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "run" / "metrics.json").is_file()
