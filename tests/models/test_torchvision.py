"""Networks as torchvision builds them, against programs with PyTorch.

Of torch_features.py are the summaries beside it, and, where there is a Python
with PyTorch, all features.
"""

import functools
import pathlib
import subprocess

import keras
import numpy as np
import pytest
from safetensors import numpy as safetensors_numpy

from tests.initialization import draws, pytorch_state, small_networks
from tests.models import named_weights
from tests.torch_python import torch_python
from transfusion_tf import names
from transfusion_tf.initialization import matching, weight_files
from transfusion_tf.models import cost, zoo

# Trainable parameters as torchvision's documentation has them, less those of
# the dense layer; channels of all batch norms, by hand from the widths, have
# two running numbers besides.
# Inner width (twice: expanded, depthwise) and outer width of each block.
MOBILE_BLOCKS = [(96, 24), (144, 24), (144, 32), *2 * [(192, 32)]]
MOBILE_BLOCKS += [(192, 64), *3 * [(384, 64)], (384, 96), *2 * [(576, 96)]]
MOBILE_BLOCKS += [(576, 160), *2 * [(960, 160)], (960, 320)]
PARAMETERS = {
    "mobilenet_v2": (
        3_504_872 - 1281 * 1000,
        # Stem, first block without expansion, and top besides.
        32 + (32 + 16) + sum(2 * e + w for e, w in MOBILE_BLOCKS) + 1280,
    ),
    # Two convolutions a block of two blocks a layer, three projections.
    "resnet18": (
        11_689_512 - 513 * 1000,
        64 + 4 * (64 + 128 + 256 + 512) + 128 + 256 + 512,
    ),
    # Widths w, w, 4w a block, a projection to 4w for each layer.
    "resnet50_v1_5": (
        25_557_032 - 2049 * 1000,
        64
        + 6 * (3 * 64 + 4 * 128 + 6 * 256 + 3 * 512)
        + 4 * (64 + 128 + 256 + 512),
    ),
}
HERE = pathlib.Path(__file__).parent
SIZES = [(name, size) for name in PARAMETERS for size in named_weights.SIZES]


@functools.cache
def build(name, size=64):
    """Networks are shared by the tests: none reads what another has set."""
    return zoo.build(name, num_outputs=3, image_size=size)


def features(name, size, path):
    """The outputs of all stages of a network with the weights of a file."""
    backbone = build(name, size)
    match = matching.plan(backbone, weight_files.read(path))
    small_networks.assign(backbone, match)
    images = named_weights.images(size).astype(np.float32)
    outputs = backbone.feature_extractor()(images, training=False)
    return [np.asarray(x) for x in outputs]


def check_close(ours, theirs):
    """Equal to 1e-5 of the largest value, of some that differ."""
    largest = np.abs(theirs).max()
    assert np.ptp(theirs) > 0.1 * largest > 0
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * largest)


@pytest.fixture(scope="module")
def by_torch(tmp_path_factory):
    """The folder that torch_features.py has filled."""
    script, python = HERE / "torch_features.py", torch_python()
    folder = tmp_path_factory.mktemp("torch")
    subprocess.run([python, script, folder], check=True)
    return folder


