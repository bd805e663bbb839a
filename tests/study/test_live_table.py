"""The table of a study that runs, and the thread that shows it."""

import time

import pytest

from transfusion_tf import files, progress
from transfusion_tf.study import grid, live_table
from transfusion_tf.study.directory import StudyDir
from transfusion_tf.study.live_progress import CellProgress
from transfusion_tf.study.spec import StudyConfig

DONE = CellProgress(status="done", step=8, total_steps=8, seconds=40.0)
HALF = CellProgress(status="running", step=2, total_steps=8, seconds=10.0)
STARTS = CellProgress(status="running")
WAITING = CellProgress(status="waiting")
FAILED = CellProgress(status="failed")


def cells_of(**values):
    values |= {"inits": "random,gabor", "learning_rates": "1e-3"}
    return grid.cells(StudyConfig.from_values(values))[0]


@pytest.fixture(scope="module")
def cells():
    return cells_of(seeds=3)


def test_arms_their_sum_and_runs(cells):
    found = [DONE, HALF, STARTS, FAILED, WAITING, DONE]
    left = "about 55 s left"
    assert live_table.table(cells, found, left, 80, 24) == [
        "                               done  running  waiting   failed",
        "cbr_tiny random all images        1        1        1        0",
        "cbr_tiny gabor all images         1        1        0        1",
        "all (about 55 s left)             2        2        1        1",
        "step 2/8, about 30 s left  cbr_tiny-gabor-all-lr0.001-seed0",
        "starts                     cbr_tiny-random-all-lr0.001-seed1",
    ]


def test_on_few_lines_arms_that_are_finished_go_first():
    cells = cells_of(models="cbr_tiny,cbr_small", seeds=1)
    found = [DONE, DONE, DONE, HALF]
    lines = live_table.table(cells, found, "", 80, 6)
    assert [line.split("  ")[0] for line in lines] == [
        "",
        "cbr_small gabor all images",
        "cbr_tiny random all images",
        "... and 2 more arms",
        "all",
        "step 2/8, about 30 s left",
    ]
    assert len(live_table.table(cells, found, "", 80, 2)) == 2


def test_on_a_narrow_terminal_names_are_cut_and_numbers_are_not(cells):
    lines = live_table.table(cells, [WAITING] * 6, "", 45, 24)
    assert lines[1] == "cbr_tiny         0        0        3        0"
    assert lines[-1].split() == ["all", "0", "0", "6", "0"]


class Shown(progress.Screen):
    """A screen that only keeps what it is to show."""

    is_live = True
    tables = ()

    def show(self, lines):
        self.tables = [*self.tables, lines]


def test_a_thread_shows_what_runs_write(cells, tmp_path):
    study = StudyDir(tmp_path).make()
    files.write_json(study.config, {})
    screen = Shown()
    with live_table.LiveTable(study, cells, screen) as table:
        end = time.monotonic() + 60
        while not screen.tables and time.monotonic() < end:
            time.sleep(0.01)
        assert table.count() == "0 of 6 runs"
        run = study.run(cells[0]).make()
        files.write_json(run.status, {"status": "finished", "reason": ""})
        run.history.write_text("step,seconds\n8,40\n")
        # Five of 40 s, one at a time.
        assert table.count() == "1 of 6 runs, about 3 min left"
        run = study.run(cells[1]).make()
        files.write_json(run.status, {"status": "running", "reason": ""})
        # One runs, and the one that has ended makes room for another.
        assert table.count() == "1 of 6 runs, about 100 s left"
        run.status.unlink()
    first, last = (screen.tables[place][-1].split() for place in (0, -1))
    assert first == "all 0 0 6 0".split()
    assert last == "all (about 100 s left) 1 0 5 0".split()
