"""Tests of the flags of engines, by the binary."""

import importlib.util

import pytest

from tests.data_prep import trees
from transfusion_tf.conversion.beam import engine

SCRIPT = "data_prep/make_tfrecords.py"
BEAM = "--engine=beam"
has_beam = importlib.util.find_spec("apache_beam") is not None


def convert(binary, tmp_path, *arguments, name="out"):
    """Runs the binary on a small set, below the working directory."""
    if not (tmp_path / "raw").exists():
        paths = [f"{c}/p{i}.png" for i in range(12) for c in "ab"]
        trees.folder_of(tmp_path / "raw", *paths)
    return binary(
        SCRIPT,
        "--source=image_folder",
        "--input=raw",
        f"--output_dir={name}",
        "--name=letters",
        *arguments,
        cwd=tmp_path,
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--engine=ray"], "should be one of <pool|beam>"),
        (["--runner=DirectRunner"], "Unknown command line flag 'runner'"),
        ([BEAM, "--runner", "DirectRunner"], "Unexpected arguments: DirectRun"),
        ([BEAM, "--num_workers=2"], "--num_workers does not go with --engine"),
        ([BEAM, "--beam_options=a=1"], "--beam_options must be --name=value"),
        (["--beam_options=--a=1"], "--beam_options=--a=1 goes with --engine"),
    ],
)
def test_wrong_flags_get_one_line(binary, tmp_path, arguments, message):
    done = convert(binary, tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ") and message in line
    assert {path.name for path in tmp_path.iterdir()} == {"raw"}


def test_without_beam_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install -e '.\[beam\]'"):
        with engine.Beam(None, tmp_path):
            pass


@pytest.mark.skipif(not has_beam, reason="needs Apache Beam")
def test_with_beam_relative_places_are_those_of_the_launcher(binary, tmp_path):
    done = convert(binary, tmp_path, BEAM, "--runner=DirectRunner")
    assert done.returncode == 0, done.stderr
    root = tmp_path / "out" / "1.0.0"
    assert done.stdout.splitlines()[0] == str(root)
    convert(binary, tmp_path, "--engine=pool", name="other")
    for path in root.iterdir():
        other = tmp_path / "other" / "1.0.0" / path.name
        assert path.read_bytes() == other.read_bytes()


@pytest.mark.skipif(not has_beam, reason="needs Apache Beam")
@pytest.mark.parametrize(
    "flag, message",
    [
        ("--runner=Fast", "Unexpected pipeline runner: Fast. Valid values are"),
        ("--image_sise=3", "nor Apache Beam knows --image_sise."),
        (
            "--beam_options=--runner=FlinkRunner,--flink_master=localhost:1",
            "Nothing answers at --flink_master=localhost:1",
        ),
    ],
)
def test_what_beam_refuses_gets_one_line(binary, tmp_path, flag, message):
    done = convert(binary, tmp_path, BEAM, flag)
    assert done.returncode == 2
    (line,) = (e for e in done.stderr.splitlines() if e.startswith("error: "))
    assert message in line and "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"raw"}
