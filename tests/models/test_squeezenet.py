"""SqueezeNet v1.1 by hand, and against the layers of its real weights."""

import h5py
import pytest

from tests.initialization import draws
from transfusion_tf.models import cost, zoo


@pytest.fixture(scope="module")
def backbone():
    return zoo.build("squeezenet", num_outputs=5, image_size=31)


def test_parameters_by_hand(backbone):
    # A fire: squeeze s, expand e, from c: s(c + 1) + e(s + 1) + e(9s + 1).
    fires = [(64, 16, 64), (128, 16, 64), (128, 32, 128), (256, 32, 128)]
    fires += [(256, 48, 192), (384, 48, 192), (384, 64, 256), (512, 64, 256)]
    sizes = [s * (c + 1) + e * (10 * s + 2) for c, s, e in fires]
    found = [cost.num_parameters(stage.layers) for stage in backbone.stages]
    assert found == [
        64 * (27 + 1),
        sum(sizes[:2]),
        sum(sizes[2:4]),
        sum(sizes[4:]),
    ]
    assert sum(found) == 722_496
    assert cost.num_parameters(backbone.head) == 512 * 5 + 5


def test_fresh_weights_are_drawn_by_seed_and_path(backbone):
    draws.check_draws(backbone)


def test_no_layer_is_empty_at_the_minimum(backbone):
    sides = [stage.output.shape[1:] for stage in backbone.stages]
    assert sides == [(15, 15, 64), (7, 7, 128), (3, 3, 256), (1, 1, 512)]
    with pytest.raises(ValueError, match="at least 31 pixels.*image_size=30"):
        zoo.build("squeezenet", num_outputs=5, image_size=30)


def test_layers_are_those_of_the_real_weights(backbone, shared):
    path = shared / "data/weights/squeezenet_v1.1_imagenet_notop.h5"
    with h5py.File(path) as file:
        names = [name.decode() for name in file.attrs["layer_names"]]
        shapes = {
            name.replace("/", "_"): [
                file[name][tensor].shape
                for tensor in file[name].attrs["weight_names"]
            ]
            for name in names
            if len(file[name].attrs["weight_names"])
        }
    ours = [layer for stage in backbone.stages for layer in stage.layers]
    found = {x.name: [tuple(w.shape) for w in x.weights] for x in ours}
    assert list(found.items()) == list(shapes.items())


def test_every_expand_sees_the_squeezed_map(backbone):
    """1x1 and 3x3 stand side by side: either side's half is the output."""
    model = backbone.model
    concat = model.get_layer("fire2_concat")
    assert [x.shape[-1] for x in concat.input] == [64, 64]
    squeezed = model.get_layer("fire2_relu_squeeze1x1").output
    for kernel in ("1x1", "3x3"):
        assert model.get_layer(f"fire2_expand{kernel}").input is squeezed


def test_caffe_scaling_is_inside(backbone):
    assert backbone.scaling == "caffe"
    assert backbone.model.layers[1].name == "scaling_caffe"


def test_the_document_says_the_same(backbone, documented):
    assert documented["squeezenet"] == {
        "stages": zoo.find("squeezenet").outputs,
        "min_size": 31,
        "scaling": "caffe",
        "parameters": 722_496,
    }
    assert backbone.stage_names == ("conv1", "block1", "block2", "block3")
