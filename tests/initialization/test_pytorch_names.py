"""Which tensors of PyTorch's files a network takes, by name."""

import functools

import keras
import numpy as np
import pytest

from tests.initialization import pytorch_state, vit_weights
from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import (
    fingerprints,
    matching,
    pytorch_files,
    schemes,
    sources,
)
from transfusion_tf.models import zoo

COUNTED = "counts training steps of batch norm"
NUMBERS = {"conv1": 0, "bn1": 1, "layer1": 4, "layer2": 5, "layer3": 6}


@functools.cache
def build(name="resnet18", truncate_at=None):
    """Without values: nothing is computed here."""
    with keras.StatelessScope():
        return zoo.build(
            name, num_outputs=2, image_size=32, truncate_at=truncate_at
        )


@functools.cache
def state(name="resnet18"):
    return pytorch_state.state(build(name))


def source_of(tensors):
    layers, passed_over = pytorch_files.layers(tensors)
    identity = {
        "format": "safetensors",
        "architecture": fingerprints.recognise(x.shapes for x in layers),
    }
    return sources.Source(
        "FILE", tuple(layers), (), identity, passed_over=passed_over
    )


def renamed(tensors, prefix="", number=False):
    """The tensors below a prefix, a ResNet's parts by name or by number."""
    found = {}
    for name, array in tensors.items():
        part, _, rest = name.partition(".")
        if number:
            part = NUMBERS | {"layer4": 7, "fc": 9}
            part = part[name.partition(".")[0]]
        found[f"{prefix}{part}.{rest}"] = array
    return found


def plan(tensors, name="resnet18", **settings):
    return matching.plan(build(name), source_of(tensors), **settings)


