"""What train and evaluate refuse, and what a run's options change."""

import shutil

import numpy as np
import pytest

from transfusion_tf import experiment, files
from transfusion_tf.config import RunConfig
from transfusion_tf.run_dir import RunDir


@pytest.fixture
def train(tiny_dataset, tmp_path):
    """Trains on the tiny data set with the settings given."""

    def start(run="run", **settings):
        defaults = {
            "dataset": str(tiny_dataset),
            "model": "cbr_tiny",
            "batch_size": 16,
            "steps": 3,
        }
        config = RunConfig.from_flags_dict({**defaults, **settings})
        return experiment.train(config, run_dir=tmp_path / run)

    return start


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_size": 8}, "cbr_tiny needs images of at least 16 pixels"),
        ({"dataset": "/nowhere"}, "--dataset=/nowhere is not a directory"),
        ({"num_virtual_devices": 2}, "goes with --strategy=mirrored"),
        ({"train_size": 1000}, "the training split has 160 images"),
        ({"batch_size": 161}, "is more than the 160 training images"),
        ({"select_threshold": 1}, "goes with ordinal tasks only"),
        ({"warmup_steps": 3}, "--warmup_steps=3 must be less than the 3"),
        (
            {"init": "pretrained", "weights": "/no"},
            "--weights=/no is not a directory",
        ),
    ],
)
def test_refuses_and_leaves_nothing(train, tmp_path, settings, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        train(**settings)
    assert not (tmp_path / "run").exists()


def test_weights_of_another_architecture_are_refused(train, tiny_runs):
    with pytest.raises(ValueError, match="do not fit cbr_small: "):
        train(model="cbr_small", init="pretrained", weights=str(tiny_runs[0]))


def test_damaged_weights_are_named(train, tiny_runs, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(tiny_runs[0], broken)
    step = files.read_json(RunDir(broken).best)["step"]
    RunDir(broken).weights(step).write_bytes(b"not HDF5")
    with pytest.raises(ValueError, match="weights.h5 does not hold the weig"):
        train(init="pretrained", weights=str(broken))


def test_a_missing_shard_is_named(train, tiny_dataset, tmp_path):
    root = tmp_path / "records"
    shutil.copytree(tiny_dataset, root)
    shard = sorted(root.glob("*/*-train.tfrecord*"))[0]
    shard.unlink()
    with pytest.raises(FileNotFoundError, match=f"{shard.name} is missing"):
        train(dataset=str(root))


def final_weights(run, step):
    backbone = experiment.load_backbone(run, step)
    return [v.numpy() for v in backbone.model.variables]


@pytest.fixture(scope="module")
def plain_runs(tiny_dataset, tmp_path_factory):
    """{optimizer: run} of three steps with the default settings."""
    root = tmp_path_factory.mktemp("plain")
    return {
        optimizer: experiment.train(
            RunConfig.from_flags_dict(
                {
                    "dataset": str(tiny_dataset),
                    "model": "cbr_tiny",
                    "batch_size": 16,
                    "steps": 3,
                    "optimizer": optimizer,
                }
            ),
            run_dir=root / optimizer,
        )
        for optimizer in ("adam", "sgd")
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd", "momentum": 0.5},
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
def test_every_setting_changes_the_result(train, plain_runs, settings):
    """No option is accepted and ignored."""
    plain = plain_runs[settings.get("optimizer", "adam")]
    changed = train(**settings)
    assert any(
        not np.array_equal(a, b)
        for a, b in zip(
            final_weights(plain, 3), final_weights(changed, 3), strict=True
        )
    )


def test_an_interrupted_run_goes_on_exactly(train, monkeypatch, tmp_path):
    from transfusion_tf.training import loop, step

    settings = {"steps": 25, "eval_every": 4, "augment": ["shift"]}
    whole = train("whole", **settings)
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_STATES", 0)
    plain, calls = step.TrainStep.__call__, []

    def interrupted(self, batch, rate):
        calls.append(rate)
        if len(calls) == 15:  # In the middle of the second epoch of ten.
            raise KeyboardInterrupt
        return plain(self, batch, rate)

    monkeypatch.setattr(step.TrainStep, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train("broken", **settings)
    broken = RunDir(tmp_path / "broken")
    assert broken.read_status()["status"] == "failed"
    again = train("broken", **settings)
    assert len(calls) == 15 + 25 - 14  # Fourteen steps were not repeated.
    assert again.read_status()["status"] == "finished"
    for a, b in zip(
        final_weights(whole, 25), final_weights(again, 25), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_a_loss_that_is_no_number_ends_the_run_with_advice(train, tmp_path):
    with pytest.raises(ValueError, match="no longer finite at step"):
        train(
            optimizer="sgd",
            momentum=0.0,
            learning_rate=3e38,
            schedule="constant",
            steps=30,
        )
    status = RunDir(tmp_path / "run").read_status()
    assert status["status"] == "failed" and "finite" in status["reason"]


def test_evaluate_refuses_other_classes(tiny_runs, tmp_path, tiny_dataset):
    import dataclasses

    opened = experiment.open_dataset(tiny_dataset)
    card = dataclasses.replace(opened.card, classes=("1", "0"))
    other = dataclasses.replace(opened, card=card)
    with pytest.raises(ValueError, match=r"classes \['1', '0'\]; the run was"):
        experiment.evaluate(
            tiny_runs[0], other, "test", output_dir=tmp_path / "out"
        )
    assert not (tmp_path / "out").exists()
