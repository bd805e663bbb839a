"""Which weight of a network takes which tensor of a source.

Every tensor of the source is taken, or skipped for a reason. Which layer is
which is seen by name where the file has the names that Keras gives to the
layers of this network, or has given in former versions; else by position, as
far as positions decide (layer_order). Shapes must agree either way. What
neither settles is refused: two layers of the same shapes in each other's place
would be wrong without a sign of it.
"""

import dataclasses
import functools

from transfusion_tf.initialization import (
    fingerprints,
    layer_names,
    layer_order,
    misfits,
    positions,
    pytorch_names,
    sources,
)
from transfusion_tf.models import slim, stages

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
    whole one would; the source may be truncated as well. Position embeddings
    are interpolated to the network's image size.

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
    if positions.are_in(whole):
        source = positions.fitted(source, whole)
    stage_of = {
        layer.name: stage.name
        for stage in sources.stages_in(source, whole)
        for layer in stage.layers
    }
    if missing := [x for x in taken if x not in stage_of.values()]:
        raise ValueError(misfits.truncated(backbone, source, missing[0]))
    body = [x for x in whole.model.layers if x.name in stage_of]
    wanted = [x for x in body if stage_of[x.name] in taken]
    outside = {}
    if source.is_pytorch:
        partners, outside = pytorch_names.partners(whole, source, body, wanted)
    else:
        partners = _Pairing(whole, source, body, wanted).partners()
    values, tensor_names, skipped = {}, {}, dict(source.passed_over)
    for layer in body:
        partner = partners.get(layer.name)
        if layer not in wanted:
            stage = stage_of[layer.name]
            skipped |= _skip(partner, _why_not(backbone, taken, stage))
            continue
        for weight, (name, array) in zip(
            layer.weights, sources.arranged(layer, partner), strict=True
        ):
            values[weight.path] = array
            tensor_names[weight.path] = name
    for layer in source.without(partners):
        skipped |= _skip(layer, outside.get(layer.name, HEAD))
    return Match(values, tensor_names, skipped)


def _why_not(backbone, taken, stage):
    """Why a layer of a stage that is in the source is not taken."""
    if stage not in backbone.stage_names:
        return f"above {backbone.stage_names[-1]}, where the network ends"
    return f"above {taken[-1]}" if taken else "no stage is taken"


def _skip(layer, why):
    return {name: why for name, _ in layer.tensors} if layer else {}


