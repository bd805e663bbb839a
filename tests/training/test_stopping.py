"""When a training ends before its last step, and what it then leaves."""

import pytest

from tests import idle_steps, short_trainings
from transfusion_tf import tables
from transfusion_tf.analysis.comparing import learning_curves
from transfusion_tf.config.run import TrainConfig
from transfusion_tf.runs import record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.spec import StudyConfig
from transfusion_tf.training import loop, scoring, stopping

AUCS = (0.5, 0.6, 0.6, 0.55, 0.7, 0.7, 0.6, 0.7, 0.9)


def rows(*aucs):
    return [{"step": n, "val_auc": auc} for n, auc in enumerate(aucs, start=1)]


def end(**settings):
    """Number of evaluations of AUCS after which the training ends, or None."""
    ends = stopping.rule(TrainConfig(**settings))
    counts = range(1, len(AUCS) + 1)
    return next((n for n in counts if ends(rows(*AUCS)[:n])), None)


@pytest.mark.parametrize(
    ("patience", "expected"), [(1, 3), (2, 4), (3, 8), (4, None), (None, None)]
)
def test_ends_after_as_many_evaluations_without_a_better_auc(
    patience, expected
):
    assert end(early_stopping=patience) == expected


def test_evaluations_while_stages_are_frozen_are_not_counted():
    frozen = {"freeze_through": "conv1", "unfreeze_at": 3}
    assert end(early_stopping=1, **frozen) == 4
    assert end(early_stopping=2, **frozen) == 7


def test_an_auc_that_is_undefined_can_stop_nothing():
    ends = stopping.rule(TrainConfig(early_stopping=1))
    with pytest.raises(ValueError, match="AUC is undefined.*--early_stopping"):
        ends(rows(None, None))
    assert not ends(rows(None, 0.5)[1:]) and not ends([])


@pytest.fixture
def train(tiny_dataset, tmp_path, monkeypatch):
    """Trains with AUCS as if they came from the validation split."""
    idle_steps.replace_steps(monkeypatch)
    plain = scoring.score

    def score(*arguments, **options):
        numbers = plain(*arguments, **options)
        if arguments[2] == "val" and "path" not in options:
            numbers["selection"] = next(train.aucs)
        return numbers

    monkeypatch.setattr(scoring, "score", score)
    train = short_trainings.starter(tiny_dataset, tmp_path)
    train.aucs = iter(AUCS)
    return train


SETTINGS = {"steps": 9, "eval_every": 1, "early_stopping": 2}


def test_a_run_ends_with_the_weights_and_the_row_of_its_last_step(
    train, capsys
):
    run = train(**SETTINGS)
    assert list(tables.read(run.history)["step"]) == [1, 2, 3, 4]
    assert run.weight_steps() == [0, 2, 4]
    metrics = run.read_metrics()
    assert (metrics["best_step"], metrics["last_step"]) == (2, 4)
    assert run.read_status()["status"] == "finished"
    assert record.checkpoint_step(run, "last") == record.last_step(run) == 4
    assert "stopped early, at step 4 of 9" in capsys.readouterr().out


def test_a_run_that_is_killed_as_it_stops_does_not_go_on(
    train, monkeypatch, tmp_path
):
    fit = loop.Loop.fit

    def killed(self):
        fit(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.Loop, "fit", killed)
    with pytest.raises(KeyboardInterrupt):
        train(**SETTINGS)
    monkeypatch.setattr(loop.Loop, "fit", fit)
    assert RunDir(tmp_path / "run").state.is_file()
    run = train(**SETTINGS)
    assert run.read_metrics()["last_step"] == 4
    assert list(tables.read(run.history)["step"]) == [1, 2, 3, 4]


def test_such_runs_are_not_compared_by_how_soon_they_converge(train):
    stopped = train(**SETTINGS)
    line = "may end early .--early_stopping., which hides"
    with pytest.raises(ValueError, match=line):
        learning_curves.read([stopped.root])
    train.aucs = iter(AUCS)
    whole = train("whole", **{**SETTINGS, "early_stopping": None})
    curves, _, left_out = learning_curves.read([stopped.root, whole.root])
    assert [curve.run for curve in curves] == [str(whole.root)]
    assert str(stopped.root) in left_out[0]


def test_studies_do_not_stop_early():
    with pytest.raises(ValueError, match="--early_stopping is not for studies"):
        StudyConfig.from_values({"early_stopping": 3})