def refusal(tensors, name="resnet18", **settings):
    with pytest.raises(ValueError) as error:
        plan(tensors, name, **settings)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "prefix, number",
    [
        ("", False),
        ("module.", False),
        ("backbone.", False),
        ("encoder.", False),
        ("module.encoder_q.", False),
        ("backbone.", True),
        ("", True),
    ],
)
def test_prefixes_and_numbers_do_not_matter(prefix, number):
    match = plan(renamed(state(), prefix, number))
    # 20 kernels, and as many norms of four tensors and a counter.
    assert len(match.values) == 100
    for path, name in (
        ("layer3_1_bn2/moving_variance", "layer3.1.bn2.running_var"),
        ("layer2_0_downsample_1/beta", "layer2.0.downsample.1.bias"),
    ):
        np.testing.assert_array_equal(match.values[path], state()[name])
        assert match.names[path] in renamed({name: None}, prefix, number)
    kernel = state()["conv1.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(match.values["conv1/kernel"], kernel)
    reasons = sorted(match.skipped.values())
    assert reasons == 2 * [matching.HEAD] + 20 * [COUNTED]


def test_of_moco_the_encoder_that_is_trained_is_taken():
    other = {name: array + 1 for name, array in state().items()}
    tensors = {
        **renamed(other, "module.encoder_k."),
        **renamed(state(), "module.encoder_q."),
        "module.queue": np.zeros((128, 4), np.float32),
    }
    match = plan(tensors)
    assert all(x.startswith("module.encoder_q") for x in match.names.values())
    reason = "is not in module.encoder_q"
    assert match.skipped["module.queue"] == reason
    assert match.skipped["module.encoder_k.conv1.weight"] == reason
    assert match.skipped["module.encoder_q.fc.weight"] == matching.HEAD
    assert {*match.names.values(), *match.skipped} == set(tensors)


def test_of_several_copies_one_is_to_be_chosen():
    tensors = renamed(state(), "student.") | renamed(state(), "teacher.")
    message = refusal(tensors)
    assert "several networks in it would: student, teacher. Save" in message


def test_what_stands_beside_the_network_is_skipped():
    """Such as the decoder of a segmentation network."""
    extra = np.zeros((8, 64, 3, 3), np.float32)
    tensors = renamed(state(), "encoder.") | {"decoder.0.weight": extra}
    assert plan(tensors).skipped["decoder.0.weight"] == "is not in encoder"


def test_a_larger_network_of_the_same_names_is_refused():
    more = {
        name.replace("layer1.1", "layer1.2"): array
        for name, array in state().items()
    }
    message = refusal(state() | more)
    assert "layer1.2.conv1 with (3, 3, 64, 64) is left over (and 3 more" in (
        message
    )
    assert "They look like a ResNet of 3 + 2 + 2 + 2 blocks; give weights" in (
        message
    )


@pytest.mark.parametrize(
    "name, extra, shape",
    [
        ("resnet18", "layer1.0.se.fc1.weight", (4, 64, 1, 1)),
        ("resnet18", "module.layer2.1.se.conv.weight", (1, 1, 3)),
        ("mobilenet_v2", "features.3.scale", (144,)),
        ("deit_tiny", "blocks.0.ls1.gamma", (192,)),
    ],
)
def test_blocks_with_more_in_them_than_the_networks_are_refused(
    name, extra, shape
):
    """Squeeze and excitation or layer scales change what a block computes."""
    prefix = "module." if extra.startswith("module.") else ""
    if name == "deit_tiny":
        tensors = vit_weights.tensors(name, 32)
    else:
        tensors = renamed(state(name), prefix)
    message = refusal(tensors | {extra: np.ones(shape, np.float32)}, name)
    assert f"{extra.removesuffix('.weight')} with " in message
    assert "is left over. Its kernels are those of a" in message


def test_a_network_that_is_known_is_named():
    message = refusal(state("mobilenet_v2"))
    assert "it has nothing for conv1 (and 39 more layers)" in message
    assert "They look like mobilenet_v2; give weights of a resnet18, or" in (
        message
    )
    # Below a prefix as well, and beside others.
    tensors = renamed(state("mobilenet_v2"), "net.") | renamed(state(), "top.")
    message = refusal(tensors, "resnet50_v1_5")
    assert "They look like mobilenet_v2" in message


@pytest.mark.parametrize(
    "name, what",
    [
        ("features.denseblock1.denselayer1.conv1.weight", "a DenseNet"),
        ("blocks.0.attn.qkv.weight", "a vision transformer"),
        ("x.y.weight", "no network of the zoo"),
    ],
)
def test_networks_that_are_not_built_here_are_named_by_their_names(name, what):
    message = refusal({name: np.zeros((3, 3), np.float32)})
    assert f"They look like {what}; give weights" in message


def test_networks_of_keras_take_none():
    message = refusal(state(), "cbr_tiny")
    assert "Weights of PyTorch go into mobilenet_v2, resnet18, " in message
    assert message.endswith("these look like resnet18.")


def test_missing_and_other_shapes_are_named():
    tensors = {k: v for k, v in state().items() if "layer4.1.bn2" not in k}
    message = refusal(tensors)
    assert "it has nothing for layer4_1_bn2. Its kernels are those of" in (
        message
    )
    grey = state() | {"conv1.weight": np.zeros((64, 1, 7, 7), np.float32)}
    assert (
        "conv1 needs (7, 7, 3, 64); in its place is conv1 with (7, 7, 1, 64)."
        in refusal(grey)
    )
    counts = state() | {"bn1.weight": np.ones(64, np.int8)}
    assert "as int8: these weights are quantized" in refusal(counts)


def test_stages_above_are_named_as_skipped():
    source, settings = source_of(state()), {"scheme": "transfusion"}
    init = InitConfig(**settings, weights="FILE", through="block1")
    found = schemes.transfusion(zoo_network(), source, init, 0)
    assert found.provenance["layer1_1_conv2/kernel"] == schemes.TAKEN
    assert found.provenance["layer2_0_conv1/kernel"] == schemes.RANDOM
    assert found.skipped["layer2.0.conv1.weight"] == "above block1"
    cut = matching.plan(build(truncate_at="block1"), source)
    assert len(cut.values) == 25
    reason = "above block1, where the network ends"
    assert cut.skipped["layer2.0.conv1.weight"] == reason


@functools.cache
def zoo_network():
    return zoo.build("resnet18", num_outputs=2, image_size=32)


def test_a_network_without_its_upper_stages_is_a_source():
    lower = {
        name: array
        for name, array in state().items()
        if name[:6] not in ("layer3", "layer4") and name[:2] != "fc"
    }
    init = {"stages": ["conv1", "block1", "block2"]}
    assert len(plan(renamed(lower, number=True), **init).values) == 50
    message = refusal(lower)
    assert "they end at block2 and have no block3" in message


def test_mean_var_keeps_the_scale_of_depthwise_kernels():
    network = zoo.build("mobilenet_v2", num_outputs=2, image_size=32)
    source = source_of(state("mobilenet_v2"))
    init = InitConfig(scheme="mean_var", weights="FILE")
    drawn = schemes.mean_var(network, source, init, 0).values
    kernel = drawn["features_16_conv_1_0/kernel"]
    wanted = state("mobilenet_v2")["features.16.conv.1.0.weight"]
    assert kernel.shape == (3, 3, 960, 1)
    assert abs(kernel.std() / wanted.std() - 1) < 0.04  # Five errors.
    assert not np.array_equal(np.sort(kernel, None), np.sort(wanted, None))
