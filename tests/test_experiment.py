"""What train and evaluate refuse, and what a run's options change."""

import dataclasses
import math
import shutil

import numpy as np
import pytest

from tests import idle_steps
from transfusion_tf import datasets, experiment, files
from transfusion_tf.analysis import scaling_probe
from transfusion_tf.config.run import RunConfig
from transfusion_tf.data import folds
from transfusion_tf.runs import predictions
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.training import loop, step


def configuration(**settings):
    """RunConfig of three steps with these settings."""
    defaults = {
        "model": "cbr_tiny",
        "batch_size": 16,
        "steps": 3,
        "snapshots": 0,
    }
    return RunConfig.from_flags_dict({**defaults, **settings})


@pytest.fixture
def train(tiny_dataset, tmp_path):
    """Trains on the tiny data set with the settings given."""

    def start(run="run", **settings):
        settings = {"dataset": str(tiny_dataset), **settings}
        config = configuration(**settings)
        return experiment.train(config, run_dir=tmp_path / run)

    return start


@pytest.fixture
def steps(monkeypatch):
    """The steps of trainings from here on, in which no weight moves."""
    return idle_steps.replace_steps(monkeypatch)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_size": 8}, "cbr_tiny needs images of at least 16 pixels"),
        ({"dataset": "/nowhere"}, "--dataset=/nowhere is not a directory"),
        ({"num_virtual_devices": 2}, "goes with --strategy=mirrored"),
        ({"train_size": 1000}, "the training split has 160 images"),
        ({"select_threshold": 1}, "goes with ordinal tasks only"),
        ({"warmup_steps": 3}, "--warmup_steps=3 must be less than the 3"),
        (
            {"init": "pretrained", "weights": "/no"},
            "--weights=/no: there is no such file or directory",
        ),
        ({"model": "inception_v3"}, "inception_v3 needs images of at least 75"),
        (
            {"freeze_through": "block1"},
            "Unknown stage of cbr_tiny 'block1'; known: conv1, conv2, conv3",
        ),
        (
            {"freeze_through": "conv1", "unfreeze_at": 3},
            "--unfreeze_at=3 must be less than the 3 steps",
        ),
        ({"slim_from": "conv2"}, "goes with --model=cbr_larget_slim"),
        (
            {"model": "cbr_tiny_slim", "slim_from": "conv9"},
            "Unknown stage of cbr_tiny_slim 'conv9'; known: conv1",
        ),
    ],
)
def test_refuses_and_leaves_nothing(train, tmp_path, settings, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        train(**settings)
    assert not (tmp_path / "run").exists()


def test_bad_weights_are_told_before_the_data_set_is_made(
    tiny_dataset, monkeypatch, tmp_path
):
    monkeypatch.setattr(datasets, "open_for", None)
    config = RunConfig.from_flags_dict(
        {
            "dataset": str(tiny_dataset),
            "init": "pretrained",
            "weights": str(tmp_path / "no"),
        }
    )
    with pytest.raises(FileNotFoundError, match="--weights=.* there is no"):
        experiment.train(config, run_dir=tmp_path / "run")
    with pytest.raises(FileNotFoundError, match="--weights=.* there is no"):
        scaling_probe.run(config, split="train", num_images=2)


def test_weights_of_another_architecture_are_refused(train, tiny_runs):
    with pytest.raises(ValueError, match="do not fit cbr_small: "):
        train(model="cbr_small", init="pretrained", weights=str(tiny_runs[0]))


def test_a_stage_that_is_not_there_is_refused(train, tiny_runs):
    with pytest.raises(
        ValueError, match="stage of cbr_tiny 'fc'; known: conv1"
    ):
        train(init="transfusion", through="fc", weights=str(tiny_runs[0]))


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


def test_damaged_weights_are_named(train, tiny_runs, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(tiny_runs[0], broken)
    step = files.read_json(RunDir(broken).best)["step"]
    RunDir(broken).weights(step).write_bytes(b"not HDF5")
    with pytest.raises(ValueError, match="weights.h5 is damaged"):
        train(init="pretrained", weights=str(broken))
    RunDir(broken).checksums.unlink()
    with pytest.raises(ValueError, match="weights.h5 is not taken as weights"):
        train(init="pretrained", weights=str(broken))


def test_a_missing_shard_is_named(train, tiny_dataset, tmp_path):
    root = tmp_path / "records"
    shutil.copytree(tiny_dataset, root)
    shard = sorted(root.glob("*/*-train.tfrecord*"))[0]
    shard.unlink()
    with pytest.raises(FileNotFoundError, match=f"{shard.name} is missing"):
        train(dataset=str(root))


def test_a_damaged_shard_is_named(train, tiny_dataset, tmp_path):
    root = tmp_path / "records"
    shutil.copytree(tiny_dataset, root)
    shard = sorted(root.glob("*/*-train.tfrecord*"))[0]
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 255
    shard.write_bytes(content)
    with pytest.raises(ValueError, match=f"{shard.name} is damaged"):
        train(dataset=str(root))


def test_a_directory_that_cannot_be_made_is_told(train, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotADirectoryError):
        train("file/run")


def final_weights(run, step):
    backbone = experiment.load_backbone(run, step)
    return [v.numpy() for v in backbone.model.variables]


@pytest.fixture(scope="module")
def plain_steps(tiny_dataset, tmp_path_factory):
    """{optimizer: steps of a training with the default settings}."""
    root = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        made = idle_steps.replace_steps(patch)
        for optimizer in ("adam", "adam", "sgd"):
            experiment.train(
                configuration(dataset=str(tiny_dataset), optimizer=optimizer),
                run_dir=root / str(len(made)),
            )
    adam, again, sgd = made
    assert adam.seen == again.seen and adam.about == again.about
    return {"adam": adam, "sgd": sgd}


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd"},
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
def test_every_setting_reaches_the_steps(train, steps, plain_steps, settings):
    """No option is accepted and ignored; test_step has what comes of it."""
    is_beside = len(settings) > 1  # The optimizer that a setting goes with.
    plain = plain_steps[settings["optimizer"] if is_beside else "adam"]
    train(**settings)
    (changed,) = steps
    assert (plain.seen, plain.about) != (changed.seen, changed.about)


def test_an_interrupted_run_goes_on_exactly(train, monkeypatch, tmp_path):
    settings = {
        "steps": 10,
        "eval_every": 5,
        "optimizer": "sgd",  # With momentum, which is part of the state.
        "augment": ["shift"],
        "train_size": 40,
        # The interruption is in the first phase; the second follows.
        "freeze_through": "conv2",
        "unfreeze_at": 9,
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
    again = train("broken", **settings)
    assert len(calls) == 8 + 10 - 7  # Seven steps were not repeated.
    assert again.read_status()["status"] == "finished"
    for a, b in zip(
        final_weights(whole, 10), final_weights(again, 10), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_a_loss_that_is_no_number_ends_the_run_with_advice(
    train, steps, monkeypatch, tmp_path
):
    monkeypatch.setattr(idle_steps, "LOSS", math.nan)
    with pytest.raises(ValueError, match="no longer finite at step 3; give"):
        train()
    status = RunDir(tmp_path / "run").read_status()
    assert status["status"] == "failed" and "finite" in status["reason"]


def test_a_run_of_a_fold_is_tested_on_it(train, tiny_dataset, capsys):
    run = train(num_folds=4, fold=3, steps=1)
    printed = capsys.readouterr().out
    assert "The official test split of tiny is not used" in printed
    opened = experiment.open_dataset(tiny_dataset)
    ids = folds.of_records(opened, num_folds=4, fold=3).fold_ids
    for split in ("val", "test"):
        scored, _ = predictions.read(run.predictions(split))
        assert set(scored.ids) == ids[split]
    # Of the same records its fold is what is looked at, of others all.
    record = run_record.read(run)
    data = run_record.read_config(run).data
    for dataset in (None, str(tiny_dataset)):
        again = datasets.open_again(data, record["data"], dataset)
        assert again.fold_ids == ids
    other = {**record["data"], "fingerprint": "0" * 64}
    assert datasets.open_again(data, other).fold_ids is None


def test_evaluate_matches_classes_by_name(tiny_runs, tmp_path, tiny_dataset):
    opened = experiment.open_dataset(tiny_dataset)
    aucs = []
    for classes in (("0", "1"), ("1", "0")):
        card = dataclasses.replace(opened.card, classes=classes)
        numbers = experiment.evaluate(
            tiny_runs[0],
            dataclasses.replace(opened, card=card),
            "test",
            output_dir=tmp_path / classes[0],
        )
        aucs.append(numbers["auc"]["value"])
    # The same images under exchanged names.
    assert aucs[0] != 0.5
    assert aucs[1] == pytest.approx(1 - aucs[0])


def test_evaluate_refuses_other_classes(tiny_runs, tmp_path, tiny_dataset):
    opened = experiment.open_dataset(tiny_dataset)
    card = dataclasses.replace(opened.card, classes=("1", "2"))
    other = dataclasses.replace(opened, card=card)
    with pytest.raises(ValueError, match=r"classes \['1', '2'\]; the run was"):
        experiment.evaluate(
            tiny_runs[0], other, "test", output_dir=tmp_path / "out"
        )
    assert not (tmp_path / "out").exists()
