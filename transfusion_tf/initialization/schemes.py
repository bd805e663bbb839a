"""Initialisations: each scheme gives every variable of a network its value.

A scheme is a function (backbone, source, settings, seed) -> InitialValues.
Draws are seeded by (seed, path), so a variable's random value does not depend
on what happens to the others: all schemes with one seed share the random head,
and `transfusion` shares its upper stages with `random`.
"""

import dataclasses
import hashlib

import numpy as np

from transfusion_tf import names
from transfusion_tf.config.init import MEAN_VAR, NO_STAGE
from transfusion_tf.initialization import gabor as gabor_filters
from transfusion_tf.initialization import (
    initializers,
    marginals,
    matching,
    positions,
    sources,
)
from transfusion_tf.models import scaling

# How a value came about, as `provenance` says it.
RANDOM, TAKEN, BANK = "random", "source", "gabor"
MATCHED, SHUFFLED = marginals.MATCHED, marginals.SHUFFLED


@dataclasses.dataclass(frozen=True)
class InitialValues:
    """The values that a network starts from.

    Attributes:
      values: {variable path: array} of all weights.
      provenance: {variable path: RANDOM, TAKEN, MATCHED, SHUFFLED or BANK}.
      skipped: {tensor of the source: why it was not used}.
    """

    values: dict
    provenance: dict
    skipped: dict


def random(backbone, source, settings, seed):
    """All variables from their layers' own initialisers (Keras' defaults).

    For the CBR family that is Glorot uniform kernels (Glorot and Bengio 2010),
    batch norm as the identity, and zero biases.
    """
    del source, settings  # The signature is the family's.
    return _start(backbone, seed)


def pretrained(backbone, source, settings, seed):
    """All but the head from the source (batch norm's statistics included)."""
    del settings  # The signature is the family's.
    return _taken(backbone, source, seed, backbone.stage_names)


def transfusion(backbone, source, settings, seed):
    """The stages up to `settings.through` from the source, the others not.

    Weight transfusion of Raghu et al. 2019 (arXiv:1902.07208), figure 7. Batch
    norm goes with its stage, statistics included. The others are those of
    `random` or, with `settings.rest`, those of `mean_var`: the WT-ST of
    Matsoukas et al. 2022 (arXiv:2203.01825), in which a run of one more stage
    gains features, and no scale of its weights besides.

    Raises:
      ValueError: the network has no such stage.
    """
    stages = ()
    if settings.through != NO_STAGE:
        stages = backbone.stages_through(settings.through)
    if settings.rest == MEAN_VAR:
        return _drawn(backbone, source, settings, seed, MATCHED, stages)
    if not stages:
        return random(backbone, source, settings, seed)
    return _taken(backbone, source, seed, [stage.name for stage in stages])


def mean_var(backbone, source, settings, seed):
    """Kernels i.i.d. normal with the mean and variance of the source's same.

    The Mean Var initialisation of Raghu et al. 2019 (arXiv:1902.07208): it
    keeps the scale of each layer and destroys the features. Kernels only:
    biases, batch norm and layer scales start as in `random` (drawn like the
    kernels, a batch-norm variance could be negative), and so does the head.
    With `settings.mean_var_biases` biases are drawn like the kernels, as those
    of the statistics transfer of Matsoukas et al. 2022 (arXiv:2203.01825).
    """
    return _drawn(backbone, source, settings, seed, MATCHED)


def shuffled(backbone, source, settings, seed):
    """Each kernel is the source's same with its values permuted.

    Frankle, Schwab and Morcos 2020 (arXiv:2002.10365) shuffle the weights of
    layers in this way. The distribution of values is the source's exactly,
    with its heavy tails and zeros, which `mean_var` replaces by a normal one;
    features are gone. All but kernels starts as in `mean_var`.
    """
    return _drawn(backbone, source, settings, seed, SHUFFLED)


def gabor(backbone, source, settings, seed):
    """conv1 from a bank of Gabor filters, all others random.

    The synthetic Gabor initialisation of Raghu et al. 2019
    (arXiv:1902.07208), figure 8; initialization.gabor has its parameters.
    The bank has the standard deviation of the source's conv1 or, without a
    source, that of He et al. 2015 (eq. 10): sqrt(2 / fan_in).

    Raises:
      ValueError: the first convolution is smaller than 5x5.
    """
    _, kernel, skipped = draw_bank(backbone, source, settings, seed)
    path = backbone.first_kernel.path
    return _start(backbone, seed, {path: kernel}, {path: BANK}, skipped)


def draw_bank(backbone, source, settings, seed):
    """What `gabor` puts into conv1: (waves, kernel, skipped of the source)."""
    variable = backbone.first_kernel
    side, _, channels, count = variable.shape
    # Before the source is looked at: what is said first should be that this
    # network cannot.
    rng = np.random.default_rng(_seed_of(seed, variable.path))
    waves = gabor_filters.waves(count, side, settings, rng)
    skipped, std = {}, np.sqrt(2 / (side * side * channels))
    if source is not None:
        match = matching.plan(
            backbone, source, stages=[backbone.stage_names[0]]
        )
        std = match.values[variable.path].std()
        skipped = match.skipping(match.values, "gabor takes conv1's size only")
    bgr = scaling.is_bgr(backbone.scaling)
    return waves, gabor_filters.kernel(waves, side, std=std, bgr=bgr), skipped


