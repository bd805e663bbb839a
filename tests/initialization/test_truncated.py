"""Truncated networks as targets and as sources of weights."""

import dataclasses
import functools

import numpy as np
import pytest

from tests.initialization import small_networks
from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import matching, schemes, weight_files
from transfusion_tf.models import truncation, zoo

NAMES = ("cbr_tiny", "squeezenet")


@functools.cache
def build(name, truncate_at=None):
    return zoo.build(
        name, num_outputs=2, image_size=32, truncate_at=truncate_at
    )


def start(backbone, source, scheme, **settings):
    init = InitConfig(scheme=scheme, weights="a run", **settings)
    return schemes.SCHEMES[scheme](backbone, source, init, 0)


def source_of(backbone):
    return small_networks.source_of(backbone)


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_the_lower_stages_and_the_rest_is_named(name):
    whole = build(name)
    kept = whole.stage_names[1]
    found = start(build(name, kept), source_of(whole), "pretrained")
    tensors = source_of(whole).tensors
    for stage in whole.stages[:2]:
        for weight in stage.variables:
            path = weight.path
            np.testing.assert_array_equal(found.values[path], tensors[path])
            assert found.provenance[path] == schemes.TAKEN
    assert {found.provenance[f"logits/{x}"] for x in ("kernel", "bias")} == {
        schemes.RANDOM
    }
    for stage in whole.stages[2:]:
        for weight in stage.variables:
            reason = f"above {kept}, where the network ends"
            assert found.skipped[weight.path] == reason
    assert found.skipped["logits/kernel"] == matching.HEAD


def test_transfusion_and_mean_var_stay_within_the_network():
    whole, made = build("cbr_tiny"), build("cbr_tiny", "conv2")
    source = source_of(whole)
    found = start(made, source, "transfusion", through="conv1")
    assert found.provenance["conv1_conv/kernel"] == schemes.TAKEN
    assert found.provenance["conv2_conv/kernel"] == schemes.RANDOM
    assert found.skipped["conv2_conv/kernel"] == "above conv1"
    assert "the network ends" in found.skipped["conv3_conv/kernel"]
    drawn = start(made, source, "mean_var")
    other = start(whole, source, "mean_var")
    path = "conv2_conv/kernel"
    np.testing.assert_array_equal(drawn.values[path], other.values[path])
    with pytest.raises(ValueError, match="'conv3'; known: conv1, conv2"):
        start(made, source, "transfusion", through="conv3")


def test_a_truncated_network_is_a_source():
    source = source_of(build("squeezenet", "block1"))
    for target in (build("squeezenet", "conv1"), build("squeezenet", "block1")):
        found = start(target, source, "pretrained")
        path = "conv1/kernel"
        np.testing.assert_array_equal(found.values[path], source.tensors[path])
    found = start(build("squeezenet"), source, "transfusion", through="block1")
    path = "fire3_expand3x3/kernel"
    np.testing.assert_array_equal(found.values[path], source.tensors[path])
    for target in (build("squeezenet"), build("squeezenet", "block2")):
        with pytest.raises(
            ValueError,
            match="end at block1 and have no block2. Take what there is with "
            "--init=transfusion --through=block1",
        ):
            start(target, source, "pretrained")


def test_branches_are_told_apart_in_a_file_without_names(tmp_path):
    """Layers of one shape side by side, below and above the cut."""
    ends = {"conv1": "low", "block1": "body"}
    whole = small_networks.backbone(small_networks.residual, ends)
    make = functools.partial(
        small_networks.backbone, small_networks.residual, ends
    )
    made = truncation.cut(whole, "conv1", ends, whole=make)
    for count, backbone in enumerate((whole, made)):
        small_networks.fill(backbone.model)
        path = tmp_path / f"{count}.weights.h5"
        backbone.model.save_weights(path)
        source = weight_files.read(path)
        match = matching.plan(made, source)
        for weight in made.stages[0].variables:
            same = backbone.model.get_layer(weight.path.split("/")[0])
            (wanted,) = [w for w in same.weights if w.path == weight.path]
            np.testing.assert_array_equal(match.values[weight.path], wanted)


def test_other_networks_are_refused_as_for_the_whole():
    source = source_of(build("squeezenet"))
    source = dataclasses.replace(source, identity={"model": "squeezenet"})
    with pytest.raises(ValueError, match="do not fit cbr_tiny"):
        start(build("cbr_tiny", "conv2"), source, "pretrained")
