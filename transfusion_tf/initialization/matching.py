"""Which weight of a network takes which tensor of a source.

Which layer is which, pairing finds; here it is kept account of: every tensor of
the source is taken, or skipped for a reason.
"""

import dataclasses

from transfusion_tf.initialization import architectures, fitting, pairing

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
    take its lower stages from the full one. A truncated network takes what the
    whole one would; the source may be truncated as well.

    Args:
      backbone: Backbone that takes weights.
      source: Source.
      stages: names of the stages that take them; by default all.

    Raises:
      ValueError: the source is of another architecture or width, ends below a
        stage, or does not show which layer is which.
    """
    taken = backbone.stage_names if stages is None else tuple(stages)
    whole = backbone.whole() if backbone.whole else backbone
    stage_of = {
        layer.name: stage.name
        for stage in _stages_in(source, whole)
        for layer in stage.layers
    }
    _check_reach(source, backbone, taken, stage_of.values())
    body = [x for x in whole.model.layers if x.name in stage_of]
    wanted = [x for x in body if stage_of[x.name] in taken]
    partners = pairing.Pairing(whole, source, body, wanted).partners()
    values, tensor_names, skipped = {}, {}, {}
    for layer in body:
        partner = partners.get(layer.name)
        if layer not in wanted:
            stage = stage_of[layer.name]
            skipped |= _skip(partner, _why_not(backbone, taken, stage))
            continue
        for weight, (name, array) in zip(
            layer.weights, fitting.arranged(layer, partner), strict=True
        ):
            values[weight.path] = array
            tensor_names[weight.path] = name
    for layer in pairing.unmatched(source, partners):
        skipped |= _skip(layer, HEAD)
    return Match(values, tensor_names, skipped)


def _stages_in(source, whole):
    """The stages of a whole network that a source has, bottom to top.

    All, unless its spatial kernels are exactly those of the lower ones: then
    it is a truncated network.
    """
    found = architectures.fingerprint(layer.shapes for layer in source.layers)
    for count in range(len(whole.stages), 0, -1):
        lower = whole.stages[:count]
        shapes = (fitting.shapes_of(x) for s in lower for x in s.layers)
        if architectures.fingerprint(shapes) == found:
            return lower
    return whole.stages


def _check_reach(source, backbone, taken, there):
    """Raises ValueError if stages are to be taken that the source lacks."""
    missing = [stage for stage in taken if stage not in there]
    if missing:
        last = backbone.stage_names[backbone.stage_names.index(missing[0]) - 1]
        raise ValueError(
            f"The weights of {source.name} do not fit {backbone.label}: they "
            f"end at {last} and have no {missing[0]}. Take what there is with "
            f"--init=transfusion --through={last}, or give weights of a whole "
            f"{backbone.name}."
        )


def _why_not(backbone, taken, stage):
    """Why a layer of a stage that is in the source is not taken."""
    if stage not in backbone.stage_names:
        return f"above {backbone.stage_names[-1]}, where the network ends"
    return f"above {taken[-1]}" if taken else "no stage is taken"


def _skip(layer, why):
    return {name: why for name, _ in layer.tensors} if layer else {}
