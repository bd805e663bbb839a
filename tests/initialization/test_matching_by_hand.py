"""Which layer of a file is which, in files written by hand."""

import re

import keras
import numpy as np
import pytest

from tests.initialization import small_networks
from tests.initialization.keras_files import refusal
from tests.initialization.legacy_files import layers_of, legacy, without_names
from transfusion_tf.initialization import matching, weight_files


def turned(layers, one, other):
    """The same layers, two of them in each other's place."""
    keys = {one: other, other: one}
    return {keys.get(x, x): layers[keys.get(x, x)] for x in layers}


@pytest.fixture
def branches():
    """The network with branches, its weights in a file, by today's names."""
    backbone = small_networks.backbone(small_networks.branches)
    small_networks.fill(backbone.model)
    body = keras.Model(
        backbone.model.input, backbone.model.get_layer("body").output
    )
    return backbone, layers_of(body)


def check_taken(backbone, layers, path):
    match = matching.plan(backbone, weight_files.read(path))
    for weight in backbone.stages[0].variables:
        name, _, role = weight.path.partition("/")
        np.testing.assert_array_equal(
            match.values[weight.path], layers[name][f"{name}/{role}:0"]
        )


def test_numbers_decide_whatever_the_order_in_the_file(branches, tmp_path):
    """Of one shape side by side: the first layers of two branches."""
    backbone, layers = branches
    for kind in ("conv2d", "batch_normalization"):
        layers = turned(layers, f"{kind}_2", f"{kind}_4")
    path = legacy(tmp_path / "w", layers=layers)
    check_taken(backbone, layers, path)
    later = {}  # As of a process that has built another InceptionV3 before.
    for name, arrays in layers.items():
        kind, number = re.fullmatch(r"(.+?)(?:_(\d+))?", name).groups()
        later[f"{kind}_{94 + int(number or 0)}"] = {
            f"w/{weight.rpartition('/')[2]}": array
            for weight, array in arrays.items()
        }
    check_taken(backbone, layers, legacy(tmp_path / "v", layers=later))


def test_keras_1_has_other_names(branches, tmp_path):
    backbone, layers = branches
    arrays = {"kernel": "W", "bias": "b", "beta": "beta"}
    arrays |= {"moving_mean": "running_mean", "moving_variance": "running_std"}

    def old(name):
        name = name.replace("conv2d", "convolution2d")
        return name.replace("batch_normalization", "batchnormalization")

    written = {
        old(name): {
            f"{old(name)}_{arrays[x.rpartition('/')[2][:-2]]}": array
            for x, array in values.items()
        }
        for name, values in turned(layers, "conv2d_2", "conv2d_4").items()
    }
    path = legacy(tmp_path / "w", layers=written)
    check_taken(backbone, layers, path)


def test_names_that_tell_nothing_are_refused_in_another_order(
    branches, tmp_path
):
    """Here both branches have changed places, as in another version."""
    backbone, layers = branches
    for one, other in (("_2", "_4"), ("_3", "_5")):
        for kind in ("conv2d", "batch_normalization"):
            layers = turned(layers, kind + one, kind + other)
    path = legacy(tmp_path / "w", layers=without_names(layers))
    message = refusal(backbone, path)
    assert "conv2d_3 needs (3, 3, 4, 4), (4,)" in message
    assert "in its place is layer" in message


def test_the_order_of_all_layers_tells_what_names_do_not(branches, tmp_path):
    """Layers of other shapes show in which order branches were written."""
    backbone, layers = branches
    path = legacy(tmp_path / "w", layers=without_names(layers))
    check_taken(backbone, layers, path)


def test_a_model_that_fits_twice_is_refused(branches, tmp_path):
    backbone, layers = branches
    twice = {
        tower: {
            f"{tower}/{name}": array + place
            for arrays in layers.values()
            for name, array in arrays.items()
        }
        for place, tower in enumerate(("left", "right"))
    }
    path = legacy(tmp_path / "w", layers=twice)
    message = refusal(backbone, path)
    assert "several models inside of it would fit: left, right" in message
    del twice["right"]
    check_taken(backbone, layers, legacy(tmp_path / "v", layers=twice))


def test_numbers_of_the_head_may_be_lower(branches, tmp_path):
    """Its batch norm was made first; in the file it comes last."""
    backbone, layers = branches
    raised = {}
    for name, arrays in layers.items():
        kind, _, number = name.rpartition("_")
        if name.startswith("batch_normalization"):
            number = int(number) + 1 if number.isdigit() else 1
            name = f"batch_normalization_{number}"
        raised[name] = {f"{name}/{x.split('/')[1]}": arrays[x] for x in arrays}
    first = raised["batch_normalization_1"]
    raised["batch_normalization"] = {
        f"batch_normalization/{x.split('/')[1]}": first[x] * 0 + 9
        for x in first
    }
    check_taken(backbone, layers, legacy(tmp_path / "w", layers=raised))


def test_arrays_of_a_layer_go_by_name(branches, tmp_path):
    backbone, layers = branches
    arrays = layers["batch_normalization_3"]
    layers["batch_normalization_3"] = dict(reversed(arrays.items()))
    check_taken(backbone, layers, legacy(tmp_path / "w", layers=layers))
    layers["batch_normalization_3"] = {
        name.replace("beta", "gamma"): array for name, array in arrays.items()
    }
    message = refusal(backbone, legacy(tmp_path / "v", layers=layers))
    assert "batch_normalization_3 needs (4,), (4,), (4,)" in message
    assert "that is, batch_normalization_3/gamma:0" in message


def test_integers_are_no_weights_of_a_kernel(branches, tmp_path):
    backbone, layers = branches
    arrays = layers["conv2d_1"]
    arrays |= {name: np.ones(a.shape, np.int8) for name, a in arrays.items()}
    message = refusal(backbone, legacy(tmp_path / "w", layers=layers))
    assert "as int8: these weights are quantized" in message


def test_names_and_order_that_contradict_are_refused(tmp_path):
    """Of a chain one layer's name is known, and it stands elsewhere."""

    def chain(library):
        image = x = library.Input((32, 32, 3))
        for name in ("a", "b", "c", "d"):
            x = library.layers.Conv2D(3, 1, name=name)(x)
        return library.Model(image, x)

    backbone = small_networks.backbone(chain)
    layers = {
        name: {f"{name}/kernel:0": a, f"{name}/bias:0": a[0, 0, 0]}
        for name in ("x", "c", "y", "z")
        for a in [np.ones((1, 1, 3, 3), np.float32)]
    }
    message = refusal(backbone, legacy(tmp_path / "w", layers=layers))
    assert "c in it does not stand where c would, but y" in message
