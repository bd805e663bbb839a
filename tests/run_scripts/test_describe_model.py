"""The binary describe_model.py: the table, the CSV and bad input."""

import keras
import pytest
from safetensors import numpy as safetensors_numpy

from tests.initialization import pytorch_state
from transfusion_tf import tables
from transfusion_tf.models import zoo

SCRIPT = "run_scripts/describe_model.py"


def test_table_counts_and_csv(binary, tmp_path):
    done = binary(
        SCRIPT,
        "--model=cbr_tiny",
        "--image_size=64",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "cbr_tiny: images of 64 x 64 pixels (at least 16), input scaling tf "
        "(native: tf)"
    )
    assert "stage  output layer" in lines[1]
    # 32 * 32 positions of 25 * 32 * 64 products.
    conv2 = "conv2 conv2_relu 32 x 32 x 64 2 51,456 51,328 52,428,800"
    assert lines[3].split() == conv2.split()
    assert lines[7].split()[:4] == ["total", "9", "1,080,805", "1,079,845"]
    assert lines[8].startswith("published count: 1,076,480 (Raghu et al. 2019")
    assert lines[8].endswith("5 outputs: 1,076,480")
    assert lines[9] == str(tmp_path / "stages.csv")

    table = tables.read(tmp_path / "stages.csv")
    assert list(table["stage"]) == [
        *("conv1", "conv2", "conv3", "conv4", "head")
    ]
    assert table["parameters"].sum() == 1_080_805
    assert table["multiply_adds"][1] == 52_428_800


def test_settings_reach_the_network(binary):
    done = binary(
        SCRIPT,
        "--model=cbr_tiny_slim",
        "--slim_from=conv4",
        "--slim_width=0.25",
        "--input_scaling=caffe",
        "--num_outputs=2",
    )
    assert done.returncode == 0, done.stderr
    assert "224 x 224 pixels" in done.stdout
    assert "input scaling caffe (native: tf)" in done.stdout
    assert "28 x 28 x 64" in done.stdout  # 256 / 4 in conv4.
    assert "1 x 1 x 2" in done.stdout
    assert "published count: none" in done.stdout


def test_a_truncated_network_has_the_stages_below_and_a_head(binary):
    done = binary(
        SCRIPT, "--model=cbr_tiny", "--truncate_at=conv2", "--num_outputs=3"
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("cbr_tiny@conv2: images of 224 x 224 pixels")
    stages = [line.split()[0] for line in lines[2:]]
    assert stages == ["conv1", "conv2", "head", "total", "published"]
    # 64 channels to three outputs.
    assert lines[4].split()[-3:] == ["195", "195", "192"]
    assert "published count: none" in done.stdout


@pytest.fixture
def resnet18(tmp_path):
    """A file of PyTorch's weights, below a prefix."""
    with keras.StatelessScope():
        backbone = zoo.build("resnet18", num_outputs=2, image_size=32)
    path = tmp_path / "w.safetensors"
    state = pytorch_state.state(backbone, prefix="backbone.")
    safetensors_numpy.save_file(state, path)
    return path


def test_what_becomes_of_each_tensor_of_a_source(binary, tmp_path, resnet18):
    out = tmp_path / "out"
    weights = f"--weights={resnet18}"
    done = binary(SCRIPT, "--model=resnet18", weights, f"--output_dir={out}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-4].startswith("weights: w.safetensors (safetensors), sha256 ")
    assert lines[-4].endswith(": 100 of 122 tensors taken")
    assert lines[-3] == (
        "skipped: 2, belongs to the head: backbone.fc.weight, backbone.fc.bias"
    )
    assert lines[-2] == (
        "skipped: 20, counts training steps of batch norm: "
        "backbone.bn1.num_batches_tracked, "
        "backbone.layer1.0.bn1.num_batches_tracked, "
        "backbone.layer1.0.bn2.num_batches_tracked, ..."
    )
    table = tables.read(out / "weights.csv").set_index("tensor")
    assert len(table) == 122
    row = table.loc["backbone.layer2.0.downsample.0.weight"]
    assert list(row) == ["1 x 1 x 64 x 128", "layer2_0_downsample_0/kernel", ""]

    done = binary(SCRIPT, "--model=resnet50_v1_5", weights)
    assert done.returncode == 2
    assert "They look like resnet18; give weights" in done.stderr


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--model=vgg"], "cbr_larget"),
        (["--model=resnet50", "--image_size=31"], "at least 32 pixels"),
        (["--num_outputs=0"], "num_outputs"),
        (["--truncate_at=block9"], "known: conv1, conv2, conv3, conv4"),
        (["--truncate_at=conv4"], "nothing would be cut off"),
    ],
)
def test_bad_input_is_one_line(binary, tmp_path, flags, message):
    done = binary(SCRIPT, *flags, f"--output_dir={tmp_path / 'out'}")
    assert done.returncode == 2
    lines = [
        line for line in done.stderr.splitlines() if line.startswith("error: ")
    ]
    assert len(lines) == 1 and message in lines[0]
    assert not (tmp_path / "out").exists()
