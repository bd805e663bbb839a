"""Which layer of a file is which: features are those of the writer."""

import re

import h5py
import keras
import numpy as np
import pytest

from tests.initialization import small_networks
from tests.initialization.legacy_files import legacy
from transfusion_tf.initialization import matching, weight_files

# Whole or weights alone, by each Keras that can write it so.
FORMS = [
    ("tf_keras", "weights", ".h5"),
    ("tf_keras", "whole", ".h5"),
    ("tf_keras", "weights", ".weights.h5"),
    ("tf_keras", "whole", ".keras"),
    ("keras", "whole", ".h5"),
    ("keras", "weights", ".weights.h5"),
    ("keras", "whole", ".keras"),
]
NAMELESS = FORMS[2]
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as")


def library(name):
    return pytest.importorskip(name)


def write(model, path, what):
    """Writes a model, whole or its weights alone; returns the path."""
    if what == "whole":
        model.save(path)
    elif path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save_weights(path, save_format="h5")
    return path


def take(backbone, path):
    """Gives a Backbone the weights of a file."""
    match = matching.plan(backbone, weight_files.read(path))
    small_networks.assign(backbone, match)
    return match


def refusal(backbone, path, stages=None):
    """The message that a file is refused with."""
    with pytest.raises(ValueError) as error:
        matching.plan(backbone, weight_files.read(path), stages=stages)
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.fixture(scope="module")
def backbones():
    """{name: Backbone}, whose weights each test sets anew."""
    return {
        build.__name__: small_networks.backbone(build)
        for build in (small_networks.branches, small_networks.blocks)
    }


@pytest.fixture(scope="module")
def residual():
    return small_networks.backbone(
        small_networks.residual, {"conv1": "low", "block1": "body"}
    )


@pytest.fixture(scope="module", params=["branches", "blocks"])
def network(request, backbones):
    """(Backbone, its builder)."""
    name = request.param
    return backbones[name], getattr(small_networks, name)


@pytest.fixture(scope="module", params=["tf_keras", "keras"])
def models(request, network):
    """{form: model} of one Keras, and the network in it.

    Keras has named other layers before.
    """
    made = library(request.param)
    made.layers.Conv2D(1, 1), made.layers.BatchNormalization()
    features = network[1](made)
    small_networks.fill(features)
    inside = small_networks.nested(made, features)
    return request.param, features, {"flat": features, "nested": inside}


@pytest.mark.parametrize(
    "form, frozen", [("flat", 0), ("nested", 0), ("nested", 0.5)]
)
def test_every_file_gives_the_features_of_its_writer(
    network, models, tmp_path, form, frozen
):
    """`frozen`: the share of layers that were, bottom to top."""
    backbone, _ = network
    name, features, by_form = models
    for place, layer in enumerate(features.layers):
        layer.trainable = place >= frozen * len(features.layers)
    first = None
    for writer, what, suffix in FORMS:
        if writer != name:
            continue
        path = write(by_form[form], tmp_path / f"w{suffix}", what)
        if first is None:
            first = take(backbone, path)
            small_networks.check_features(backbone, features)
        match = matching.plan(backbone, weight_files.read(path))
        assert match.values.keys() == first.values.keys()
        for weight, array in match.values.items():
            np.testing.assert_array_equal(array, first.values[weight])
        assert set(match.skipped.values()) <= {matching.HEAD}
        assert bool(match.skipped) == (form == "nested")


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize("writer, what, suffix", FORMS)
def test_names_decide_between_layers_side_by_side(
    residual, tmp_path, writer, what, suffix, is_turned
):
    """Without names, only the order of the network itself is taken."""
    model = small_networks.residual(library(writer), is_turned)
    small_networks.fill(model)
    path = write(model, tmp_path / f"w{suffix}", what)
    arrays = {
        f"{layer.name}/{name}": array
        for layer in model.layers
        for name, array in zip(
            ("kernel", "bias"), layer.get_weights(), strict=False
        )
    }
    has_names = (writer, what, suffix) != NAMELESS
    for stages in (["conv1"], ["conv1", "block1"]):
        if has_names or not is_turned:
            source = weight_files.read(path)
            match = matching.plan(residual, source, stages=stages)
            for name, array in match.values.items():
                np.testing.assert_array_equal(array, arrays[name])
            assert len(match.values) == (4 if len(stages) == 1 else 10)
        else:
            message = refusal(residual, path, stages)
            said = "save it as .keras with its layers named"
            assert (said if len(stages) == 1 else "upper_") in message


