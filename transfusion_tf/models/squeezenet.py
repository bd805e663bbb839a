"""SqueezeNet v1.1 (Iandola et al. 2016, arXiv:1602.07360): 722,496 weights.

Without batch norm, and with the layers in the order of the Keras weights that
people pass around (github.com/rcmalli/keras-squeezenet), whose names have a
slash where ours have an underscore. The original ends in dropout, a 1x1
convolution with ReLU and a mean over the image; ours in a mean and a dense
layer, like every network of the zoo, and without the dropout.

Fresh kernels are Glorot uniform, which is Keras' default and the `xavier` of
the original's Caffe files.
"""

from keras import layers

from transfusion_tf.models import small_maps, stages

# Fire module -> (filters that squeeze, filters of each of the two that expand).
FIRES = {
    "fire2": (16, 64),
    "fire3": (16, 64),
    "fire4": (32, 128),
    "fire5": (32, 128),
    "fire6": (48, 192),
    "fire7": (48, 192),
    "fire8": (64, 256),
    "fire9": (64, 256),
}
# Which layer a 3x3 pool of stride 2 comes before, and its name.
POOLS = {"fire2": "pool1", "fire4": "pool3", "fire6": "pool5"}


def body(x, bn_momentum):
    """From scaled images to the last feature map, (N, h, w, 512)."""
    del bn_momentum  # There is no batch norm.
    x = small_maps.Conv2D(64, 3, strides=2, name="conv1")(x)
    x = layers.ReLU(name="relu_conv1")(x)
    for name, (squeeze, expand) in FIRES.items():
        if name in POOLS:
            x = layers.MaxPooling2D(3, strides=2, name=POOLS[name])(x)
        x = _fire(x, name, squeeze, expand)
    return x


def _fire(x, name, squeeze, expand):
    """1x1 to few channels, then 1x1 and 3x3 side by side; ends at `_concat`."""
    x = small_maps.Conv2D(squeeze, 1, name=f"{name}_squeeze1x1")(x)
    x = layers.ReLU(name=f"{name}_relu_squeeze1x1")(x)
    sides = []
    for kernel in ("1x1", "3x3"):
        side = small_maps.Conv2D(
            expand,
            int(kernel[0]),
            padding="same",
            name=f"{name}_expand{kernel}",
        )(x)
        sides.append(layers.ReLU(name=f"{name}_relu_expand{kernel}")(side))
    return layers.Concatenate(name=f"{name}_concat")(sides)


NETWORKS = {
    "squeezenet": stages.Network(
        body=body,
        outputs={
            "conv1": "relu_conv1",
            "block1": "fire3_concat",
            "block2": "fire5_concat",
            "block3": "fire9_concat",
        },
        # Convolution and pools without padding: 31 -> 15 -> 7 -> 3 -> 1.
        min_size=31,
        scaling="caffe",
    )
}
