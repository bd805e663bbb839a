"""How far runs are, from files that a test writes."""

import os

import pytest

from tests.guarded_runs import make_record
from transfusion_tf import files
from transfusion_tf.runs import state
from transfusion_tf.study import grid, live_progress
from transfusion_tf.study.directory import StudyDir
from transfusion_tf.study.live_progress import CellProgress
from transfusion_tf.study.spec import StudyConfig

BEGAN = 1_000_000.0


@pytest.fixture
def study(tmp_path):
    return StudyDir(tmp_path).make()


@pytest.fixture(scope="module")
def cells():
    values = {"inits": "random", "models": "cbr_tiny,cbr_small", "seeds": 2}
    config = StudyConfig.from_values({**values, "learning_rates": "1e-3"})
    return grid.cells(config)[0]


def write(study, cell, status, *, at, step=None):
    """Files of a run that were written `at` seconds after the study began."""
    run = study.run(cell).make()
    files.write_json(run.config, make_record())  # 9 steps.
    files.write_json(run.status, {"status": status, "reason": ""})
    written = [run.status]
    if step is not None:
        state.save(run.states, state.Progress(step=step, seconds=6.0), [])
        written.append(run.state)
    for path in written:
        os.utime(path, (BEGAN + at, BEGAN + at))


def fail(study, cell, *, at):
    files.write_json(study.failure(cell), {"reason": "it had to"})
    os.utime(study.failure(cell), (BEGAN + at, BEGAN + at))


def test_running_is_what_has_written_since_the_study_began(study, cells):
    cell = cells[0]
    assert live_progress.read(study, cell, BEGAN).status == "waiting"
    write(study, cell, "running", at=-1, step=3)
    assert live_progress.read(study, cell, BEGAN).status == "waiting"
    write(study, cell, "running", at=1)
    found = live_progress.read(study, cell, BEGAN)
    assert found == CellProgress(
        status="running", step=3, total_steps=9, seconds=6.0
    )
    assert found.seconds_of_run == pytest.approx(18.0)


def test_a_failure_counts_until_the_run_is_tried_again(study, cells):
    cell = cells[0]
    fail(study, cell, at=1)
    assert live_progress.read(study, cell, BEGAN).status == "failed"
    # A process that was killed left "running" behind.
    write(study, cell, "running", at=0, step=3)
    assert live_progress.read(study, cell, BEGAN).status == "failed"
    write(study, cell, "failed", at=2)
    assert live_progress.read(study, cell, BEGAN).status == "failed"
    write(study, cell, "running", at=3)
    assert live_progress.read(study, cell, BEGAN).status == "running"


def test_a_finished_run_has_its_steps_and_seconds(study, cells):
    cell = cells[0]
    write(study, cell, "finished", at=-5)
    assert live_progress.read(study, cell, BEGAN).status == "done"
    study.run(cell).history.write_text("step,seconds\n4,1.5\n9,4.5\n")
    assert live_progress.read(study, cell, BEGAN) == CellProgress(
        status="done", step=9, total_steps=9, seconds=4.5
    )


def test_damaged_files_are_no_reason_to_stop(study, cells):
    run = study.run(cells[0])
    write(study, cells[0], "running", at=1, step=3)
    run.state.write_bytes(b"no archive")
    run.config.write_text("{")
    found = live_progress.read(study, cells[0], BEGAN)
    assert found == CellProgress(status="running")
    run.status.write_text("{")
    assert live_progress.read(study, cells[0], BEGAN).status == "waiting"


def test_seconds_left(cells):
    """Each waiting run takes what those of its network do; two at a time."""
    assert [cell.model for cell in cells] == ["cbr_tiny", "cbr_small"] * 2
    waiting = CellProgress(status="waiting")
    assert live_progress.seconds_left(cells, [waiting] * 4, 2) is None
    done = CellProgress(status="done", step=8, total_steps=8, seconds=4.0)
    half = CellProgress(status="running", step=4, total_steps=8, seconds=10.0)
    starts = CellProgress(status="running")
    # cbr_small: 10 s of 20 s; cbr_tiny: 4 s; over two runs at a time.
    found = [done, half, starts, waiting]
    assert live_progress.seconds_left(cells, found, 2) == pytest.approx(17.0)
    # No run of cbr_small yet: as long as the others.
    found = [done, waiting, done, waiting]
    assert live_progress.seconds_left(cells, found, 1) == pytest.approx(8.0)
