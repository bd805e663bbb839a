"""How far the weights of each stage have moved, beside what that changed."""

import numpy as np

from transfusion_tf.analysis.views import rows as view_rows

MEASURES = ("l2", "relative_l2", "weight_cosine")


def rows(view, pairs, networks, *, stages):
    """Returns rows (dicts of view_rows.COLUMNS), three measures a stage.

    `l2` is |after - before| over all trained weights of a stage (kernels,
    biases, scales and offsets of batch norms; not their statistics),
    `relative_l2` that over |before|, `weight_cosine` the cosine between both.
    Undefined (None) are the last two of a stage that was all zero.

    Args:
      view: its name.
      pairs: list of (Network before, Network after).
      networks: {Network: object with `backbone`, `init` and `digest`}.
      stages: names of the stages, bottom to top.
    """
    return [
        {
            **dict.fromkeys(view_rows.COLUMNS),
            **view_rows.about(view, pair, networks),
            "stage": stage,
            "stage_index": index,
            "measure": measure,
            "value": value,
            "note": "",
        }
        for pair in pairs
        for index, stage in enumerate(stages)
        for measure, value in distances(
            *(_weights(networks[network].backbone, stage) for network in pair)
        ).items()
    ]


def distances(before, after):
    """{measure: value} of two (num_weights,) arrays."""
    norm = np.linalg.norm(before)
    l2 = np.linalg.norm(after - before)
    product = norm * np.linalg.norm(after)
    return {
        "l2": float(l2),
        "relative_l2": float(l2 / norm) if norm else None,
        "weight_cosine": float(before @ after / product) if product else None,
    }


def _weights(backbone, stage):
    """(num_weights,) all trained weights of a stage, float64."""
    layers = backbone.stage(stage).layers
    return np.concatenate(
        [
            np.asarray(variable, np.float64).ravel()
            for layer in layers
            for variable in layer.trainable_variables
        ]
    )
