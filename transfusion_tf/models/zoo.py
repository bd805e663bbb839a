"""Networks by name."""

import functools

import keras
from keras import layers

from transfusion_tf import names
from transfusion_tf.config import run
from transfusion_tf.models import (
    applications,
    cbr,
    scaling,
    slim,
    squeezenet,
    stages,
    torchvision_mobilenet,
    torchvision_resnets,
    truncation,
)

_FULL = {
    **cbr.NETWORKS,
    **applications.NETWORKS,
    **squeezenet.NETWORKS,
    **torchvision_mobilenet.NETWORKS,
    **torchvision_resnets.NETWORKS,
}
NETWORKS = {**_FULL, **{name: _FULL[base] for name, base in slim.BASES.items()}}


def build(
    name,
    *,
    num_outputs,
    image_size,
    bn_momentum=None,
    input_scaling="auto",
    slim_from=None,
    slim_width=None,
    truncate_at=None,
):
    """Builds a Backbone with freshly initialised weights.

    Args:
      name: one of names.MODELS.
      num_outputs: number of logits: classes, or labels of a multi-label task.
      image_size: side of the square images in pixels.
      bn_momentum, input_scaling, slim_from, slim_width, truncate_at: as in
        config.ModelConfig; input_scaling "auto" is native_scaling(name).

    Raises:
      ValueError: unknown name or scaling, an image size below the network's
        minimum, or a stage that the network lacks or that changes nothing.
    """
    settings = run.ModelConfig(
        name=name,
        bn_momentum=bn_momentum,
        input_scaling=input_scaling,
        slim_from=slim_from,
        slim_width=slim_width,
        truncate_at=truncate_at,
    )
    network = find(name)
    stage_names = tuple(network.outputs)
    slim_from = slim.first_stage(name, stage_names, slim_from)
    truncation.check(name, stage_names, truncate_at, slim_from)
    if image_size < network.min_size:
        raise ValueError(
            f"{name} needs images of at least {network.min_size} pixels a "
            f"side. Received: --image_size={image_size}; give a larger one."
        )
    whole = functools.partial(
        _whole, settings, num_outputs, image_size, slim_from
    )
    if truncate_at is None:
        return whole()
    return truncation.cut(whole(), truncate_at, network.outputs, whole=whole)


def _whole(settings, num_outputs, image_size, slim_from):
    """The Backbone of all stages, of checked settings."""
    network, input_scaling = find(settings.name), settings.input_scaling
    if input_scaling == "auto":
        input_scaling = network.scaling
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = scaling.scaling_layer(input_scaling)(inputs)
    x = network.body(x, settings.bn_momentum)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(num_outputs, name="logits")(x)
    model = keras.Model(inputs, x, name=settings.name)
    if network.adapt:
        model = network.adapt(model, settings.bn_momentum)
    backbone = stages.assemble(model, network.outputs, input_scaling)
    if slim_from is None:
        return backbone
    model = slim.narrow(backbone, slim_from, settings.slim_width)
    return stages.assemble(model, network.outputs, input_scaling)


def native_scaling(name):
    """Input scaling of the network's ImageNet weights ("tf" for CBR)."""
    return find(name).scaling


def find(name):
    """The Network `name`, a slim one's being its base's.

    Raises:
      ValueError: unknown name; the choices are listed.
    """
    names.check("model", name, sorted(NETWORKS))
    return NETWORKS[name]
