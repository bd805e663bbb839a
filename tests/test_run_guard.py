"""One process and one configuration per run directory."""

import pytest

from transfusion_tf import files, run_guard
from transfusion_tf.run_dir import RunDir

RECORD = {
    "config": {"data": {"dataset": "a"}, "train": {"epochs": 5}},
    "data": {"fingerprint": "f"},
    "source": None,
    "packages": {"numpy": "2"},
}


def finished(tmp_path, record=RECORD):
    run = RunDir(tmp_path / "run")
    with run_guard.hold(run, record, overwrite=False):
        run.history.write_text("rows")
    return run


def test_the_same_configuration_is_finished(tmp_path):
    run = finished(tmp_path)
    assert run.read_status()["status"] == "finished"
    assert run_guard.is_finished(run, RECORD, overwrite=False)
    assert not run_guard.is_finished(run, RECORD, overwrite=True)


def test_places_and_versions_do_not_make_another_run(tmp_path):
    run = finished(tmp_path)
    moved = {
        **RECORD,
        "config": {"data": {"dataset": "b"}, "train": {"epochs": 5}},
        "packages": {"numpy": "3"},
    }
    assert run_guard.is_finished(run, moved, overwrite=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"config": {"data": {"dataset": "a"}, "train": {"epochs": 6}}},
            "config.train.epochs: 5 there, 6 here",
        ),
        ({"data": {"fingerprint": "g"}}, "data.fingerprint: f there, g here"),
        ({"source": {"sha256": "s"}}, "source.sha256: None there, s here"),
    ],
)
def test_differences_are_listed_and_nothing_is_lost(tmp_path, change, message):
    run = finished(tmp_path)
    with pytest.raises(ValueError, match=message):
        run_guard.is_finished(run, {**RECORD, **change}, overwrite=False)
    assert run.history.read_text() == "rows"


def test_overwriting_starts_anew(tmp_path):
    run = finished(tmp_path)
    with run_guard.hold(run, RECORD, overwrite=True):
        assert not run.history.exists()


def test_a_directory_of_other_things_is_never_taken(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    run = RunDir(tmp_path)
    with pytest.raises(ValueError, match="is not a run"):
        run_guard.is_finished(run, RECORD, overwrite=False)
    with pytest.raises(ValueError, match="is not a run"):
        with run_guard.hold(run, RECORD, overwrite=True):
            pass
    assert (tmp_path / "thesis.tex").read_text() == "x"


def test_a_failure_is_written_down_with_its_reason(tmp_path):
    run = RunDir(tmp_path / "run")
    with pytest.raises(ValueError, match="diverged"):
        with run_guard.hold(run, RECORD, overwrite=False):
            raise ValueError("diverged")
    assert run.read_status() == {
        "status": "failed",
        "reason": "ValueError: diverged",
    }
    assert not run_guard.is_finished(run, RECORD, overwrite=False)


def test_a_second_process_is_refused_and_leftovers_are_removed(tmp_path):
    run = RunDir(tmp_path / "run").make()
    left = run.weights(0).with_name(".tmp-1-step.weights.h5")
    left.touch()
    files.write_json(run.config, RECORD)
    with run_guard.hold(run, RECORD, overwrite=False):
        assert not left.exists()
        with pytest.raises(ValueError, match="Another process is training"):
            with run_guard.hold(run, RECORD, overwrite=False):
                pass


def test_other_package_versions_are_warned_of(tmp_path, caplog):
    run = finished(tmp_path)
    with run_guard.hold(run, RECORD, overwrite=False):
        assert not caplog.messages
    newer = {**RECORD, "packages": {"numpy": "3"}}
    with run_guard.hold(run, newer, overwrite=False):
        assert "begun with {'numpy': '2'} and goes on" in caplog.messages[0]