def layers_of(model, name=lambda layer: layer.name):
    """{layer: {weight: array}} of a model, as `legacy` takes it."""
    return {
        name(layer): {
            f"{name(layer)}/{weight.name}:0": weight.numpy()
            for weight in layer.weights
        }
        for layer in model.layers
        if layer.weights
    }


def turned(layers, one, other):
    """The same layers, two of them in each other's place."""
    keys = {one: other, other: one}
    return {keys.get(x, x): layers[keys.get(x, x)] for x in layers}


@pytest.fixture
def branches(backbones):
    """The network with branches, its weights in a file, by today's names."""
    backbone = backbones["branches"]
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


def without_names(layers):
    """The same layers, called `layer0` and so on."""
    return {
        f"layer{place}": {
            f"layer{place}/{x.rpartition('/')[2]}": array
            for x, array in arrays.items()
        }
        for place, arrays in enumerate(layers.values())
    }


def test_the_order_of_all_layers_tells_what_names_do_not(branches, tmp_path):
    """Layers of other shapes show in which order branches were written."""
    backbone, layers = branches
    path = legacy(tmp_path / "w", layers=without_names(layers))
    check_taken(backbone, layers, path)


def test_layers_that_nothing_tells_apart_are_refused(residual, tmp_path):
    """A part of the network: no layer shows how the file was written."""
    layers = dict(list(layers_of(residual.model).items())[:2])
    path = legacy(tmp_path / "v", layers=without_names(layers))
    message = refusal(residual, path, ["conv1"])
    assert (
        "nothing in it tells shortcut from branch, which both have "
        "(1, 1, 3, 4), (4,). Load them into the network"
    ) in message


def test_a_half_frozen_model_inside_is_read_by_its_description(tmp_path):
    """Its names tell nothing; without the description they are all there is."""
    tf_keras = library("tf_keras")
    features = small_networks.branches(tf_keras, "layer{}")
    backbone = small_networks.backbone(small_networks.branches)
    small_networks.fill(features)
    model = small_networks.nested(tf_keras, features)
    for layer in features.layers[:6]:
        layer.trainable = False
    take(backbone, write(model, tmp_path / "whole.h5", "whole"))
    small_networks.check_features(backbone, features)
    path = write(model, tmp_path / "alone.h5", "weights")
    message = refusal(backbone, path)
    assert "were trained before those that were frozen" in message
    assert "its layers do not have Keras' names" in message


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


@pytest.mark.parametrize("writer, what, suffix", FORMS)
def test_bfloat16_is_read(tmp_path, writer, what, suffix):
    made = library(writer)
    policy = (
        made.mixed_precision.Policy("bfloat16")
        if writer == "tf_keras"
        else made.DTypePolicy("bfloat16")
    )
    model = made.Sequential(
        [
            made.Input((4, 4, 3)),
            made.layers.Conv2D(2, 3, dtype=policy, name="conv"),
        ]
    )
    model.set_weights([x + np.pi for x in map(float32, model.get_weights())])
    path = write(model, tmp_path / f"w{suffix}", what)
    found = list(weight_files.read(path).tensors.values())
    for array, weight in zip(found, model.get_weights(), strict=True):
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, float32(weight))
        # Sixteen bits are kept, the others are zero.
        assert not (array.view(np.uint32) & 0xFFFF).any()


def float32(array):
    return np.asarray(array).astype(np.float32)


def test_two_bytes_of_no_type_are_bfloat16(tmp_path):
    """1.0, -2.0, 3.140625 by hand: the upper halves of their float32."""
    path = legacy(tmp_path / "w", layers={"a": {}})
    with h5py.File(path, "r+") as file:
        file["a"].attrs["weight_names"] = [b"a/bias:0"]
        bits = np.array([0x3F80, 0xC000, 0x4049], np.uint16)
        file["a"]["a/bias:0"] = bits.view("V2")
    (array,) = weight_files.read(path).tensors.values()
    np.testing.assert_array_equal(array, np.float32([1, -2, 3.140625]))


def test_places_of_inner_models_that_nothing_tells_are_refused(tmp_path):
    """Before or after the two others: shapes allow both, and names tell no."""

    def chain(library, inner=False):
        layers = library.layers
        image = x = library.Input((32, 32, 3))
        for name in ("a", "b"):
            x = layers.Conv2D(3, 1, name=name)(x)
        last = layers.Conv2D(3, 1, name="c")
        if inner:
            last = library.Sequential([layers.Conv2D(3, 1, name="z")])
        return library.Model(image, last(x))

    backbone = small_networks.backbone(chain)
    path = tmp_path / "w.weights.h5"
    chain(library("tf_keras"), inner=True).save_weights(path)
    message = refusal(backbone, path)
    assert "where the layers of sequential/layers/ stand among" in message
