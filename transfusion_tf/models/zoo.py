"""Networks by name."""

import functools

from transfusion_tf import names
from transfusion_tf.models import cbr

# {name: (builder, smallest image side in pixels)}
ZOO = {
    name: (functools.partial(cbr.build, name), cbr.MIN_IMAGE_SIZE)
    for name in cbr.SPECS
}


def build(name, *, num_outputs, image_size, bn_momentum=0.9):
    """Builds a Backbone with freshly initialised weights.

    Args:
      name: one of names.MODELS.
      num_outputs: number of logits: classes, or labels of a multi-label task.
      image_size: side of the square images in pixels.
      bn_momentum: momentum of the running statistics of batch norm.

    Raises:
      ValueError: unknown name, or an image size below the network's minimum.
    """
    names.check("model", name, sorted(ZOO))
    builder, minimum = ZOO[name]
    if image_size < minimum:
        raise ValueError(
            f"{name} needs images of at least {minimum} pixels a side. "
            f"Received: --image_size={image_size}; give a larger one."
        )
    return builder(
        num_outputs=num_outputs, image_size=image_size, bn_momentum=bn_momentum
    )
