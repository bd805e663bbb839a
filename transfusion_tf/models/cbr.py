"""The CBR family: small networks of convolution, batch norm and ReLU.

From Raghu et al. 2019 (arXiv:1902.07208), who describe kernel sizes, widths and
3x3 max-pools of stride 2. The paper does not give the padding; ours is `same`,
so that any image from `MIN_IMAGE_SIZE` pixels fits (with `valid` the smallest
would be 91, 121, 121 and 217 pixels). Convolutions have no bias, because batch
norm follows.

There are two networks for the paper's "CBR-Tiny": the text says widths 64-512,
but the published parameter count (1,076,480 without the first convolution,
biases and batch norm, five outputs) is that of 32-256, and 64-512 would give
4,303,360. `cbr_tiny` follows the count, `cbr_tiny_wide` the text.
"""

import dataclasses

import keras
from keras import layers

from transfusion_tf.models import batch_norm, scaling, stages

# Below this, one of the four pools would work on a single pixel.
MIN_IMAGE_SIZE = 16
BN_EPSILON = 1e-3


@dataclasses.dataclass(frozen=True)
class CbrSpec:
    """Widths of the stages, kernel side, and how many stages end in a pool."""

    widths: tuple
    kernel_size: int
    num_pools: int = 4


SPECS = {
    "cbr_larget": CbrSpec((32, 64, 128, 256, 512), 7),
    "cbr_largew": CbrSpec((64, 128, 256, 512), 7),
    "cbr_small": CbrSpec((32, 64, 128, 256), 7),
    "cbr_tiny": CbrSpec((32, 64, 128, 256), 5),
    "cbr_tiny_wide": CbrSpec((64, 128, 256, 512), 5),
}


def build(name, *, num_outputs, image_size, bn_momentum):
    """Returns the Backbone `name`; its stages are `conv1`, `conv2`, ...

    A stage's output is its ReLU, (N, h, w, width), before the pool.
    """
    spec = SPECS[name]
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = scaling.scaling_layer("tf")(inputs)
    parts = []
    for index, width in enumerate(spec.widths, start=1):
        stage = _stage(x, index, width, spec.kernel_size, bn_momentum)
        parts.append(stage)
        x = stage.output
        if index <= spec.num_pools:
            x = layers.MaxPooling2D(
                3, strides=2, padding="same", name=f"conv{index}_pool"
            )(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    head = layers.Dense(num_outputs, name="logits")
    model = keras.Model(inputs, head(x), name=name)
    return stages.Backbone(name, model, tuple(parts), (head,))


def _stage(x, index, width, kernel_size, bn_momentum):
    """Conv-BN-ReLU; the stage ends at the layer `conv{index}_relu`."""
    conv = layers.Conv2D(
        width,
        kernel_size,
        padding="same",
        use_bias=False,
        name=f"conv{index}_conv",
    )
    norm = batch_norm.BatchNormalization(
        momentum=bn_momentum, epsilon=BN_EPSILON, name=f"conv{index}_bn"
    )
    x = layers.ReLU(name=f"conv{index}_relu")(norm(conv(x)))
    return stages.Stage(f"conv{index}", (conv, norm), x)
