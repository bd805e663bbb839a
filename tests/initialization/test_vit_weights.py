"""Vision transformers with weights in timm's names, against PyTorch.

The golden values are made by tests/initialization/torch_vit.py, which is run
anew where there is a Python with torch.
"""

import json
import subprocess

import numpy as np
import pytest
import safetensors.numpy

from tests import torch_python
from tests.conftest import ROOT
from tests.initialization import vit_weights
from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import matching, schemes, weight_files
from transfusion_tf.models import zoo

CASES = [
    (network, native, size)
    for network, of_network in vit_weights.SIZES.items()
    for native, sizes in of_network
    for size in sizes
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A function (network, side of images, {name: tensor}) -> path."""
    folder = tmp_path_factory.mktemp("written")

    def write(network, size, **others):
        path = folder / f"{network}-{size}-{'-'.join(others)}.safetensors"
        if not path.exists():
            tensors = vit_weights.tensors(network, size) | others
            safetensors.numpy.save_file(tensors, path)
        return path

    return write


@pytest.fixture(scope="module")
def outputs(written):
    """{"<network>/<weights>/<images>/<stage>": (images, tokens, channels)}."""
    found = {}
    for network, native, size in CASES:
        backbone = zoo.build(network, num_outputs=3, image_size=size)
        source = weight_files.read(written(network, native))
        report = start(backbone, source)
        assert ("interpolated" in str(report["warnings"])) == (native != size)
        images = vit_weights.images(size).astype(np.float32)
        maps = backbone.feature_extractor()(images, training=False)
        for stage, output in zip(backbone.stage_names, maps, strict=True):
            name = f"{network}/{native}/{size}/{stage}"
            found[name] = np.array(output)[:, :, 0]
    return found


def start(backbone, source, scheme="pretrained", **settings):
    init = InitConfig(scheme=scheme, weights="a file", **settings)
    return schemes.initialize(backbone, init, source=source, seed=0)


def test_features_are_those_of_pytorch(outputs):
    golden = json.loads(vit_weights.GOLDEN.read_text())
    assert set(golden) == set(outputs)
    for name, kept in golden.items():
        found = vit_weights.some(outputs[name])
        expected = np.reshape(kept["some"], found.shape)
        # Images and channels differ, so that a mistake would show.
        assert np.ptp(expected, axis=0).max() > 0.05 * kept["largest"]
        np.testing.assert_allclose(
            found, expected, rtol=0, atol=1e-4 * kept["largest"]
        )


def test_all_features_are_those_of_pytorch_run_anew(outputs, tmp_path):
    python = torch_python.torch_python()
    script = "tests.initialization.torch_vit"
    done = subprocess.run(
        [python, "-m", script, f"--output={tmp_path / 'outputs.npz'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "outputs.npz") as expected:
        assert set(expected) == set(outputs)
        for name, values in expected.items():
            largest = np.abs(values).max()
            np.testing.assert_allclose(
                outputs[name], values, rtol=0, atol=1e-4 * largest
            )


@pytest.fixture(scope="module")
def backbone():
    return zoo.build("deit_tiny", num_outputs=3, image_size=32)


def test_every_tensor_is_taken_or_named(backbone, written):
    source = weight_files.read(written("deit_tiny", 32))
    assert source.identity["architecture"] == "deit_tiny"
    report = start(backbone, source)
    # A block has twelve tensors; class token, positions, patches, norm.
    assert report["counts"] == {"source": 12 * 12 + 6, "random": 2}
    assert report["skipped_source_tensors"] == {
        "head.weight": matching.HEAD,
        "head.bias": matching.HEAD,
    }
    assert report["warnings"] == []


def test_of_a_distilled_network_the_token_is_named(backbone, written):
    """The features are those without the distillation token."""
    plain = vit_weights.tensors("deit_tiny", 32)
    first, patches = np.split(plain["pos_embed"], [1], axis=1)
    row = np.full((1, 1, 192), 7, np.float32)
    distilled = {
        "pos_embed": np.concatenate([first, row, patches], axis=1),
        "dist_token": row,
        "head_dist.weight": np.ones((10, 192), np.float32),
        "head_dist.bias": np.ones(10, np.float32),
    }
    source = weight_files.read(written("deit_tiny", 32, **distilled))
    report = start(backbone, source)
    np.testing.assert_array_equal(
        backbone.model.get_layer("pos_embed").kernel, plain["pos_embed"]
    )
    skipped = report["skipped_source_tensors"]
    assert set(skipped) == {
        *("head.weight", "head.bias", "dist_token"),
        *("head_dist.weight", "head_dist.bias"),
    }
    assert "distillation" in skipped["dist_token"]
    assert report["warnings"] == [
        "pos_embed: without that of the distillation token"
    ]


@pytest.mark.parametrize(
    "others, message",
    [
        (
            {"blocks.12.norm1.weight": 192, "blocks.12.norm1.bias": 192},
            r"blocks\.12\.norm1 with \(192,\), \(192,\) is left over",
        ),
        ({"patch_embed.proj.bias": 384}, "patch_embed_proj needs"),
    ],
)
def test_other_networks_are_refused(backbone, written, others, message):
    tensors = {k: np.ones(x, np.float32) for k, x in others.items()}
    source = weight_files.read(written("deit_tiny", 32, **tensors))
    with pytest.raises(ValueError, match=message) as caught:
        start(backbone, source)
    assert "\n" not in str(caught.value)


def test_a_network_of_another_width_is_named(backbone, written):
    source = weight_files.read(written("vit_small", 32))
    with pytest.raises(ValueError, match="look like vit_small"):
        start(backbone, source)
