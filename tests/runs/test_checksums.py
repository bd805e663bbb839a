"""Checksums: what a run has written, or a refusal."""

import pytest

from transfusion_tf import files
from transfusion_tf.runs import checksums
from transfusion_tf.runs.directory import RunDir


@pytest.fixture
def run(tmp_path):
    run = RunDir(tmp_path / "run").make()
    for step in (0, 3):
        write(run, step, b"content")
    return run


def write(run, step, content):
    path = run.weights(step)
    with checksums.recorded(run, path):
        path.write_bytes(content)


def test_they_are_those_of_the_files(run):
    assert files.read_json(run.checksums) == {
        f"weights/step-000000{step}.weights.h5": files.file_sha256(
            run.weights(step)
        )
        for step in (0, 3)
    }
    for step in (0, 3):
        checksums.check(run, run.weights(step))


def test_one_flipped_bit_is_named(run):
    run.weights(3).write_bytes(b"cOntent")
    checksums.check(run, run.weights(0))
    with pytest.raises(ValueError, match="step-0000003.*damaged.*--overwrite"):
        checksums.check(run, run.weights(3))


def test_what_has_no_checksum_is_not_checked(run):
    run.weights(3).write_bytes(b"other")
    with pytest.raises(ValueError, match="damaged"):
        checksums.check(run, run.weights(3))
    checksums.forget(run, run.weights(3))
    checksums.check(run, run.weights(3))
    run.checksums.unlink()
    run.weights(0).write_bytes(b"other")
    checksums.check(run, run.weights(0))


def test_interrupted_while_it_is_written_again_a_file_has_none(run):
    for content in (b"new", b"content"):
        with pytest.raises(KeyboardInterrupt):
            with checksums.recorded(run, run.weights(3)):
                run.weights(3).write_bytes(content)
                raise KeyboardInterrupt
        checksums.check(run, run.weights(3))
        assert len(files.read_json(run.checksums)) == 1


def test_damaged_checksums_are_named(run):
    run.checksums.write_bytes(b"")
    with pytest.raises(ValueError, match="checksums.json .* Delete this file"):
        checksums.check(run, run.weights(0))