SCHEMES = {
    "random": random,
    "pretrained": pretrained,
    "mean_var": mean_var,
    "shuffled": shuffled,
    "transfusion": transfusion,
    "gabor": gabor,
}


def initialize(backbone, settings, *, source=None, seed):
    """Sets all variables of `backbone`; returns where they come from.

    Args:
      backbone: Backbone; its variables are assigned.
      settings: InitConfig.
      source: Source of the weights (initialization.sources), or None.
      seed: non-negative int.

    Returns:
      JSON-able dict: scheme, seed, through, the source's identity, `variables`
      {path: how its value came about}, the number of each kind, the number of
      random states of dropout (seeded, no weights), what of the
      source was left out and why, what is odd about it or was changed
      (`warnings`), and the share of tensors that differ from the freshly built
      network's.

    Raises:
      ValueError: the source does not fit, or the scheme not the network; then
        nothing has been assigned.
    """
    scheme = settings.scheme
    names.check("init", scheme, sorted(SCHEMES))
    start = SCHEMES[scheme](backbone, source, settings, seed)
    changed = _assign(backbone.weights, start.values)
    _seed_random_states(backbone, seed)
    kinds = list(start.provenance.values())
    return {
        "scheme": scheme,
        "seed": seed,
        "through": settings.through,
        "source": source.identity if source else None,
        "counts": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "changed_fraction": changed,
        "warnings": _remarks(backbone, source) if source else [],
        "variables": start.provenance,
        "num_random_states": len(backbone.random_states),
        "skipped_source_tensors": start.skipped,
    }


def _remarks(backbone, source):
    """What is odd about a source, and what of it does not fit as it is."""
    lines = sources.warnings_of(source)
    if positions.are_in(backbone):
        lines += positions.notes(source, backbone)
    return lines


def _taken(backbone, source, seed, stages):
    match = matching.plan(backbone, source, stages=stages)
    kinds = dict.fromkeys(match.values, TAKEN)
    return _start(backbone, seed, match.values, kinds, match.skipped)


def _drawn(backbone, source, settings, seed, kind, taken=()):
    """Kernels by the statistics of the source's, below them its own stages.

    Args:
      backbone, source, settings, seed: as of a scheme.
      kind: MATCHED or SHUFFLED.
      taken: the lowest Stages, which are from the source as they are.
    """
    match = matching.plan(backbone, source, stages=backbone.stage_names)
    below = {v.path for stage in taken for v in stage.variables}
    given = {path: match.values[path] for path in match.values if path in below}
    above = {k: array for k, array in match.values.items() if k not in below}
    kinds = marginals.kinds(above, kind, with_biases=settings.mean_var_biases)
    if settings.mean_var_biases and kinds and not marginals.has_biases(kinds):
        raise ValueError(
            "--mean_var_biases does nothing: none of the layers of "
            f"{backbone.label} that are drawn has a bias; leave it out."
        )
    for path, of_path in kinds.items():
        rng = np.random.default_rng(_seed_of(seed, path))
        given[path] = marginals.DRAWS[of_path](above[path], rng)
    others = [path for path in above if path not in kinds]
    parts = "kernels and biases" if settings.mean_var_biases else "kernels"
    skipped = match.skipping(others, f"{kind} takes {parts} only")
    kinds = {**dict.fromkeys(given, TAKEN), **kinds}
    return _start(backbone, seed, given, kinds, skipped)


def _start(backbone, seed, given=None, kinds=None, skipped=None):
    """`given` values, each of its kind, and random ones for the rest.

    What is given is not drawn: large networks take seconds to draw.
    """
    given, values, provenance = given or {}, {}, {}
    for layer in backbone.model.layers:
        for variable in layer.weights:
            path = variable.path
            if path in given:
                values[path], provenance[path] = given[path], kinds[path]
            else:
                values[path] = _draw(layer, variable, seed)
                provenance[path] = RANDOM
    return InitialValues(values, provenance, skipped or {})


def _assign(variables, values):
    """Assigns and returns the share of tensors that are not as before."""
    changed = 0
    for variable in variables:
        changed += not np.array_equal(variable.numpy(), values[variable.path])
        variable.assign(values[variable.path])
    return changed / len(variables)


def _draw(layer, variable, seed):
    """A fresh value of `variable` by its layer's initialiser."""
    initializer = initializers.of_weight(layer, variable)
    settings = initializer.get_config()
    if "seed" in settings:
        settings["seed"] = _seed_of(seed, variable.path)
    fresh = type(initializer).from_config(settings)
    return np.asarray(fresh(variable.shape, dtype=variable.dtype))


def _seed_random_states(backbone, seed):
    """Sets (seed, counter) of each dropout layer.

    By its place: the path counts what the process has built before.
    """
    for place, state in enumerate(backbone.random_states):
        state.assign([_seed_of(seed, f"random state {place}"), 0])


def _seed_of(seed, path):
    """A 31-bit seed from the run's seed and the variable's path."""
    digest = hashlib.sha256(f"{seed}:{path}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