@dataclasses.dataclass(frozen=True)
class _Pairing:
    """A network and a source.

    Attributes:
      backbone: Backbone.
      source: Source.
      body: the network's layers with weights, without the head, in order.
      wanted: those of them that are to take weights.
    """

    backbone: stages.Backbone
    source: sources.Source
    body: list
    wanted: list

    def partners(self):
        """{layer's name: SourceLayer} of all `wanted`, and others if found.

        Raises:
          ValueError: the source is of another architecture or width, or does
            not show which layer is which.
        """
        found = self._as_published()
        if found is None:
            found = self._by_names()
        if found is None:
            found = self._as_ordered()
        # No head has them, so there is more of a body than this network has.
        telling = fingerprints.telling(x.shapes for x in self.source.layers)
        stray = [x for x in self.source.without(found) if x.shapes in telling]
        if stray:
            shapes = misfits.shapes_text(stray[0].shapes)
            self._refuse(
                f"{stray[0].name} with {shapes} is left over"
                f"{misfits.more(stray)}",
                misfits.advice(self.backbone, self.source, ()),
            )
        return found

    def _as_published(self):
        """By position in a published file, the order of which is known."""
        if not self.source.is_published:
            return None
        in_order, _ = self._by_order()
        return None if self._misfits(in_order) else in_order

    def _as_ordered(self):
        """By position, where positions decide; else raises ValueError."""
        in_order, is_certain = self._by_order()
        if wrong := self._misfits(in_order):
            self._refuse(
                misfits.text(wrong),
                misfits.advice(self.backbone, self.source, wrong),
            )
        self._check(in_order, is_certain)
        return in_order

    def _by_order(self):
        wanted = {layer.name for layer in self.wanted}
        fits = functools.partial(_fits, wanted)
        found, is_certain = layer_order.partners(self.body, self.source, fits)
        partners = {
            layer.name: partner
            for layer, partner in zip(self.body, found, strict=True)
            if partner is not None
        }
        return partners, is_certain

    def _by_names(self):
        """{layer's name: SourceLayer}; None if names do not show it.

        Raises:
          ValueError: several models inside of the source fit.
        """
        for without_suffix in (False, True):
            whole = self._named(self.source.layers, without_suffix)
            if whole is not None:
                return whole
            models = sorted({x.inside for x in self.source.layers} - {""})
            found = {}
            for model in models:
                layers = [
                    x for x in self.source.layers if x.inside.startswith(model)
                ]
                if (named := self._named(layers, without_suffix)) is not None:
                    key = tuple(id(named[x.name]) for x in self.wanted)
                    found[key] = model, named
            if len(found) > 1:
                names = ", ".join(x.rstrip("/") for x, _ in found.values())
                self._refuse(
                    f"several models inside of it would fit: {names}",
                    "Save the one that is meant by itself.",
                )
            for _, named in found.values():
                return named
        return None

    def _named(self, layers, without_suffix):
        """{layer's name: SourceLayer} by the names of these layers, or None."""
        candidates = layer_names.partners(
            self.backbone, self.body, layers, without_suffix=without_suffix
        )
        found = {
            name: same[0] for name, same in candidates.items() if len(same) == 1
        }
        is_wrong = self._misfits(found) or layer_names.contradict(
            self.backbone, self.body, self.source, found
        )
        return None if is_wrong else found

    def _misfits(self, partners):
        """(layer, SourceLayer or None) of all wanted that do not fit."""
        pairs = [(x, partners.get(x.name)) for x in self.wanted]
        return [(x, y) for x, y in pairs if sources.arranged(x, y) is None]

    def _check(self, in_order, is_certain):
        """Raises if the order of the layers does not settle which is which.

        Layers that depend on one another are in that order in every file. Of
        those side by side it is known if all layers of the file are in the
        order of the network: whoever writes one shortcut before the branch that
        it passes by does so with all, and those of other shapes show it.
        """
        if not is_certain:
            models = {x.inside for x in self.source.layers if x.inside}
            self._refuse(
                f"nothing in it shows where the layers of {min(models)} stand "
                "among the others",
                misfits.with_names(self.backbone),
            )
        self._check_names(in_order)
        if self._is_whole(in_order):
            return
        pairs = layer_order.side_by_side(self.backbone.model, self.wanted)
        if pairs:
            one, other = pairs[0]
            shapes = misfits.shapes_text(sources.shapes_of(one))
            self._refuse(
                f"nothing in it sets {one.name} apart from {other.name}; both "
                f"have {shapes}{misfits.more(pairs)}",
                misfits.with_names(self.backbone),
            )

    def _check_names(self, in_order):
        """Raises if a layer's name is that of a layer in another place."""
        candidates = layer_names.partners(
            self.backbone, self.body, self.source.layers
        )
        for layer in self.wanted:
            same = candidates.get(layer.name, ())
            if (
                len(same) == 1
                and same[0] is not in_order[layer.name]
                and not layer_names.is_automatic(layer)
                and sources.arranged(layer, same[0]) is not None
            ):
                self._refuse(
                    f"{same[0].name} in it does not stand where {layer.name} "
                    f"would, but {in_order[layer.name].name}",
                    misfits.with_names(self.backbone),
                )

    def _is_whole(self, in_order):
        is_slim = self.backbone.name in slim.BASES
        for layer in self.body:
            partner = in_order.get(layer.name)
            if sources.arranged(layer, partner) is not None:
                continue
            if partner is None or not is_slim:
                return False
            if not sources.is_scaled(layer, partner, narrower=True):
                return False
        return True

    def _refuse(self, problem, advice):
        raise ValueError(
            f"The weights of {self.source.name} do not fit "
            f"{self.backbone.name}: {problem}. {advice}"
        )


def _fits(wanted, layer, partner):
    """Whether a layer may be a source's: of those not wanted, but for width."""
    if layer.name in wanted:
        return sources.arranged(layer, partner) is not None
    return sources.is_scaled(layer, partner)
