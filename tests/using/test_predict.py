"""Predictions of new images, against those of the run's own test split."""

import json
import shutil

import numpy as np
import pytest

from tests import dicoms, image_files, short_trainings
from tests.using import folders
from transfusion_tf import tables
from transfusion_tf.runs import predictions
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.using import picture, predict

SIZE = 20
COUNTS = {"train": 8, "val": 5, "test": 5}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(folder of files, RunDir of a run on their records)."""
    root = tmp_path_factory.mktemp("using")
    raw = folders.write(
        root / "raw", folders.jpeg, counts=COUNTS, suffix=".jpg"
    )
    folders.converted(raw, root / "records", image_size=SIZE)
    start = short_trainings.starter(root / "records", root)
    return raw, start(learning_rate=1e-2, batch_size=8)


@pytest.fixture
def run(made, tmp_path):
    return RunDir(shutil.copytree(made[1].root, tmp_path / "run"))


def change(path, update):
    value = json.loads(path.read_text())
    update(value)
    path.write_text(json.dumps(value))


def test_the_runs_own_test_images_get_its_own_scores(made, tmp_path):
    raw, run = made
    found = predict.predict(run.root, raw / "test", tmp_path / "out")
    table = tables.read(tmp_path / "out" / "predictions.csv")
    files = sorted(
        p.relative_to(raw / "test").as_posix() for p in raw.rglob("test*.jpg")
    )
    assert list(table["file"]) == files and len(files) == 10
    own, _ = predictions.read(run.predictions("test"))
    by_id = dict(zip(own.ids, own.scores, strict=True))
    expected = [by_id[folders.id_of(raw / "test" / name)] for name in files]
    np.testing.assert_allclose(found.scores, expected, rtol=0, atol=1e-6)
    assert np.std(expected) > 1e-3
    scores = table[["score_left", "score_right"]].to_numpy(np.float32)
    np.testing.assert_array_equal(scores, found.scores)
    (threshold,) = found.thresholds
    of_metrics = run.read_metrics()["decision"]["thresholds"][0]["value"]
    assert threshold == of_metrics
    assert list(table["decision"] == "right") == [
        score >= threshold for score in found.scores[:, 1].astype(float)
    ]
    assert (table["left_out"] == "").all()


def test_scores_do_not_depend_on_the_other_files(made, tmp_path):
    raw, run = made
    both = predict.predict(run.root, raw, tmp_path / "all")
    one = raw / "test" / "left"
    few = predict.predict(run.root, one, tmp_path / "few", threshold=0)
    places = both.table["file"].str.startswith("test/left/").to_numpy()
    np.testing.assert_allclose(both.scores[places], few.scores, atol=1e-6)
    assert set(few.table["decision"]) == {"right"}  # At a threshold of 0.


def test_what_cannot_be_used_says_why_and_the_rest_goes_on(made, tmp_path):
    raw, run = made
    mixed = tmp_path / "input"
    shutil.copytree(raw / "test" / "left", mixed)
    half = next(mixed.iterdir()).read_bytes()[:400]
    (mixed / "a.jpg").write_bytes(half)
    (mixed / "readme.txt").write_text("of nobody")
    deep = np.arange(400, dtype=np.uint16).reshape(20, 20)
    (mixed / "deep.png").write_bytes(image_files.encoded(deep))
    (mixed / "IM1").write_bytes(dicoms.raw_of("CT_small.dcm"))
    found = predict.predict(run.root, mixed, tmp_path / "out")
    table = found.table.set_index("file")
    reasons = table["left_out"]
    assert "damaged" in reasons["a.jpg"]
    assert "16 bits" in reasons["deep.png"]
    assert "16 bits" in reasons["IM1"]
    assert reasons["readme.txt"] and (reasons == "").sum() == 5
    assert table["score_left"].isna().sum() == len(table) - 5
    written = (tmp_path / "out" / "predictions.csv").read_text()
    assert "n/a,n/a,n/a," in written


def test_nothing_that_can_be_used_is_an_error(made, tmp_path):
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.png").write_bytes(b"GIF")
    with pytest.raises(ValueError, match="None of the 1 files of .*a.png: "):
        predict.predict(made[1].root, tmp_path / "input", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_the_records_the_run_knows_how_to_prepare(run, made, tmp_path):
    def forget(record):
        record["config"]["data"]["dataset"] = str(tmp_path / "gone")

    change(run.config, forget)
    image = made[0] / "test" / "left"
    assert len(predict.predict(run.root, image, tmp_path / "out").scores) == 5

    with pytest.raises(ValueError, match="--dataset=x has no effect"):
        predict.predict(run.root, image, tmp_path / "out", dataset="x")

    # As of an earlier release, without and with the records.
    change(run.config, lambda record: record["data"].pop("images"))
    with pytest.raises(ValueError, match="gone is not a dir.* are now"):
        predict.predict(run.root, image, tmp_path / "out")
    moved = made[0].parent / "records"
    found = predict.predict(run.root, image, tmp_path / "out", dataset=moved)
    assert len(found.scores) == 5
    change(run.config, lambda record: record["data"].update(fingerprint="0"))
    with pytest.raises(ValueError, match="is not what .* was trained on"):
        predict.predict(run.root, image, tmp_path / "out", dataset=moved)


def test_runs_that_are_refused(run, made, tmp_path):
    def refused(reason, **options):
        with pytest.raises(ValueError, match=reason):
            predict.predict(run.root, made[0], tmp_path / "out", **options)

    refused("--threshold is a probability.* Received: 1.5", threshold=1.5)
    refused("chosen its threshold with the weights of step", checkpoint=0)
    undefined = [{"name": "right", "value": None, "reason": "one class"}]
    change(
        run.metrics,
        lambda metrics: metrics["decision"].update(thresholds=undefined),
    )
    refused("gives no threshold .* give --threshold=X")
    change(run.status, lambda status: status.update(status="running"))
    refused("is not finished .running.: .* goes on")
    assert not (tmp_path / "out").exists()


def test_a_threshold_has_no_effect_where_grades_are_decided(run):
    change(run.config, lambda record: record["data"].update(task="ordinal"))
    network = predict.trained.open_run(run.root)
    assert network.thresholds() == ()
    with pytest.raises(ValueError, match="--threshold=0.5 has no effect"):
        network.thresholds(0.5)


def test_directories_that_are_refused(made, tmp_path):
    raw, run = made
    with pytest.raises(ValueError, match="is in the folder that is scored"):
        predict.predict(run.root, raw, raw / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds other things .thesis.txt."):
        predict.predict(run.root, raw, tmp_path / "out")


def test_the_command(made, tmp_path, binary):
    raw, run = made
    command = (
        "run_scripts/predict.py",
        f"--run_dir={run.root}",
        f"--input={raw / 'test'}",
        f"--output_dir={tmp_path / 'out'}",
    )
    for _ in range(2):  # The second call takes the place of the first.
        done = binary(*command)
        assert done.returncode == 0, done.stderr
        assert "10 of 10 files scored" in done.stdout
        assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
            "predictions.csv",
            picture.predict.PICTURE,
        ]
    done = binary(*command, "--threshold=2")
    assert done.returncode == 2 and done.stderr.startswith("error: --thresh")
