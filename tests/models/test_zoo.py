"""The zoo: names, parameter counts, stages, minimum sizes, momentum."""

import keras
import numpy as np
import pytest

from tests.initialization import draws
from transfusion_tf import names
from transfusion_tf.models import cbr, cost, slim, stages, zoo

# Trainable parameters with five outputs, by hand from the widths, e.g. for
# cbr_tiny: convolutions 25 * (3*32 + 32*64 + 64*128 + 128*256) = 1,077,600,
# batch norm 2 * (32 + 64 + 128 + 256) = 960, head 256*5 + 5 = 1,285.
TRAINABLE = {
    "cbr_larget": 8_539_173,
    "cbr_largew": 8_443_461,
    "cbr_small": 2_114_341,
    "cbr_tiny": 1_079_845,
    "cbr_tiny_wide": 4_310_085,
}


@pytest.fixture(scope="module", params=TRAINABLE)
def backbone(request):
    """The CBR family; the other networks have modules of their own."""
    return zoo.build(request.param, num_outputs=5, image_size=32)


def test_names_are_those_of_the_flags():
    assert set(zoo.NETWORKS) == set(names.MODELS)
    assert set(TRAINABLE) == set(cbr.NETWORKS)


def test_the_document_has_every_network_that_is_not_slim(documented):
    assert set(documented) == set(names.MODELS) - set(slim.BASES)


def test_the_document_says_the_same(backbone, documented):
    network = zoo.find(backbone.name)
    body = [layer for stage in backbone.stages for layer in stage.layers]
    assert documented[backbone.name] == {
        "stages": network.outputs,
        "min_size": network.min_size,
        "scaling": network.scaling,
        "parameters": cost.num_parameters(body),
    }


def test_parameter_counts(backbone):
    layers = backbone.model.layers
    count = cost.num_parameters(layers, trainable=True)
    assert count == TRAINABLE[backbone.name]
    # Batch norm's running statistics: two numbers a filter.
    widths = [stage.output.shape[-1] for stage in backbone.stages]
    assert cost.num_parameters(layers) == count + 2 * sum(widths)


def test_stages_halve_the_image_and_end_before_the_pool(backbone):
    sides = [stage.output.shape[1] for stage in backbone.stages]
    assert sides == [32, 16, 8, 4, 2][: len(sides)]
    assert backbone.stage_names == tuple(
        f"conv{i + 1}" for i in range(len(sides))
    )


def test_stages_and_head_hold_all_variables_once(backbone):
    paths = [v.path for s in backbone.stages for v in s.variables]
    paths += [v.path for layer in backbone.head for v in layer.weights]
    assert sorted(paths) == sorted(v.path for v in backbone.model.variables)
    assert [v.path for v in backbone.weights] == [
        v.path for v in backbone.model.weights
    ]
    assert backbone.random_states == []


def test_fresh_weights_are_drawn_by_seed_and_path(backbone):
    draws.check_draws(backbone)


def test_feature_extractor_gives_each_stage(backbone):
    images = np.zeros((2, 32, 32, 3), np.float32)
    outputs = backbone.feature_extractor()(images)
    shapes = [tuple(output.shape) for output in outputs]
    assert shapes == [(2, *s.output.shape[1:]) for s in backbone.stages]
    assert min(float(np.min(output)) for output in outputs) >= 0  # After ReLU.


def test_batch_norm_has_the_momentum_asked_for():
    built = zoo.build("cbr_tiny", num_outputs=2, image_size=16, bn_momentum=0.5)
    norms = [x for x in built.model.layers if hasattr(x, "momentum")]
    assert [(x.momentum, x.epsilon) for x in norms] == [(0.5, 1e-3)] * 4


def test_batch_norm_by_default_and_its_momentum_where_there_is_none(backbone):
    norms = [x for x in backbone.model.layers if hasattr(x, "momentum")]
    assert norms and {x.momentum for x in norms} == {0.9}
    with pytest.raises(ValueError, match="goes with networks with batch norm"):
        zoo.build("squeezenet", num_outputs=2, image_size=32, bn_momentum=0.5)


