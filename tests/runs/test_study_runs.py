"""Tests of studies that --runs names."""

import pytest

from transfusion_tf.runs import globs, study_runs

_TABLE = """run,model,status,chosen
random-lr0.001,cbr_tiny,finished,yes
random-lr0.0001,cbr_tiny,finished,no
pretrained-lr0.001,cbr_tiny,failed,yes
pretrained-lr0.0001,cbr_tiny,finished,yes
"""
_COMPARED = ["random-lr0.001", "pretrained-lr0.0001"]


@pytest.fixture
def study(tmp_path):
    (tmp_path / "study.csv").write_text(_TABLE)
    return tmp_path


def test_a_study_means_the_runs_that_it_compares(study):
    runs = [str(study / "runs" / name) for name in _COMPARED]
    assert globs.expanded([str(study)]) == runs
    assert globs.expanded([study, "other"]) == [*runs, "other"]


def test_a_run_that_has_such_a_table_beside_it_is_a_run(study):
    (study / "config.json").write_text("{}")
    assert globs.expanded([study]) == [str(study)]


@pytest.mark.parametrize(
    "text, message",
    [
        ("run,model\nrandom,cbr_tiny\n", "has no column status"),
        (_TABLE + "x,y\n", "is damaged .row 6 has 2 fields"),
        (_TABLE.replace("finished", "failed"), "none of the runs is finished"),
    ],
)
def test_studies_without_such_runs(study, text, message):
    (study / "study.csv").write_text(text)
    with pytest.raises(ValueError, match=message) as raised:
        study_runs.compared(study)
    assert "\n" not in str(raised.value)
