"""Truncated networks: the lower stages of a network under a head of their own.

What is left of a network when its upper stages are cut off, after the stage's
last activation. Layers keep their names and settings, so that a weight starts
in a truncated network as in the whole one.
"""

import dataclasses

import keras
from keras import layers

from transfusion_tf import names
from transfusion_tf.models import rebuild, stages


def check(name, stage_names, truncate_at, slim_from=None):
    """Raises ValueError unless a network can be truncated so.

    Args:
      name: network.
      stage_names: its stages, bottom to top.
      truncate_at: the last stage that is kept, or None for all.
      slim_from: the first stage of a slim network that is narrowed, or None.
    """
    if truncate_at is None:
        return
    names.check(f"stage of {name}", truncate_at, stage_names)
    place = stage_names.index(truncate_at)
    if place == len(stage_names) - 1:
        raise ValueError(
            f"--truncate_at={truncate_at} is the last stage of {name}, so "
            "nothing would be cut off; leave it out, or give one of "
            f"{', '.join(stage_names[:-1])}."
        )
    if slim_from is not None and stage_names.index(slim_from) > place:
        raise ValueError(
            f"--truncate_at={truncate_at} cuts off all that is narrower in "
            f"{name} (from {slim_from} on); give --model="
            f"{name.removesuffix('_slim')}, or a lower --slim_from."
        )


def cut(backbone, truncate_at, outputs, *, readout=None, whole):
    """A Backbone of the stages through `truncate_at`, with a head of its own.

    The head is that of every network of the zoo: a mean over the image (or what
    the network's readout leaves of it) and a dense layer, here of the stage's
    output.

    Args:
      backbone: Backbone of the whole network, which is not changed.
      truncate_at: name of the last stage that is kept.
      outputs: {stage: layer that it ends at} of the whole network.
      readout: of the network, see stages.Network.
      whole: function () -> Backbone like `backbone`, see stages.Backbone.
    """
    kept = backbone.stages_through(truncate_at)
    x = readout(kept[-1].output) if readout else kept[-1].output
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(backbone.num_outputs, name="logits")(x)
    model = keras.Model(backbone.model.input, x, name=backbone.name)
    # A copy: the layers themselves would keep those above them in memory.
    model = rebuild.rebuild(model, _as_it_is)
    ends = {stage.name: outputs[stage.name] for stage in kept}
    made = stages.assemble(model, ends, backbone.scaling)
    return dataclasses.replace(made, whole=whole)


def _as_it_is(layer, config):
    """A change, as of `rebuild.rebuild`, that leaves all as it is."""
    del layer, config
