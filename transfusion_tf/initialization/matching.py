"""Which weight of a network takes which tensor of a source.

By position, never by name: the layers with weights of legacy files are those of
the network in its order; in Keras 3's files, which keep no order between
classes of layers, those of each class. Shapes must agree.
"""

import dataclasses
import re

from transfusion_tf.initialization import architectures
from transfusion_tf.models import rebuild, slim

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
      ValueError: the source is of another architecture or width.
    """
    taken = backbone.stage_names if stages is None else tuple(stages)
    stage_of = {
        layer.name: stage.name
        for stage in backbone.stages
        for layer in stage.layers
    }
    body = [x for x in backbone.model.layers if x.name in stage_of]
    partners = _partners(body, source)
    values, tensor_names, skipped, wrong = {}, {}, {}, []
    for layer, partner in zip(body, partners, strict=True):
        if stage_of[layer.name] not in taken:
            why = f"above {taken[-1]}" if taken else "no stage is taken"
            skipped |= _skip(partner, why)
        elif partner is None or _shapes(layer) != partner.shapes:
            wrong.append((layer, partner))
        else:
            for weight, (name, array) in zip(
                layer.weights, partner.tensors, strict=True
            ):
                values[weight.path] = array
                tensor_names[weight.path] = name
    matched = {id(partner) for partner in partners}
    left = [layer for layer in source.layers if id(layer) not in matched]
    # No head has them, so there is more of a body than this network has.
    stray = [layer for layer in left if architectures.is_spatial(layer.shapes)]
    if wrong or stray:
        problem = _misfits(wrong) if wrong else _leftovers(stray)
        raise ValueError(
            f"The weights of {source.name} do not fit {backbone.name}: "
            f"{problem}. {_advice(backbone, source)}"
        )
    for layer in left:
        skipped |= _skip(layer, HEAD)
    return Match(values, tensor_names, skipped)


def _partners(body, source):
    """For each layer the SourceLayer in its place, or None."""
    queues, by_name = {}, {}
    for layer in source.layers:
        queues.setdefault(layer.kind, []).append(layer)
        by_name[_plain(layer.name, layer.kind)] = layer
    queues = {kind: iter(layers) for kind, layers in queues.items()}
    partners = []
    for layer in body:
        kind = rebuild.snake_case(type(layer).__name__)
        if kind in source.unordered:
            partners.append(by_name.get(_plain(layer.name, kind)))
        else:
            queue = queues.get(None if None in queues else kind, iter(()))
            partners.append(next(queue, None))
    return partners


def _plain(name, kind):
    """The name, without the number of one that Keras has given by itself."""
    return kind if kind and re.fullmatch(rf"{kind}_\d+", name) else name


def _misfits(wrong):
    """Says of the first (layer, SourceLayer or None) what its shapes are."""
    layer, partner = wrong[0]
    found = (
        f"{partner.name} with {_text(partner.shapes)}" if partner else "none"
    )
    return (
        f"{layer.name} needs {_text(_shapes(layer))}; in its place is {found}"
        f"{_more(wrong)}"
    )


def _leftovers(stray):
    return (
        f"{stray[0].name} with {_text(stray[0].shapes)} is left over"
        f"{_more(stray)}"
    )


def _advice(backbone, source):
    known = source.identity.get("model") or source.identity.get("architecture")
    base = slim.BASES.get(backbone.name)
    if base and base == known:
        return (
            f"A slim network takes the stages of a {base} that have its width: "
            "--init=transfusion --through=STAGE."
        )
    return (
        f"They look like {known or 'no network of the zoo'}; give weights of a "
        f"{backbone.name}, or another --model."
    )


def _shapes(layer):
    return tuple(tuple(weight.shape) for weight in layer.weights)


def _text(shapes):
    return ", ".join(map(str, shapes))


def _more(items):
    return f" (and {len(items) - 1} more layers)" if len(items) > 1 else ""


def _skip(layer, why):
    return {name: why for name, _ in layer.tensors} if layer else {}
