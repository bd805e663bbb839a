"""Networks of keras.applications, without their heads and their downloads.

Each is built by Keras itself, so that its weights fit, and then copied with our
input scaling instead of its own, our batch norm, and on one level. Layers keep
their names and their order, in which legacy weight files are read.

Stages end where the resolution falls, after the activation: `conv1` at half
the image's (ConvNeXt's stem: a quarter), `block1` to `block4` at 1/4, 1/8, 1/16
and 1/32. Those of `resnet50` are the layers that Juodelyte et al. 2023
(arXiv:2302.08272) compare.

The last layer of `convnext_tiny` is the layer norm that Keras puts on the
feature map where there is no head; so the mean over the image is that of
normalized features, where the original normalizes the mean.
"""

import functools
from concurrent import futures

import keras
from keras import applications

from transfusion_tf.models import batch_norm, rebuild, small_maps, stages

# What stands for a layer of Keras.
OURS = {
    keras.layers.Conv2D: small_maps.Conv2D,
    keras.layers.DepthwiseConv2D: small_maps.DepthwiseConv2D,
}
STAGES = ("conv1", "block1", "block2", "block3", "block4")


class LayerScale(keras.layers.Layer):
    """ConvNeXt's learned factor per channel (Liu et al. 2022).

    Keras' own layer gives its weight a name that counts what was built before.
    """

    def __init__(self, init_values, projection_dim, **kwargs):
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim
        self.gamma_initializer = keras.initializers.Constant(init_values)

    def build(self, input_shape):
        """Makes the factors, small at the start."""
        del input_shape
        self.gamma = self.add_weight(
            name="gamma",
            shape=(self.projection_dim,),
            initializer=self.gamma_initializer,
        )

    def call(self, x):
        """Returns `x` (..., projection_dim) times the factors."""
        return x * self.gamma

    def get_config(self):
        """What `from_config` needs."""
        return {
            **super().get_config(),
            "init_values": self.init_values,
            "projection_dim": self.projection_dim,
        }


def body(application, options, x, bn_momentum):
    """From scaled images to the last feature map of a Keras application.

    Its weights have no values, which are only drawn for the copy of `adapt`.
    """
    del bn_momentum  # Keras fixes it; `adapt` sets it.
    # A thread has its own list of the weights that are without values, and
    # Keras would give them some as soon as it is left.
    with futures.ThreadPoolExecutor(1) as thread:
        return thread.submit(_without_values, application, options, x).result()


def _without_values(application, options, x):
    with keras.StatelessScope(initialize_variables=False):
        return application(
            weights=None,
            include_top=False,
            input_tensor=x,
            input_shape=x.shape[1:],
            **options,
        ).output


def adapt(model, bn_momentum):
    """A copy with our own layers where they stand for Keras'."""

    def change(layer, config):
        """Our own batch norm or LayerScale in the place of Keras'."""
        if isinstance(layer, keras.layers.BatchNormalization):
            config["momentum"] = bn_momentum
            return batch_norm.BatchNormalization.from_config(config)
        if type(layer).__name__ == "LayerScale":
            return LayerScale.from_config(config)
        if type(layer) in OURS:
            return OURS[type(layer)].from_config(config)
        return None

    return rebuild.rebuild(model, change)


def _network(application, ends, *, min_size=32, scaling, **options):
    return stages.Network(
        body=functools.partial(body, application, options),
        outputs=dict(zip(STAGES, ends, strict=True)),
        min_size=min_size,
        scaling=scaling,
        adapt=adapt,
    )


NETWORKS = {
    "resnet50": _network(
        applications.ResNet50,
        (
            "conv1_relu",
            "conv2_block3_out",
            "conv3_block4_out",
            "conv4_block6_out",
            "conv5_block3_out",
        ),
        scaling="caffe",
    ),
    "inception_v3": _network(
        applications.InceptionV3,
        ("activation_2", "activation_4", "mixed2", "mixed7", "mixed10"),
        min_size=75,
        scaling="tf",
    ),
    "densenet121": _network(
        applications.DenseNet121,
        # A dense block is activated on its way into what follows it.
        ("conv1_relu", "pool2_relu", "pool3_relu", "pool4_relu", "relu"),
        scaling="torch",
    ),
    "inception_resnet_v2": _network(
        applications.InceptionResNetV2,
        (
            "activation_2",
            "activation_4",
            "block35_10_ac",
            "block17_20_ac",
            "conv_7b_ac",
        ),
        min_size=75,
        scaling="tf",
    ),
    "efficientnetv2_b0": _network(
        applications.EfficientNetV2B0,
        (
            "stem_activation",
            "block2b_add",
            "block3b_add",
            "block5e_add",
            "top_activation",
        ),
        scaling="torch",
        include_preprocessing=False,
    ),
    "convnext_tiny": _network(
        applications.ConvNeXtTiny,
        # As above: a stage is normalized on its way into the next.
        (
            "convnext_tiny_stem_layernorm",
            "convnext_tiny_downsampling_layernorm_0",
            "convnext_tiny_downsampling_layernorm_1",
            "convnext_tiny_downsampling_layernorm_2",
            "layer_normalization",
        ),
        scaling="torch",
        include_preprocessing=False,
    ),
    "mobilenet_v3_small": _network(
        applications.MobileNetV3Small,
        (
            "activation",
            "expanded_conv_project_bn",
            "expanded_conv_2_add",
            "expanded_conv_7_add",
            "activation_17",
        ),
        scaling="tf",
        include_preprocessing=False,
    ),
}
