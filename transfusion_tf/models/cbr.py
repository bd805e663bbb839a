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
import functools

from keras import layers

from transfusion_tf.models import batch_norm, small_maps, stages

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

# As published, under the rule of cost.paper_count. None fits cbr_tiny_wide.
PUBLISHED = {
    "cbr_larget": 8_532_480,
    "cbr_largew": 8_432_128,
    "cbr_small": 2_108_672,
    "cbr_tiny": 1_076_480,
}


def body(spec, x, bn_momentum):
    """From scaled images to the last feature map.

    The stages are `conv1`, `conv2`, ...; a stage's output is its ReLU,
    (N, h, w, width), before the pool.
    """
    for index, width in enumerate(spec.widths, start=1):
        x = _stage(x, index, width, spec.kernel_size, bn_momentum)
        if index <= spec.num_pools:
            x = layers.MaxPooling2D(
                3, strides=2, padding="same", name=f"conv{index}_pool"
            )(x)
    return x


def _stage(x, index, width, kernel_size, bn_momentum):
    """Conv-BN-ReLU; the stage ends at the layer `conv{index}_relu`."""
    x = small_maps.Conv2D(
        width,
        kernel_size,
        padding="same",
        use_bias=False,
        name=f"conv{index}_conv",
    )(x)
    x = batch_norm.BatchNormalization(
        momentum=bn_momentum, epsilon=BN_EPSILON, name=f"conv{index}_bn"
    )(x)
    return layers.ReLU(name=f"conv{index}_relu")(x)


NETWORKS = {
    name: stages.Network(
        body=functools.partial(body, spec),
        outputs={
            f"conv{i}": f"conv{i}_relu" for i in range(1, len(spec.widths) + 1)
        },
        min_size=MIN_IMAGE_SIZE,
        # There are no published weights that would need another.
        scaling="tf",
    )
    for name, spec in SPECS.items()
}
