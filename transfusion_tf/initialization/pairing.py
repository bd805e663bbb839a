"""Which layer of a source is which layer of a network.

By name where the file has the names that Keras gives to the layers of this
network, or has given in former versions; else by position, as far as positions
decide (layer_order). Shapes must agree either way. What neither settles is
refused: two layers of the same shapes in each other's place would be wrong
without a sign of it.
"""

import collections
import dataclasses

from transfusion_tf.initialization import (
    architectures,
    fitting,
    layer_names,
    layer_order,
    sources,
)
from transfusion_tf.models import slim, stages


def unmatched(source, partners):
    """The layers of a source that are no layer's partner."""
    matched = {id(layer) for layer in partners.values()}
    return [layer for layer in source.layers if id(layer) not in matched]


@dataclasses.dataclass(frozen=True)
class Pairing:
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
        in_order, is_certain = self._by_order()
        misfits = self._misfits(in_order)
        if self.source.is_published and not misfits:
            found = in_order
        elif (named := self._by_names()) is not None:
            found = named
        elif misfits:
            self._refuse(fitting.text(misfits), self._advice(misfits))
        else:
            self._check(in_order, is_certain)
            found = in_order
        # No head has them, so there is more of a body than this network has.
        stray = [
            layer
            for layer in unmatched(self.source, found)
            if architectures.is_spatial(layer.shapes)
        ]
        if stray:
            shapes = fitting.shapes_text(stray[0].shapes)
            self._refuse(
                f"{stray[0].name} with {shapes} is left over"
                f"{fitting.more(stray)}",
                self._advice(()),
            )
        return found

    def _by_order(self):
        wanted = {layer.name for layer in self.wanted}

        def fits(layer, partner):
            if layer.name in wanted:
                return fitting.arranged(layer, partner) is not None
            return fitting.is_scaled(layer, partner)

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
        if self._misfits(found) or self._contradicts(found):
            return None
        return found

    def _contradicts(self, named):
        """Whether numbers in names do not give the order that they seem to.

        They count what a process has made, which need not be this network
        alone: then shapes differ, or layers come before those that they need.
        """
        places = {id(x): i for i, x in enumerate(self.source.layers)}
        groups = collections.defaultdict(list)
        for layer in self.body:
            partner = named.get(layer.name)
            if partner is None or not layer_names.is_automatic(layer):
                continue
            if not fitting.is_scaled(layer, partner):
                return True
            if partner.sequence is not None:
                key = partner.sequence, partner.kind, partner.shapes
                groups[key].append((layer, places[id(partner)]))
        for other in unmatched(self.source, named):
            key = other.sequence, other.kind, other.shapes
            # What is not the network's comes after it: it is the head's.
            if any(place > places[id(other)] for _, place in groups[key]):
                return True
        turned = [
            group
            for group in groups.values()
            if [place for _, place in group] != sorted(x for _, x in group)
        ]
        return any(
            layer_order.contradicts(self.backbone.model, group)
            for group in turned
        )

    def _misfits(self, partners):
        """(layer, SourceLayer or None) of all wanted that do not fit."""
        pairs = [(x, partners.get(x.name)) for x in self.wanted]
        return [(x, y) for x, y in pairs if fitting.arranged(x, y) is None]

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
                self._with_names(),
            )
        self._check_names(in_order)
        if self._is_whole(in_order):
            return
        pairs = layer_order.side_by_side(self.backbone.model, self.wanted)
        if pairs:
            one, other = pairs[0]
            shapes = fitting.shapes_text(fitting.shapes_of(one))
            self._refuse(
                f"nothing in it sets {one.name} apart from {other.name}; both "
                f"have {shapes}{fitting.more(pairs)}",
                self._with_names(),
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
                and fitting.arranged(layer, same[0]) is not None
            ):
                self._refuse(
                    f"{same[0].name} in it does not stand where {layer.name} "
                    f"would, but {in_order[layer.name].name}",
                    self._with_names(),
                )

    def _is_whole(self, in_order):
        is_slim = self.backbone.name in slim.BASES
        for layer in self.body:
            partner = in_order.get(layer.name)
            if fitting.arranged(layer, partner) is not None:
                continue
            if partner is None or not is_slim:
                return False
            if not fitting.is_scaled(layer, partner, narrower=True):
                return False
        return True

    def _refuse(self, problem, advice):
        raise ValueError(
            f"The weights of {self.source.name} do not fit "
            f"{self.backbone.name}: {problem}. {advice}"
        )

    def _advice(self, misfits):
        """What to do about weights that do not fit."""
        identity = self.source.identity
        known = identity.get("model") or identity.get("architecture")
        name = self.backbone.name
        base = slim.BASES.get(name)
        lost = {x.inside for x in self.source.layers if x.sequence is None}
        if lost and known in (name, base):
            return (
                f"The file lists the weights of {min(lost).rstrip('/')} that "
                "were trained before those that were frozen, and its layers do "
                f"not have Keras' names, so their order is lost. "
                f"{self._with_names()}"
            )
        if base and base == known:
            return (
                f"A slim network takes the stages of a {base} that have its "
                "width: --init=transfusion --through=STAGE."
            )
        if known == name and misfits:
            return (
                f"Its kernels are those of a {name}, but neither names nor "
                f"order show which layer is which. {self._with_names()}"
            )
        return (
            f"They look like {known or 'no network of the zoo'}; give weights "
            f"of a {name}, or another --model."
        )

    def _with_names(self):
        base = slim.BASES.get(self.backbone.name, self.backbone.name)
        return (
            "Load them into the network that they were trained in, and save it "
            f"as .keras with its layers named like those of Keras' {base}."
        )
