"""What train and evaluate refuse, and which images and classes they take."""

import dataclasses
import shutil

import pytest

from tests import short_trainings
from transfusion_tf import datasets, experiment, files
from transfusion_tf.analysis import scaling_probe
from transfusion_tf.config.run import RunConfig
from transfusion_tf.data import folds
from transfusion_tf.runs import predictions
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir


@pytest.fixture
def train(tiny_dataset, tmp_path):
    """Trains on the tiny data set with the settings given."""
    return short_trainings.starter(tiny_dataset, tmp_path)


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
