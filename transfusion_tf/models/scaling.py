"""Named input scalings, as a layer inside the model.

A network always takes raw pixel values in [0, 255], channels in the order red,
green, blue; what its weights were trained on is the business of the network,
so that no caller can get it wrong.
"""

import dataclasses

import keras
import numpy as np

from transfusion_tf import names

# Means of ImageNet: in [0, 255], blue first, as Caffe's networks had them; and
# in [0, 1], red first, with the standard deviations, as torchvision has them.
CAFFE_MEAN = np.array([103.939, 116.779, 123.68])
TORCH_MEAN = np.array([0.485, 0.456, 0.406])
TORCH_STD = np.array([0.229, 0.224, 0.225])


@dataclasses.dataclass(frozen=True)
class Scaling:
    """(x - mean) / divisor, a number or one per channel; blue first or not."""

    mean: np.ndarray | float
    divisor: np.ndarray | float
    is_bgr: bool = False


# `caffe`, `tf` and `torch` are the modes of keras.applications. RadImageNet's
# authors scaled in two ways: their TensorFlow scripts take `caffe` and then
# divide by 255 (a); their PyTorch notebook maps BGR to [-1, 1] (b).
SCALINGS = {
    "caffe": Scaling(CAFFE_MEAN, 1.0, is_bgr=True),
    "tf": Scaling(127.5, 127.5),
    "torch": Scaling(255 * TORCH_MEAN, 255 * TORCH_STD),
    "unit": Scaling(0.0, 255.0),
    "radimagenet_a": Scaling(CAFFE_MEAN, 255.0, is_bgr=True),
    "radimagenet_b": Scaling(127.5, 127.5, is_bgr=True),
}


class InputScaling(keras.layers.Layer):
    """From images (N, H, W, 3), RGB in [0, 255], to what `scaling` names."""

    def __init__(self, scaling, **kwargs):
        names.check("input scaling", scaling, names.INPUT_SCALINGS)
        super().__init__(**kwargs)
        self.scaling = scaling

    def call(self, images):
        """Returns the scaled images, in the layer's floating type."""
        preset = SCALINGS[self.scaling]
        if preset.is_bgr:
            images = images[..., ::-1]
        mean, divisor = (
            keras.ops.convert_to_tensor(value, images.dtype)
            for value in (preset.mean, preset.divisor)
        )
        return (images - mean) / divisor

    def compute_output_shape(self, input_shape):
        """The input's."""
        return input_shape

    def get_config(self):
        """What `from_config` needs, so that a model can be cloned."""
        return {**super().get_config(), "scaling": self.scaling}


def scaling_layer(name):
    """The layer `scaling_<name>`; ValueError lists the choices."""
    return InputScaling(name, name=f"scaling_{name}")


def is_bgr(name):
    """Whether the network sees blue first under this scaling."""
    return SCALINGS[name].is_bgr
