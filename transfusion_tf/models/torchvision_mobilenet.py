"""MobileNetV2 as torchvision builds it (Sandler et al. 2018, arXiv:1801.04381).

Keras' own pads otherwise and has another epsilon, so that PyTorch's weights
would give other features in it. A layer `features_2_conv_1_0` is torchvision's
module `features.2.conv.1.0`.

A stage ends with the last block of its resolution: torchvision's features 1,
3, 6 and 13, whose blocks end without an activation by design, and 18.
"""

import functools

from keras import layers

from transfusion_tf.models import pytorch_layers, stages

# Expansion, width, number of blocks, stride of the first: table 2 of the paper.
BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_STEM, _TOP = 32, 1280


def body(x, bn_momentum):
    """From scaled images (N, H, W, 3) to the last map, (N, h, w, 1280)."""
    norm = functools.partial(pytorch_layers.norm, momentum=bn_momentum)
    x = pytorch_layers.convolution(x, _STEM, 3, strides=2, name="features_0_0")
    x = _activated(x, "features_0", norm)
    index = 1
    for expansion, width, count, first in BLOCKS:
        for place in range(count):
            strides = 1 if place else first
            name = f"features_{index}"
            x = _block(x, width, expansion, strides, name, norm)
            index += 1
    x = pytorch_layers.convolution(x, _TOP, 1, name=f"features_{index}_0")
    return _activated(x, f"features_{index}", norm)


def _block(x, width, expansion, strides, name, norm):
    """An inverted residual: wide, depthwise, narrow; ends at `<name>_add`.

    Or at its last norm, where its input has another shape.
    """
    channels, y, place = x.shape[-1], x, 0
    if expansion != 1:
        part = f"{name}_conv_0"
        y = pytorch_layers.convolution(
            y, expansion * channels, 1, name=f"{part}_0"
        )
        y, place = _activated(y, part, norm), 1
    part = f"{name}_conv_{place}"
    y = pytorch_layers.depthwise(y, 3, strides=strides, name=f"{part}_0")
    y = _activated(y, part, norm)
    y = pytorch_layers.convolution(y, width, 1, name=f"{name}_conv_{place + 1}")
    y = norm(y, name=f"{name}_conv_{place + 2}")
    if strides != 1 or channels != width:
        return y
    return layers.Add(name=f"{name}_add")([x, y])


def _activated(x, name, norm):
    """Batch norm `<name>_1` and ReLU6, as after most convolutions."""
    x = norm(x, name=f"{name}_1")
    return layers.ReLU(max_value=6, name=f"{name}_relu")(x)


NETWORKS = {
    "mobilenet_v2": stages.Network(
        body=body,
        outputs={
            "conv1": "features_1_conv_2",
            "block1": "features_3_add",
            "block2": "features_6_add",
            "block3": "features_13_add",
            "block4": "features_18_relu",
        },
        min_size=32,
        scaling="torch",
    )
}
