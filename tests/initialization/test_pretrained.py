"""Sources by what --weights says, and networks of runs."""

import json
import shutil

import numpy as np
import pytest

from transfusion_tf.initialization import matching, pretrained
from transfusion_tf.models import zoo
from transfusion_tf.runs import networks
from transfusion_tf.runs.directory import RunDir


@pytest.fixture
def run(tiny_runs, tmp_path):
    """A copy of a run, to be tampered with."""
    return RunDir(shutil.copytree(tiny_runs[0], tmp_path / "run"))


def edit_scaling(run, value):
    record = json.loads(run.config.read_text())
    record["config"]["model"]["input_scaling"] = value
    run.config.write_text(json.dumps(record))


def test_a_run_is_a_source_of_its_best_weights(run):
    source = pretrained.read(str(run.root), "cbr_tiny")
    step = run.checkpoint_step("best")
    backbone = networks.load_backbone(run, "best")
    match = matching.plan(backbone, source)
    for stage in backbone.stages:
        for weight in stage.variables:
            np.testing.assert_array_equal(match.values[weight.path], weight)
    assert len(match.values) == 20
    assert set(match.skipped) == {"logits/0", "logits/1"}
    assert source.name == f"{run.root} (cbr_tiny)"
    del source.identity["sha256"]
    assert source.identity == {
        "kind": "run",
        "model": "cbr_tiny",
        "dataset": "tiny",
        "step": step,
        "file": run.weights(step).name,
        "format": "keras-3-weights",
        "architecture": "cbr_tiny",
    }


@pytest.mark.parametrize(
    "written, expected", [("caffe", "caffe"), ("auto", "tf")]
)
def test_a_run_needs_the_scaling_that_it_had(run, written, expected):
    edit_scaling(run, written)
    source = pretrained.read(str(run.root), "cbr_tiny")
    assert source.scalings == (expected,)


def test_damaged_weights_without_a_checksum_are_refused(run):
    run.checksums.unlink()  # As in the directories of earlier releases.
    path = run.weights(run.checkpoint_step("best"))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="is damaged or cut short"):
        pretrained.read(str(run.root), "cbr_tiny")
    with pytest.raises(ValueError, match="does not hold the weights of a"):
        networks.load_backbone(run, "best")


def test_one_flipped_bit_is_named_wherever_the_weights_are_read(run):
    step = run.checkpoint_step("best")
    path, content = run.weights(step), bytearray()
    backbone = networks.load_backbone(run, step)
    content += path.read_bytes()
    place = content.index(backbone.first_kernel.numpy().tobytes())
    content[place] ^= 1
    path.write_bytes(content)
    for read in (
        lambda: networks.load_backbone(run, "best"),
        lambda: pretrained.read(str(run.root), "cbr_tiny"),
        lambda: pretrained.read(str(path), "cbr_tiny"),
    ):
        with pytest.raises(ValueError, match=f"{path.name} is damaged: it is"):
            read()
    run.checksums.unlink()
    networks.load_backbone(run, "best")
    assert networks.load_backbone(run, 0)


@pytest.mark.parametrize("section", ["data", "model", "init", "train", "seed"])
def test_a_damaged_configuration_is_named(run, section):
    record = json.loads(run.config.read_text())
    record["config"][section] = None
    run.config.write_text(json.dumps(record))
    for read in (
        lambda: networks.load_backbone(run, "best"),
        lambda: pretrained.read(str(run.root), "cbr_tiny"),
    ):
        with pytest.raises(ValueError, match=f"config.json .*config.{section}"):
            read()


def test_a_setting_of_another_type_is_named(run):
    edit_scaling(run, 7)
    with pytest.raises(
        ValueError, match="config.json: --input_scaling must be text"
    ):
        networks.load_backbone(run, "best")


def test_a_run_of_another_format_is_a_source(run):
    record = json.loads(run.config.read_text())
    for key in ("format", "parts"):
        del record[key]
    run.config.write_text(json.dumps(record))
    assert pretrained.read(str(run.root), "cbr_tiny").identity["kind"] == "run"
    assert networks.load_backbone(run, "best")


def test_a_directory_that_is_no_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no weights"):
        pretrained.read(str(tmp_path), "cbr_tiny")


def test_nothing_there_lists_what_could_be_given():
    with pytest.raises(
        FileNotFoundError,
        match="--weights=/no: there is no such file or directory; give a file, "
        "a run directory, imagenet or radimagenet",
    ):
        pretrained.read("/no", "cbr_tiny")


def test_the_scaling_of_a_file_is_not_known(tmp_path):
    path = tmp_path / "w.h5"
    backbone = zoo.build("cbr_tiny", num_outputs=2, image_size=16)
    backbone.model.save(path)
    source = pretrained.read(str(path), "cbr_tiny")
    assert source.scalings == ()
    assert source.identity["kind"] == "file"
    assert len(matching.plan(backbone, source).values) == 20