def test_tables_cover_the_networks():
    assert set(PARAMETERS) == set(named_weights.NETWORKS)
    assert set(PARAMETERS) <= set(names.PYTORCH_MODELS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_and_document(name, documented):
    backbone, (trainable, norms) = build(name), PARAMETERS[name]
    body = [layer for stage in backbone.stages for layer in stage.layers]
    assert cost.num_parameters(body, trainable=True) == trainable
    assert cost.num_parameters(body) == trainable + 2 * norms
    network = zoo.find(name)
    assert documented[name] == {
        "stages": network.outputs,
        "min_size": 32,
        "scaling": "torch",
        "parameters": trainable + 2 * norms,
    }


@pytest.mark.parametrize("name", PARAMETERS)
def test_stages_end_where_the_resolution_falls(name):
    sides = [stage.output.shape[1] for stage in build(name).stages]
    assert sides == [32, 16, 8, 4, 2]
    with pytest.raises(ValueError, match=f"{name} needs images of at least 32"):
        zoo.build(name, num_outputs=2, image_size=31)


@pytest.mark.parametrize("name", PARAMETERS)
def test_batch_norm_is_pytorchs_and_fused(name):
    kind = keras.layers.BatchNormalization
    norms = [x for x in build(name).model.layers if isinstance(x, kind)]
    assert {(x.epsilon, x.momentum) for x in norms} == {(1e-5, 0.9)}
    assert {type(x).__module__ for x in norms} == {
        "transfusion_tf.models.batch_norm"
    }
    assert all(x._is_fused(x.input) for x in norms)


@pytest.mark.parametrize("name", PARAMETERS)
def test_fresh_weights_are_drawn_by_seed_and_path(name):
    if name == "resnet50_v1_5":
        pytest.skip("its layers are of the kinds of resnet18")
    draws.check_draws(build(name))


def test_fresh_kernels_are_normal_by_their_outputs():
    """As torchvision draws them, of depthwise ones as well: 2 / (9 * 32)."""
    model = build("mobilenet_v2", 32).model
    fans = {"features_1_conv_0_0": 9 * 32, "features_18_0": 1280}
    for layer, fan_out in fans.items():
        kernel = model.get_layer(layer).get_weights()[0]
        wanted = np.sqrt(2 / fan_out)
        error = wanted / np.sqrt(2 * kernel.size)  # Of a standard deviation.
        assert abs(kernel.std() - wanted) < 4 * error


# The largest network at one size: 64, at which paddings differ.
@pytest.mark.parametrize("name, size", SIZES[:-1])
def test_features_are_those_that_pytorch_gave(name, size, tmp_path):
    path = tmp_path / "w.safetensors"
    state = pytorch_state.state(build(name, size))
    safetensors_numpy.save_file(state, path)
    found = np.stack(
        [named_weights.summary(x) for x in features(name, size, path)]
    )
    golden = np.load(HERE / "torch_features.npz")[f"{name}-{size}"]
    for ours, theirs in zip(found, golden, strict=True):
        check_close(ours, theirs)


@pytest.mark.parametrize("name, size", SIZES)
def test_features_are_those_that_pytorch_gives(name, size, by_torch):
    found = features(name, size, by_torch / f"{name}.safetensors")
    given = np.load(by_torch / f"{name}-{size}.npz")
    for ours, key in zip(found, given.files, strict=True):
        assert ours.shape == given[key].shape
        check_close(ours, given[key])


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_tensor_of_pytorchs_file_has_its_place(name, by_torch):
    path = by_torch / f"{name}.safetensors"
    match = matching.plan(build(name), weight_files.read(path))
    listed = {*match.names.values(), *match.skipped}
    assert listed == set(safetensors_numpy.load_file(path))
    assert set(match.skipped.values()) == {
        matching.HEAD,
        "counts training steps of batch norm",
    }


class TestRealMobileNetV2:
    """ImageNet weights, against features of torchvision's own network."""

    @pytest.fixture(scope="class")
    def weights(self, shared):
        folder = shared / "data" / "weights"
        return folder / "mobilenet_v2_imagenet_torchvision.safetensors"

    @pytest.fixture(scope="class")
    def golden(self, shared):
        return np.load(shared / "golden" / "mobilenet_v2_features.npz")

    @pytest.mark.parametrize("size", [64, 96, 97])
    def test_features(self, size, weights, golden):
        backbone = zoo.build("mobilenet_v2", num_outputs=3, image_size=size)
        match = matching.plan(backbone, weight_files.read(weights))
        small_networks.assign(backbone, match)
        images = golden[f"s{size}_images"].astype(np.float32)
        outputs = backbone.feature_extractor()(images, training=False)
        for number, ours in zip((1, 3, 6, 13, 18), outputs, strict=True):
            check_close(ours, golden[f"s{size}_f{number}"])

    def test_natural_images_are_named(self, weights, golden):
        source = weight_files.read(weights)
        backbone = zoo.build("mobilenet_v2", num_outputs=1000, image_size=224)
        small_networks.assign(backbone, matching.plan(backbone, source))
        head = [source.tensors[f"classifier.1.{x}"] for x in ("weight", "bias")]
        backbone.head[0].set_weights(head)
        images = golden["natural_images"].astype(np.float32)
        logits = np.asarray(backbone.model(images, training=False))
        assert list(np.argmax(logits, axis=1)) == [285, 967, 812]
        check_close(logits, golden["natural_logits"])

    def test_all_314_tensors_are_accounted_for(self, weights):
        source = weight_files.read(weights)
        match = matching.plan(build("mobilenet_v2"), source)
        # 52 kernels, and as many batch norms of four tensors and a counter.
        assert len(match.names) == 52 + 4 * 52
        assert sorted(match.skipped.values()) == (
            2 * [matching.HEAD] + 52 * ["counts training steps of batch norm"]
        )
        assert len(match.names) + len(match.skipped) == 314
        assert source.identity["architecture"] == "mobilenet_v2"
