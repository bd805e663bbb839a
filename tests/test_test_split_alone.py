"""Records of a test split alone, from a folder to the scores of a run."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.conftest import blobs
from transfusion_tf import experiment, external, tables
from transfusion_tf.config.run import RunConfig
from transfusion_tf.data import records

NUM_IMAGES = 14


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """test/<class>/<number>.png with the classes of `tiny_dataset`."""
    root = tmp_path_factory.mktemp("raw")
    images, labels = blobs(NUM_IMAGES, size=16, seed=5)
    for number, (image, (label,)) in enumerate(
        zip(images, labels, strict=True)
    ):
        path = root / "test" / str(label) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return root


@pytest.fixture(scope="module")
def alone(folder, binary, tmp_path_factory):
    """The records of `folder`."""
    out = tmp_path_factory.mktemp("records") / "elsewhere"
    done = binary(
        "data_prep/make_tfrecords.py",
        "--source=image_folder",
        f"--input={folder}",
        f"--output_dir={out}",
    )
    assert done.returncode == 0, done.stderr
    assert "drawn" not in done.stderr
    assert [line.split() for line in done.stdout.splitlines()[1:5]] == [
        ["test"],
        ["images", "14"],
        ["0", "7"],
        ["1", "(positive)", "7"],
    ]
    return out


def test_a_folder_of_a_test_split_has_that_split_alone(alone):
    card = records.open_records(alone, verify=True).card
    assert card.num_examples == {"test": NUM_IMAGES}
    assert card.counts == {"test": {"0": 7, "1": 7}}
    assert card.splits == {"test": "official"}


def test_all_images_become_the_test_split_where_asked(
    alone, folder, binary, tmp_path
):
    done = binary(
        "data_prep/make_tfrecords.py",
        "--source=image_folder",
        f"--input={folder / 'test'}",
        "--splits=test",
        f"--output_dir={tmp_path / 'elsewhere'}",
    )
    assert done.returncode == 0, done.stderr
    card = records.open_records(tmp_path / "elsewhere").card
    assert card.splits == {"test": "all images"}
    # Also their checksums.
    assert card.shards == records.open_records(alone).card.shards


def test_a_run_is_scored_on_every_image_once(tiny_runs, alone, tmp_path):
    opened = experiment.open_dataset(alone)
    found = experiment.evaluate(
        tiny_runs[0], opened, "test", output_dir=tmp_path
    )
    table = tables.read_text(tmp_path / "predictions.csv")
    assert len(table) == table["id"].nunique() == NUM_IMAGES
    scores = table["score_1"].astype(float).to_numpy()
    is_one = (table["label"] == "1").to_numpy()
    above = np.subtract.outer(scores[is_one], scores[~is_one])
    by_hand = np.mean((above > 0) + 0.5 * (above == 0))
    assert found["auc"]["value"] == pytest.approx(by_hand)


def test_runs_are_compared_on_it(tiny_runs, alone, tmp_path):
    runs, left_out = external.score(tiny_runs, alone, output_dir=tmp_path)
    assert [len(run.predictions) for run in runs] == [NUM_IMAGES] * 2
    assert left_out == []


def test_it_is_audited(alone, binary, tmp_path):
    done = binary(
        "data_prep/audit_dataset.py",
        f"--records={alone}",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "audit.json").read_text())
    assert report["images"] == NUM_IMAGES
    assert report["counts"] == {"test": {"0": 7, "1": 7}}


def test_it_trains_nothing_and_one_line_says_why(alone, tmp_path):
    config = RunConfig.from_flags_dict(
        {"dataset": str(alone), "model": "cbr_tiny", "steps": 1}
    )
    with pytest.raises(ValueError, match="no split 'train'; it has test. A "):
        experiment.train(config, run_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(ValueError, match="no split 'val'; it has test. A test"):
        records.open_records(alone).num_examples("val")


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--on_leak=report", "--on_leak=report goes with several splits"),
        ("--near_duplicates=group", "--near_duplicates=group goes with"),
        ("--seed=3", "--seed=3 goes with several splits"),
        ("--test_fraction=0.2", "--test_fraction does not go with --splits=te"),
    ],
)
def test_flags_that_would_do_nothing(folder, binary, tmp_path, flag, message):
    done = binary(
        "data_prep/make_tfrecords.py",
        "--source=image_folder",
        f"--input={folder}",
        "--splits=test",
        flag,
        f"--output_dir={tmp_path / 'out'}",
    )
    assert done.returncode == 2 and message in done.stderr
    assert not list(tmp_path.iterdir())