@pytest.mark.parametrize(
    "asked, name, values",
    [("auto", "tf", [-1, 0, 1]), ("unit", "unit", [0, 0.5, 1])],
)
def test_pixels_are_scaled_inside_the_model(asked, name, values):
    built = zoo.build(
        "cbr_tiny", num_outputs=2, image_size=16, input_scaling=asked
    )
    assert built.scaling == name
    layer = built.model.get_layer(f"scaling_{name}")
    pixels = np.array([0, 127.5, 255], np.float32).reshape(3, 1, 1, 1)
    pixels = np.repeat(pixels, 3, axis=-1)
    np.testing.assert_allclose(
        np.array(layer(pixels))[:, 0, 0], np.transpose([values] * 3)
    )


def test_the_smallest_image_fits_and_a_smaller_one_is_refused():
    zoo.build("cbr_small", num_outputs=2, image_size=16)
    with pytest.raises(ValueError, match="at least 16 pixels.*--image_size=15"):
        zoo.build("cbr_small", num_outputs=2, image_size=15)


def test_unknown_names_list_the_choices(backbone):
    with pytest.raises(ValueError, match="Unknown model 'vgg'; known: cbr_"):
        zoo.build("vgg", num_outputs=2, image_size=32)
    with pytest.raises(ValueError, match="'block1'; known: conv1, conv2"):
        backbone.stage("block1")
    with pytest.raises(ValueError, match="scaling 'bgr'; known: auto, caffe"):
        zoo.build("cbr_tiny", num_outputs=2, image_size=32, input_scaling="bgr")


def test_native_scalings():
    assert zoo.native_scaling("cbr_small") == "tf"
    assert zoo.native_scaling("resnet50_slim") == "caffe"
    with pytest.raises(ValueError, match="Unknown model 'vgg'"):
        zoo.native_scaling("vgg")


class TestAssemble:
    """Sorting of layers into stages, on a network with a side branch."""

    @staticmethod
    def model():
        image = keras.Input((8, 8, 3), name="image")
        x = keras.layers.Conv2D(4, 3, padding="same", name="a")(image)
        # Depends on the image alone, but only the second stage needs it.
        side = keras.layers.Conv2D(4, 1, name="side")(image)
        x = keras.layers.ReLU(name="end1")(x)
        x = keras.layers.Add(name="end2")([x, side])
        above = keras.layers.Conv2D(2, 1, name="above")(x)
        return keras.Model(image, above, name="small")

    def test_a_layer_belongs_to_the_first_stage_that_needs_it(self):
        made = stages.assemble(
            self.model(), {"conv1": "end1", "block1": "end2"}, "unit"
        )
        held = [[x.name for x in stage.layers] for stage in made.stages]
        assert held == [["a"], ["side"]]
        assert [x.name for x in made.head] == ["above"]
        assert made.scaling == "unit" and made.name == "small"

    def test_weights_left_out_or_doubled_are_refused(self):
        made = stages.assemble(self.model(), {"conv1": "end1"}, "unit")
        with pytest.raises(ValueError, match="small in no stage.*above/kernel"):
            stages.Backbone("small", made.model, made.stages, ())
        with pytest.raises(ValueError, match="twice.*a/bias"):
            stages.Backbone("small", made.model, made.stages * 2, made.head)


def test_kernels_are_shown_red_first():
    kernel = np.arange(6).reshape(1, 1, 3, 2)
    for scaling, expected in (
        ("tf", kernel),
        ("caffe", kernel[:, :, ::-1]),
    ):
        backbone = zoo.build(
            "cbr_tiny", num_outputs=2, image_size=16, input_scaling=scaling
        )
        np.testing.assert_array_equal(backbone.in_rgb(kernel), expected)


def test_first_kernel_is_that_of_the_first_convolution():
    backbone = zoo.build("cbr_tiny", num_outputs=2, image_size=16)
    assert backbone.first_kernel.path == "conv1_conv/kernel"
