"""What the options of a run change, and runs that end before their time."""

import math
import shutil

import numpy as np
import pytest

from tests import idle_steps, short_trainings
from transfusion_tf import experiment, files
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.training import loop, step


@pytest.fixture
def train(tiny_dataset, tmp_path):
    """Trains on the tiny data set with the settings given."""
    return short_trainings.starter(tiny_dataset, tmp_path)


@pytest.fixture
def steps(monkeypatch):
    """The steps of trainings from here on, in which no weight moves."""
    return idle_steps.replace_steps(monkeypatch)


@pytest.mark.usefixtures("steps")
def test_a_scaling_that_contradicts_the_weights_is_refused(train, tiny_runs):
    source = str(tiny_runs[0])
    with pytest.raises(ValueError, match="--input_scaling=caffe contradicts"):
        train(init="pretrained", weights=source, input_scaling="caffe")
    run = train(init="pretrained", weights=source, input_scaling="tf")
    config = files.read_json(run.config)["config"]
    assert config["model"]["input_scaling"] == "tf"


@pytest.mark.usefixtures("steps")
def test_a_network_gets_the_scaling_of_its_source(train):
    source = train("source", input_scaling="torch")
    run = train("run", init="pretrained", weights=str(source.root))
    for made in (source, run):
        config = files.read_json(made.config)["config"]
        assert config["model"]["input_scaling"] == "torch"
    assert experiment.load_backbone(run, 0).scaling == "torch"


def test_frozen_stages_end_as_they_started(train, tiny_runs):
    run = train(
        model="cbr_tiny_slim",
        slim_width=0.25,
        init="transfusion",
        through="conv2",
        weights=str(tiny_runs[0]),
        freeze_through="conv2",
    )
    source = experiment.load_backbone(tiny_runs[0], "best")
    start, end = (experiment.load_backbone(run, step) for step in (0, "last"))
    for stage in end.stages:
        is_frozen = stage.name in ("conv1", "conv2")
        other = (source if is_frozen else start).stage(stage.name)
        same = [
            np.array_equal(a.numpy(), b.numpy())
            for a, b in zip(stage.variables, other.variables, strict=True)
        ]
        assert all(same) if is_frozen else not any(same)
    # The network that is built anew from the run's record is the slim one.
    widths = [stage.output.shape[-1] for stage in end.stages]
    assert widths == [32, 64, 32, 64]


@pytest.mark.usefixtures("steps")
def test_grey_images_are_told(train, capsys):
    train(steps=1)
    assert "images are grey" in capsys.readouterr().out


def final_weights(run, step):
    backbone = experiment.load_backbone(run, step)
    return [v.numpy() for v in backbone.model.variables]


@pytest.fixture(scope="module")
def plain_steps(tiny_dataset, tmp_path_factory):
    """{optimizer: steps of a training with the default settings}."""
    root = tmp_path_factory.mktemp("plain")
    train_plainly = short_trainings.starter(tiny_dataset, root)
    with pytest.MonkeyPatch.context() as patch:
        made = idle_steps.replace_steps(patch)
        for optimizer in ("adam", "adam", "sgd"):
            train_plainly(str(len(made)), optimizer=optimizer)
    adam, again, sgd = made
    assert adam.seen == again.seen and adam.about == again.about
    return {"adam": adam, "sgd": sgd}


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd"},
        {"optimizer": "sgd", "momentum": 0.5},
        {"optimizer": "sgd", "weight_decay": 0.1},
        {"clip_norm": 1.0},
        {"ema_momentum": 0.9},
        {"head_bias": "prior"},
        {"class_weights": ["1", "2"]},
        {"learning_rate": 0.01},
        {"schedule": "constant"},
        {"warmup_steps": 2},
        {"augment": ["horizontal_flip"]},
        {"train_size": 48},
        {"image_size": 20},
        {"bn_momentum": 0.5},
        {"seed": 1},
    ],
)
def test_every_setting_reaches_the_steps(train, steps, plain_steps, settings):
    """No option is accepted and ignored; test_step has what comes of it."""
    is_beside = len(settings) > 1  # The optimizer that a setting goes with.
    plain = plain_steps[settings["optimizer"] if is_beside else "adam"]
    train(**settings)
    (changed,) = steps
    assert (plain.seen, plain.about) != (changed.seen, changed.about)


def test_an_interrupted_run_goes_on_exactly(
    train, monkeypatch, tmp_path, capsys
):
    settings = {
        "steps": 10,
        "eval_every": 5,
        # Momentum and the average are part of the state.
        "optimizer": "sgd",
        "weight_decay": 0.1,
        "clip_norm": 1.0,
        "ema_momentum": 0.9,
        "augment": ["shift"],
        "train_size": 40,
        # The interruption is in the first phase; the second follows.
        "freeze_through": "conv1",
        "unfreeze_at": 9,
        "truncate_at": "conv2",  # To trace more layers would show no more.
    }
    whole = train("whole", **settings)
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_STATES", 0)
    plain, calls = step.TrainStep.__call__, []

    def interrupted(self, batch, **numbers):
        calls.append(numbers["step"])
        if len(calls) == 8:  # Its batch spans two epochs, of 2.5 steps.
            raise KeyboardInterrupt
        return plain(self, batch, **numbers)

    monkeypatch.setattr(step.TrainStep, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train("broken", **settings)
    broken = RunDir(tmp_path / "broken")
    assert broken.read_status()["status"] == "failed"
    damaged = RunDir(shutil.copytree(broken.root, tmp_path / "damaged"))
    content = bytearray(damaged.state.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.state.write_bytes(content)
    # Seven steps are not repeated; six, where the newest state is damaged.
    for run, kept in ((broken, 7), (damaged, 6)):
        del calls[:]
        again = train(run.root.name, **settings)
        assert len(calls) == 10 - kept
        said = capsys.readouterr().out
        assert f"Continued from step {kept}." in said
        is_told = "was damaged; the run goes on" in said
        assert is_told == (run is damaged)
        assert again.read_status()["status"] == "finished"
        assert files.read_json(again.config)["parts"][-1]["step"] == kept
        assert not any(path.exists() for path in again.states)
        for a, b in zip(
            final_weights(whole, 10), final_weights(again, 10), strict=True
        ):
            np.testing.assert_array_equal(a, b)
        for split in ("val", "test"):
            files_of = [r.predictions(split).read_bytes() for r in (whole, run)]
            assert files_of[0] == files_of[1]


def test_a_loss_that_is_no_number_ends_the_run_with_advice(
    train, steps, monkeypatch, tmp_path
):
    monkeypatch.setattr(idle_steps, "LOSS", math.nan)
    with pytest.raises(ValueError, match="no longer finite at step 3; give"):
        train()
    status = RunDir(tmp_path / "run").read_status()
    assert status["status"] == "failed" and "finite" in status["reason"]
