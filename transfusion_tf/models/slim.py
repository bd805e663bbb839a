"""Slim networks: the original width up to a stage, less from there on.

From Raghu et al. 2019 (arXiv:1902.07208), section on hybrids: a ResNet-50 with
pretrained weights through Block2, whose remainder is made lightweight and
starts at random, learns like the whole pretrained one. How lightweight is not
known for sure; half the width is our choice, and so is the default of narrowing
from `block3` (of the CBR family, `conv3`) on.
"""

import keras

from transfusion_tf import names
from transfusion_tf.models import rebuild

MIN_FILTERS = 8
# {base: first stage that is narrowed by default}
DEFAULT_FROM = {
    "cbr_larget": "conv3",
    "cbr_largew": "conv3",
    "cbr_small": "conv3",
    "cbr_tiny": "conv3",
    "cbr_tiny_wide": "conv3",
    "resnet50": "block3",
    "inception_v3": "block3",
}
BASES = {f"{base}_slim": base for base in DEFAULT_FROM}


def first_stage(name, stage_names, slim_from):
    """The first stage that is narrowed; None for networks that are not slim.

    Args:
      name: network, slim or not.
      stage_names: its stages, bottom to top.
      slim_from: the stage that was asked for, or None for the default.

    Raises:
      ValueError: the stage is not there, or leaves nothing at full width.
    """
    if name not in BASES:
        return None
    if slim_from is None:
        return DEFAULT_FROM[BASES[name]]
    names.check(f"stage of {name}", slim_from, stage_names)
    if slim_from == stage_names[0]:
        raise ValueError(
            f"--slim_from={slim_from} would leave no stage of {name} at full "
            f"width; allowed: {', '.join(stage_names[1:])}."
        )
    return slim_from


def narrow(backbone, slim_from, slim_width):
    """A model with fewer filters from a stage on, all else like `backbone`.

    Every convolution of the stages from `slim_from` on keeps `slim_width` of
    its filters, rounded, and at least 8; batch norm follows.

    Args:
      backbone: Backbone of full width.
      slim_from: as `first_stage` returns it.
      slim_width: fraction of the width, in (0, 1).

    Returns:
      Functional model with fresh weights; layers keep names and order.
    """
    first = backbone.stage_names.index(slim_from)
    slimmed = {
        layer.name for s in backbone.stages[first:] for layer in s.layers
    }

    def change(layer, settings):
        """Narrows a convolution of the slimmed stages, in its settings."""
        if layer.name in slimmed and isinstance(layer, keras.layers.Conv2D):
            full = settings["filters"]
            least = min(full, MIN_FILTERS)
            settings["filters"] = max(least, round(slim_width * full))

    return rebuild.rebuild(backbone.model, change)
