"""What a network costs, stage by stage, as a table."""

import keras

from transfusion_tf import tables
from transfusion_tf.models import cost, zoo

COLUMNS = (
    "stage",
    "output_layer",
    "height",
    "width",
    "channels",
    "weighted_layers",
    "parameters",
    "trainable_parameters",
    "multiply_adds",
)


def run(model, *, num_outputs, image_size):
    """Builds a network without its weights, and counts.

    Args:
      model: ModelConfig.
      num_outputs: number of logits.
      image_size: side in pixels.

    Returns:
      (Backbone whose variables have shapes and no values, DataFrame of
      COLUMNS).

    Raises:
      ValueError: the network cannot be built so.
    """
    # In this scope no weight is made, which halves the time of large networks.
    with keras.StatelessScope():
        backbone = zoo.build(
            model.name,
            num_outputs=num_outputs,
            image_size=image_size,
            **model.build_options,
        )
    return backbone, tables.frame(rows(backbone), columns=COLUMNS)


def rows(backbone):
    """One row (dict of COLUMNS) per stage, bottom to top, and one for the head.

    Args:
      backbone: Backbone of the zoo.
    """
    outputs = zoo.find(backbone.name).outputs
    found = [
        _row(stage.name, outputs[stage.name], stage.output.shape, stage.layers)
        for stage in backbone.stages
    ]
    shape = (None, 1, 1, backbone.num_outputs)
    end = backbone.model.layers[-1].name
    return [*found, _row("head", end, shape, backbone.head)]


def _row(stage, output_layer, shape, layers):
    return {
        "stage": stage,
        "output_layer": output_layer,
        "height": shape[1],
        "width": shape[2],
        "channels": shape[3],
        "weighted_layers": len(layers),
        "parameters": cost.num_parameters(layers),
        "trainable_parameters": cost.num_parameters(layers, trainable=True),
        "multiply_adds": sum(map(cost.multiply_adds, layers)),
    }
