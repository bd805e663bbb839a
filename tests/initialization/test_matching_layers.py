"""Which layer of a file is which: features are those of the writer."""

import numpy as np
import pytest

from tests.initialization import small_networks
from tests.initialization.keras_files import (
    FORMS,
    NAMELESS,
    library,
    refusal,
    write,
)
from tests.initialization.legacy_files import layers_of, legacy, without_names
from transfusion_tf.initialization import matching, weight_files

pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as")


def take(backbone, path):
    """Gives a Backbone the weights of a file."""
    match = matching.plan(backbone, weight_files.read(path))
    small_networks.assign(backbone, match)
    return match


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


def test_layers_that_nothing_tells_apart_are_refused(residual, tmp_path):
    """A part of the network: no layer shows how the file was written."""
    layers = dict(list(layers_of(residual.model).items())[:2])
    path = legacy(tmp_path / "v", layers=without_names(layers))
    message = refusal(residual, path, ["conv1"])
    assert (
        "nothing in it sets shortcut apart from branch; both have "
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
