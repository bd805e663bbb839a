"""Input scalings against keras.applications, and by hand."""

import keras
import numpy as np
import pytest
from keras.applications import imagenet_utils

from transfusion_tf import names
from transfusion_tf.models import scaling

IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3))
IMAGES = IMAGES.astype(np.float32)
# (125, 125, 125) by hand, channels in the order in which the network sees them.
GREY = {
    "caffe": (125 - 103.939, 125 - 116.779, 125 - 123.68),
    "tf": (-0.019608, -0.019608, -0.019608),
    "torch": (0.0226903, 0.1526611, 0.3742048),
    "unit": (0.490196, 0.490196, 0.490196),
    "radimagenet_a": (0.082592, 0.032239, 0.005176),
    "radimagenet_b": (-0.019608, -0.019608, -0.019608),
}


def scaled(name, images):
    return np.array(scaling.scaling_layer(name)(images))


def test_tables_cover_the_family():
    assert set(scaling.SCALINGS) == set(names.INPUT_SCALINGS) == set(GREY)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_modes_of_keras(mode):
    expected = imagenet_utils.preprocess_input(IMAGES.copy(), mode=mode)
    np.testing.assert_allclose(
        scaled(mode, IMAGES), expected, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", names.INPUT_SCALINGS)
def test_grey_by_hand(name):
    grey = np.full((1, 1, 1, 3), 125, np.float32)
    np.testing.assert_allclose(
        scaled(name, grey)[0, 0, 0], GREY[name], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("name", names.INPUT_SCALINGS)
def test_the_order_of_the_channels(name):
    """Blue rises: the first channel if blue comes first, else the last."""
    black, blue = np.zeros((2, 1, 1, 1, 3), np.float32)
    blue[..., 2] = 255
    change = (scaled(name, blue) - scaled(name, black)).ravel()
    assert list(change > 0) == [
        scaling.is_bgr(name),
        False,
        not scaling.is_bgr(name),
    ]


def test_radimagenet_presets():
    """a: the first, divided by 255; b: blue first, otherwise tf."""
    np.testing.assert_allclose(
        scaled("radimagenet_a", IMAGES),
        scaled("caffe", IMAGES) / 255,
        atol=1e-6,
    )
    np.testing.assert_array_equal(
        scaled("radimagenet_b", IMAGES), scaled("tf", IMAGES)[..., ::-1]
    )


def test_has_no_variables_and_can_be_cloned():
    image = keras.Input((3, 4, 3))
    model = keras.Model(image, scaling.scaling_layer("torch")(image))
    copy = keras.models.clone_model(model)
    assert copy.variables == []
    assert copy.layers[-1].name == "scaling_torch"
    np.testing.assert_array_equal(copy(IMAGES), scaled("torch", IMAGES))


def test_unknown_names_list_the_choices():
    with pytest.raises(ValueError, match="scaling 'bgr'; known: caffe, tf"):
        scaling.scaling_layer("bgr")
