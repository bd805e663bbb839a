"""Which weight of a network takes which tensor of a source.

Which layer is which, pairing finds; here it is kept account of: every tensor of
the source is taken, or skipped for a reason.
"""

import dataclasses

from transfusion_tf.initialization import fitting, pairing

HEAD = "belongs to the head"


@dataclasses.dataclass(frozen=True)
class Match:
    """What a network takes.

    Attributes:
      values: {path of the network's weight: array}.
      names: {path of the network's weight: tensor of the source}.
      skipped: {tensor of the source: why it is not taken}.
    """

    values: dict
    names: dict
    skipped: dict

    def skipping(self, paths, why):
        """`skipped`, and the tensors for `paths` besides."""
        return {**self.skipped, **{self.names[path]: why for path in paths}}


def plan(backbone, source, *, stages=None):
    """Matches the named stages; the head is never taken.

    Only layers of these stages need fitting shapes, so that a slim network can
    take its lower stages from the full one.

    Args:
      backbone: Backbone that takes weights.
      source: Source.
      stages: names of the stages that take them; by default all.

    Raises:
      ValueError: the source is of another architecture or width, or does not
        show which layer is which.
    """
    taken = backbone.stage_names if stages is None else tuple(stages)
    stage_of = {
        layer.name: stage.name
        for stage in backbone.stages
        for layer in stage.layers
    }
    body = [x for x in backbone.model.layers if x.name in stage_of]
    wanted = [x for x in body if stage_of[x.name] in taken]
    partners = pairing.Pairing(backbone, source, body, wanted).partners()
    values, tensor_names, skipped = {}, {}, {}
    for layer in body:
        partner = partners.get(layer.name)
        if layer not in wanted:
            why = f"above {taken[-1]}" if taken else "no stage is taken"
            skipped |= _skip(partner, why)
            continue
        for weight, (name, array) in zip(
            layer.weights, fitting.arranged(layer, partner), strict=True
        ):
            values[weight.path] = array
            tensor_names[weight.path] = name
    for layer in pairing.unmatched(source, partners):
        skipped |= _skip(layer, HEAD)
    return Match(values, tensor_names, skipped)


def _skip(layer, why):
    return {name: why for name, _ in layer.tensors} if layer else {}
