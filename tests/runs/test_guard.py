"""One process and one configuration per run directory."""

import datetime

import pytest

from tests.guarded_runs import (
    ABOUT,
    RECORD,
    begin,
    finished,
    is_finished,
    make_record,
)
from transfusion_tf import files
from transfusion_tf.runs import guard, state
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir


def test_the_same_configuration_is_finished(tmp_path):
    run = finished(tmp_path)
    assert run.read_status()["status"] == "finished"
    assert is_finished(run, RECORD)
    assert not is_finished(run, RECORD, overwrite=True)
    with guard.hold(run, RECORD, overwrite=False) as is_open:
        assert not is_open  # Another process has been quicker.
    assert run.history.read_text() == "rows"


def test_places_versions_and_devices_do_not_make_another_run(tmp_path):
    run = finished(tmp_path)
    moved = make_record(dataset="b", devices=2, onednn=False)
    moved["parts"][0]["packages"] = {"numpy": "3"}
    assert is_finished(run, moved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 6}, "config.train.epochs: 5 there, 6 here"),
        (
            {"about": {**ABOUT, "fingerprint": "g"}},
            "data.fingerprint: f there, g here",
        ),
        ({"source": {"sha256": "s"}}, "source.sha256: None there, s here"),
    ],
)
def test_differences_are_listed_and_nothing_is_lost(tmp_path, change, message):
    run = finished(tmp_path)
    with pytest.raises(ValueError, match=message):
        is_finished(run, make_record(**change))
    assert run.history.read_text() == "rows"


def test_another_configuration_begun_meanwhile_is_refused(tmp_path):
    run = RunDir(tmp_path / "run")
    mine, other = make_record(seed=0), make_record(seed=1)
    assert not is_finished(run, mine)  # And now mine takes its time.
    begin(run, other)
    with pytest.raises(ValueError, match="config.seed: 1 there, 0 here"):
        begin(run, mine)
    assert run_record.read(run)["config"]["seed"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": None}, "it has the format 1 and this release continues 2"),
        ({"format": 3}, "it has the format 3 and this release continues 2"),
        ({"devices": 2}, "plan.devices: 2 there, 1 here"),
        ({"onednn": False}, "set TF_ENABLE_ONEDNN_OPTS=0 in the environment"),
    ],
)
def test_what_would_give_other_numbers_is_not_continued(
    tmp_path, change, message
):
    number = change.pop("format", run_record.FORMAT)
    record = {**make_record(**change), "format": number}
    if number is None:
        del record["format"]  # As of the releases that had none.
    run = RunDir(tmp_path / "run")
    begin(run, record)
    before = run.config.read_bytes()
    with pytest.raises(ValueError, match=message) as raised:
        begin(run)
    assert "cannot be continued" in str(raised.value)
    assert "start anew with --overwrite" in str(raised.value)
    assert run.config.read_bytes() == before
    begin(run, overwrite=True)
    files.write_json(run.status, {"status": "finished", "reason": ""})
    assert is_finished(run, record)


def test_another_configuration_is_told_before_what_follows_from_it(tmp_path):
    run = RunDir(tmp_path / "run")
    begin(run)
    other = make_record(epochs=6)
    other["plan"]["total_steps"] = 18
    with pytest.raises(ValueError, match="config.train.epochs: 5 there, 6 her"):
        begin(run, other)
    other["config"] = RECORD["config"]
    with pytest.raises(ValueError, match="planned otherwise .plan.total_steps"):
        begin(run, other)


def test_each_process_leaves_a_part_and_changes_are_warned_of(tmp_path, caplog):
    run = RunDir(tmp_path / "run")
    begin(run)
    state.save(run.states, state.Progress(step=7), [])
    newer = make_record()
    newer["parts"][0]["packages"] = {"numpy": "3"}
    begin(run)
    assert not caplog.messages
    begin(run, newer)
    assert "goes on with {'numpy': '3'}" in caplog.messages[0]
    parts = run_record.read(run)["parts"]
    assert [part["step"] for part in parts] == [0, 7, 7]
    assert parts[0]["packages"] == RECORD["parts"][0]["packages"]
    assert parts[2]["packages"] == {"numpy": "3"}
    assert parts[0]["devices"] == ["CPU"] and parts[0]["onednn"]
    started = [datetime.datetime.fromisoformat(p["started"]) for p in parts]
    assert started == sorted(started)


def test_a_run_whose_state_is_gone_is_not_begun_anew_in_silence(tmp_path):
    run = RunDir(tmp_path / "run")
    begin(run)
    run.weights(0).touch()
    begin(run)  # Stopped before there was a state.
    run.weights(9).touch()
    with pytest.raises(ValueError, match="newest.npz is gone; restore it, or"):
        begin(run)
    assert run.weights(9).exists()


def test_a_failure_is_written_down_with_its_reason(tmp_path):
    run = RunDir(tmp_path / "run")
    with pytest.raises(ValueError, match="diverged"):
        with guard.hold(run, RECORD, overwrite=False):
            raise ValueError("diverged")
    assert run.read_status() == {
        "status": "failed",
        "reason": "ValueError: diverged",
    }
    assert not is_finished(run, RECORD)


@pytest.mark.parametrize(
    ("overwrite", "note"),
    [
        (False, "the same command continues"),
        (True, "the same command without --overwrite continues"),
    ],
)
def test_an_interruption_says_what_continues(tmp_path, overwrite, note):
    with pytest.raises(KeyboardInterrupt) as raised:
        with guard.hold(RunDir(tmp_path / "run"), RECORD, overwrite=overwrite):
            raise KeyboardInterrupt
    assert raised.value.__notes__ == [note]


def test_a_second_process_is_refused_and_leftovers_are_removed(tmp_path):
    run = RunDir(tmp_path / "run")
    begin(run)
    left = run.weights(0).with_name(".tmp-1-step.weights.h5")
    left.touch()
    (tmp_path / "link").symlink_to(run.root)
    with guard.hold(run, RECORD, overwrite=False):
        assert not left.exists()
        run.history.touch()
        for overwrite in (False, True):
            for root in (run.root, tmp_path / "link"):
                with pytest.raises(ValueError, match="Another process is"):
                    with guard.hold(RunDir(root), RECORD, overwrite=overwrite):
                        pass
        assert run.history.exists()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"run", "link"}  # No lock is left.


def test_a_second_process_is_refused_where_the_directory_is_made_anew(tmp_path):
    run = RunDir(tmp_path / "run")
    with guard.hold(run, RECORD, overwrite=False):
        run.root.rename(tmp_path / "moved")
        for root in (run.root, tmp_path / "moved"):
            with pytest.raises(ValueError, match="Another process is training"):
                with guard.hold(RunDir(root), RECORD, overwrite=False):
                    pass
        (tmp_path / "moved").rename(run.root)
