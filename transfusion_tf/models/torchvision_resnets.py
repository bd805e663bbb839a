"""ResNets as torchvision builds them (He et al. 2016, arXiv:1512.03385).

`resnet50_v1_5` halves the resolution in the 3x3 convolution of a block, where
Keras' `resnet50` does it in the first 1x1, and its convolutions have no bias:
the ResNet50 that PyTorch's weights are of, RadImageNet's and those of
self-supervised training (MoCo, SwAV, DINO, Barlow Twins) included.

Stages: `conv1` ends before the pool at half the resolution, `block1` to
`block4` are torchvision's `layer1` to `layer4`.
"""

import functools

from keras import layers

from transfusion_tf.models import pytorch_layers, stages

WIDTHS = (64, 128, 256, 512)


def body(block, counts, x, bn_momentum):
    """From scaled images to the last feature map.

    Args:
      block: `_basic` or `_bottleneck`.
      counts: number of blocks of each of the four layers.
      x: scaled images (N, H, W, 3).
      bn_momentum: of the batch norms.
    """
    norm = functools.partial(pytorch_layers.norm, momentum=bn_momentum)
    x = pytorch_layers.convolution(x, 64, 7, strides=2, name="conv1")
    x = norm(x, name="bn1")
    x = layers.ReLU(name="relu")(x)
    x = pytorch_layers.max_pool(x, name="maxpool")
    for index, (width, count) in enumerate(zip(WIDTHS, counts, strict=True)):
        for place in range(count):
            strides = 2 if index and not place else 1
            x = block(x, width, strides, f"layer{index + 1}_{place}", norm)
    return x


def _basic(x, width, strides, name, norm):
    """Two 3x3 convolutions and the shortcut; ends at `<name>_out`."""
    y = pytorch_layers.convolution(
        x, width, 3, strides=strides, name=f"{name}_conv1"
    )
    y = norm(y, name=f"{name}_bn1")
    y = layers.ReLU(name=f"{name}_relu1")(y)
    y = pytorch_layers.convolution(y, width, 3, name=f"{name}_conv2")
    y = norm(y, name=f"{name}_bn2")
    return _added(x, y, strides, name, norm)


def _bottleneck(x, width, strides, name, norm):
    """1x1, 3x3 and 1x1 to four times the width, and the shortcut."""
    y = pytorch_layers.convolution(x, width, 1, name=f"{name}_conv1")
    y = norm(y, name=f"{name}_bn1")
    y = layers.ReLU(name=f"{name}_relu1")(y)
    y = pytorch_layers.convolution(
        y, width, 3, strides=strides, name=f"{name}_conv2"
    )
    y = norm(y, name=f"{name}_bn2")
    y = layers.ReLU(name=f"{name}_relu2")(y)
    y = pytorch_layers.convolution(y, 4 * width, 1, name=f"{name}_conv3")
    y = norm(y, name=f"{name}_bn3")
    return _added(x, y, strides, name, norm)


def _added(x, y, strides, name, norm):
    """ReLU of a block's branch `y` plus its input, projected if need be."""
    if x.shape[-1] != y.shape[-1]:
        x = pytorch_layers.convolution(
            x, y.shape[-1], 1, strides=strides, name=f"{name}_downsample_0"
        )
        x = norm(x, name=f"{name}_downsample_1")
    x = layers.Add(name=f"{name}_add")([y, x])
    return layers.ReLU(name=f"{name}_out")(x)


def _network(block, counts):
    ends = [f"layer{i + 1}_{count - 1}_out" for i, count in enumerate(counts)]
    return stages.Network(
        body=functools.partial(body, block, counts),
        outputs={
            "conv1": "relu",
            **{f"block{i + 1}": end for i, end in enumerate(ends)},
        },
        min_size=32,
        scaling="torch",
    )


NETWORKS = {
    "resnet18": _network(_basic, (2, 2, 2, 2)),
    "resnet50_v1_5": _network(_bottleneck, (3, 4, 6, 3)),
}
