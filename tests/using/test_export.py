"""Exported files, read without this package, against the run's predictions."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from transfusion_tf import files
from transfusion_tf.runs import predictions
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.using import export, formats

# Scores images with plain Keras and TensorFlow, as somebody else would.
READER = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "transfusion_tf":
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
import keras, numpy, tensorflow as tf
folder, images = sys.argv[1], numpy.load(sys.argv[2])
model = keras.models.load_model(f"{folder}/model.keras")
served = tf.saved_model.load(f"{folder}/saved_model").signatures
scores = [
    model.predict(images, verbose=0),
    served["serving_default"](image=tf.constant(images))["scores"],
    served["serving_uint8"](image=tf.cast(images, tf.uint8))["scores"],
]
assert "transfusion_tf" not in sys.modules
numpy.save(sys.argv[3], scores)
"""


@pytest.fixture(scope="module")
def exported(tiny_runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "network"
    return folder, export.export(tiny_runs[0], folder)


@pytest.fixture
def run(tiny_runs, tmp_path):
    return RunDir(shutil.copytree(tiny_runs[0], tmp_path / "run"))


def reference(run_dir):
    from transfusion_tf.using import trained

    network = trained.open_run(run_dir)
    return export._reference(network, network.records())


def test_files_are_read_without_this_package(exported, tiny_runs, tmp_path):
    folder, _ = exported
    images, scores = reference(tiny_runs[0])
    np.save(tmp_path / "images.npy", images)
    paths = [tmp_path / "images.npy", tmp_path / "scores.npy"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", READER, folder, *paths],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    for found in np.load(paths[1]):
        np.testing.assert_allclose(found, scores, rtol=0, atol=1e-5)
    own, _ = predictions.read(RunDir(tiny_runs[0]).predictions("test"))
    assert len(scores) == 32
    np.testing.assert_array_equal(scores, own.scores[:32])
    assert scores.std() > 1e-3


def test_differences_are_measured_and_kept(exported):
    folder, found = exported
    assert [one.format for one in found] == ["saved_model", "keras", "tflite"]
    card = json.loads((folder / "model_card.json").read_text())
    for one, kept in zip(found, card["files"], strict=True):
        assert 0 <= one.difference <= 1e-5 and one.num_images == 32
        assert one.path.parent == folder and one.path.exists()
        assert kept["largest_difference"] == one.difference
        if one.path.is_file():
            assert kept["sha256"] == files.file_sha256(one.path)
    assert sorted(path.name for path in folder.iterdir()) == [
        "model.keras",
        "model.tflite",
        "model_card.json",
        "saved_model",
    ]
    assert not list(folder.parent.glob(".tmp-*"))
    assert card["input"]["shape"] == [None, 16, 16, 3]
    assert card["classes"] == ["0", "1"] and card["preparation"]


def test_other_scores_are_no_export(run, tmp_path, monkeypatch):
    def refused(reason, **options):
        with pytest.raises(ValueError, match=reason):
            export.export(run.root, tmp_path / "out", ["keras"], **options)
        assert not (tmp_path / "out").exists()
        assert not list(tmp_path.glob(".tmp-*"))

    right = formats.FORMATS["keras"]
    wrong = formats.Format(
        right.file, right.write, lambda *of: right.score(*of) + 1e-4
    )
    with monkeypatch.context() as patched:
        patched.setitem(formats.FORMATS, "keras", wrong)
        refused("differ from those of the run by up to 0.0001.* Leave this")
    scored, classes = predictions.read(run.predictions("test"))
    scored.scores[:] = scored.scores[:, ::-1]
    run.checksums.unlink()
    predictions.write(run.predictions("test"), scored, classes)
    refused("The network of the run itself differs by .* where it was trained")


def test_what_is_refused(run, tmp_path, monkeypatch):
    def refused(reason, names=("keras",), out="out", **options):
        with pytest.raises(ValueError, match=reason):
            export.export(run.root, tmp_path / out, names, **options)

    refused(
        "Unknown format 'onnx'; known: saved_model, keras, tflite", ["onnx"]
    )
    refused("is there and not an empty directory", out="run")
    refused("x is not a directory.* --dataset=DIR says where", dataset="x")
    with monkeypatch.context() as patched:
        patched.setattr(formats, "_interpreter", lambda: None)
        refused("could not be proved; install ai-edge-litert", ["tflite"])
    status = json.loads(run.status.read_text())
    run.status.write_text(json.dumps({**status, "status": "running"}))
    refused("is not finished")


def test_the_command(tiny_runs, tmp_path, binary):
    done = binary(
        "run_scripts/export_model.py",
        f"--run_dir={tiny_runs[0]}",
        f"--output_dir={tmp_path / 'out'}",
        "--format=keras",
    )
    assert done.returncode == 0, done.stderr
    assert "model.keras: largest difference" in done.stdout
    assert pathlib.Path(done.stdout.splitlines()[-1]).is_file()
