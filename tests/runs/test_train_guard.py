"""Training in a directory that others use, or that is not as it should be."""

import contextlib
import dataclasses
import math
import shutil

import pytest

from transfusion_tf import experiment, files
from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import guard
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.training import setup


@pytest.fixture
def settings(tiny_runs):
    """The settings of the first of the tiny runs, as a RunConfig."""
    record = files.read_json(RunDir(tiny_runs[0]).config)
    return RunConfig.from_json(record["config"])


@pytest.fixture
def run(tiny_runs, tmp_path):
    """A copy of that run."""
    return RunDir(shutil.copytree(tiny_runs[0], tmp_path / "run"))


def test_a_run_begun_by_another_while_this_one_is_built_is_refused(
    settings, monkeypatch, tmp_path
):
    class Stopped(BaseException):
        """As if the process ended here."""

    build, root = setup.RunSetup.initial_backbone, tmp_path / "run"

    def build_slowly(self):
        other = dataclasses.replace(self.config, seed=1)
        record = dataclasses.replace(self, config=other).record()
        with contextlib.suppress(Stopped):
            with guard.hold(RunDir(root), record, overwrite=False):
                raise Stopped
        return build(self)

    monkeypatch.setattr(setup.RunSetup, "initial_backbone", build_slowly)
    with pytest.raises(ValueError, match="config.seed: 1 there, 0 here"):
        experiment.train(settings, run_dir=root)
    assert files.read_json(root / "config.json")["config"]["seed"] == 1
    assert RunDir(root).weight_steps() == []


def test_a_run_finished_by_another_meanwhile_is_reported(
    settings, run, monkeypatch, tmp_path, capsys
):
    build, root = setup.RunSetup.initial_backbone, tmp_path / "other"

    def build_slowly(self):
        shutil.copytree(run.root, root)
        return build(self)

    monkeypatch.setattr(setup.RunSetup, "initial_backbone", build_slowly)
    before = run.config.read_bytes()
    assert experiment.train(settings, run_dir=root).root == root
    assert "other is already finished; --overwrite" in capsys.readouterr().out
    assert (root / "config.json").read_bytes() == before


def test_what_is_no_number_leaves_no_directory(settings, tmp_path):
    with pytest.raises(ValueError, match="--momentum must be a finite number"):
        train = dataclasses.replace(
            settings.train, optimizer="sgd", momentum=math.nan
        )
        config = dataclasses.replace(settings, train=train)
        experiment.train(config, run_dir=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def of_format_one(run):
    record = files.read_json(run.config)
    for key in ("format", "parts"):
        del record[key]
    files.write_json(run.config, record)


def test_a_run_of_another_format_is_reported_and_never_continued(
    settings, run, capsys
):
    of_format_one(run)
    experiment.train(settings, run_dir=run.root)
    told = capsys.readouterr().out
    assert "already finished, by a release of the format 1; --over" in told
    run.status.unlink()
    kept = run.config.read_bytes()
    with pytest.raises(ValueError, match="it has the format 1 and this"):
        experiment.train(settings, run_dir=run.root)
    assert run.config.read_bytes() == kept


def test_a_finished_run_is_known_by_its_parts(run):
    (part,) = files.read_json(run.config)["parts"]
    assert part["step"] == 0 and part["devices"] == ["CPU"]
    assert type(part["onednn"]) is bool
    assert "tensorflow" in part["packages"] and part["started"]


@pytest.mark.parametrize("config", ['{"title": "My thesis"}', "{}", ""])
def test_what_is_no_run_is_not_overwritten(settings, tmp_path, config):
    (tmp_path / "config.json").write_text(config)
    (tmp_path / "thesis.tex").write_text("Chapter 1")
    with pytest.raises(ValueError, match="has files in it but is not a run"):
        experiment.train(settings, run_dir=tmp_path, overwrite=True)
    assert (tmp_path / "config.json").read_text() == config
    assert (tmp_path / "thesis.tex").read_text() == "Chapter 1"


def test_what_lies_among_a_run_is_left_where_it_is_overwritten(
    settings, run, monkeypatch
):
    class Stopped(BaseException):
        """As if the process ended here."""

    def stop(*_, **__):
        raise Stopped

    monkeypatch.setattr("transfusion_tf.training.loop.Loop.fit", stop)
    (run.root / "notes.txt").write_text("mine")
    (run.root / "weights" / "mine.h5").write_text("mine")
    with pytest.raises(Stopped):
        experiment.train(settings, run_dir=run.root, overwrite=True)
    assert (run.root / "notes.txt").read_text() == "mine"
    assert (run.root / "weights" / "mine.h5").read_text() == "mine"
    assert run.weight_steps() == [] and not run.metrics.exists()
