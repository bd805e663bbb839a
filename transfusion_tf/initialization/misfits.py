"""What to say of weights that do not fit a network, and what to do then."""

from transfusion_tf.initialization import sources
from transfusion_tf.models import slim


def text(misfits):
    """Says what is wrong with the first of (layer, SourceLayer or None)."""
    layer, partner = misfits[0]
    return (
        f"{layer.name} needs {shapes_text(sources.shapes_of(layer))}; in its "
        f"place is {_found(layer, partner)}{more(misfits)}"
    )


def _found(layer, partner):
    if partner is None:
        return "none"
    found = f"{partner.name} with {shapes_text(partner.shapes)}"
    kinds = {array.dtype for _, array in partner.tensors}
    if integers := sorted(str(x) for x in kinds if x.kind != "f"):
        return f"{found}, as {integers[0]}: these weights are quantized"
    if sorted(partner.shapes) == sorted(sources.shapes_of(layer)):
        names = ", ".join(name for name, _ in partner.tensors)
        return f"{found}, that is, {names}"
    return found


def shapes_text(shapes):
    """Shapes, one after another."""
    return ", ".join(map(str, shapes))


def more(items):
    """How many there are besides the first, in brackets."""
    return f" (and {len(items) - 1} more layers)" if len(items) > 1 else ""


def advice(backbone, source, misfits):
    """What to do about weights that do not fit.

    Args:
      backbone: Backbone.
      source: Source.
      misfits: see `text`; none where the source has more layers.
    """
    identity = source.identity
    known = identity.get("model") or identity.get("architecture")
    name = backbone.name
    base = slim.BASES.get(name)
    lost = {x.inside for x in source.layers if x.sequence is None}
    if lost and known in (name, base):
        return (
            f"The file lists the weights of {min(lost).rstrip('/')} that "
            "were trained before those that were frozen, and its layers do "
            f"not have Keras' names, so their order is lost. "
            f"{with_names(backbone)}"
        )
    if base and base == known:
        return (
            f"A slim network takes the stages of a {base} that have its "
            "width: --init=transfusion --through=STAGE --rest=random."
        )
    if known == name and misfits:
        return (
            f"Its kernels are those of a {name}, but neither names nor "
            f"order show which layer is which. {with_names(backbone)}"
        )
    return (
        f"They look like {known or 'no network of the zoo'}; give weights "
        f"of a {name}, or another --model."
    )


def with_names(backbone):
    """How to save weights so that their names show which layer is which."""
    base = slim.BASES.get(backbone.name, backbone.name)
    return (
        "Load them into the network that they were trained in, and save it "
        f"as .keras with its layers named like those of Keras' {base}."
    )


def truncated(backbone, source, stage):
    """Says that a source ends below a stage, and what to do."""
    last = backbone.stage_names[backbone.stage_names.index(stage) - 1]
    return (
        f"The weights of {source.name} do not fit {backbone.label}: they end "
        f"at {last} and have no {stage}. Take what there is with "
        f"--init=transfusion --through={last}, or give weights of a whole "
        f"{backbone.name}."
    )
