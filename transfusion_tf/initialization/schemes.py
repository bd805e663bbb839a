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
from transfusion_tf.config.init import NO_STAGE
from transfusion_tf.initialization import gabor as gabor_filters
from transfusion_tf.initialization import matching, positions, sources
from transfusion_tf.models import scaling

# How a value came about, as `provenance` says it.
RANDOM, TAKEN, MATCHED, BANK = "random", "source", "mean_var", "gabor"
# A layer keeps the initialiser of its weight "kernel" as `kernel_initializer`;
# {(class, weight): another prefix that Keras has given it}.
_INITIALIZER_PREFIXES = {("DepthwiseConv2D", "kernel"): "depthwise"}


@dataclasses.dataclass(frozen=True)
class InitialValues:
    """The values that a network starts from.

    Attributes:
      values: {variable path: array} of all weights.
      provenance: {variable path: RANDOM, TAKEN, MATCHED or BANK}.
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
    """The stages up to `settings.through` from the source, all others random.

    Weight transfusion of Raghu et al. 2019 (arXiv:1902.07208), figure 7. Batch
    norm goes with its stage, statistics included.

    Raises:
      ValueError: the network has no such stage.
    """
    if settings.through == NO_STAGE:
        return random(backbone, source, settings, seed)
    stages = [stage.name for stage in backbone.stages_through(settings.through)]
    return _taken(backbone, source, seed, stages)


def mean_var(backbone, source, settings, seed):
    """Kernels i.i.d. normal with the mean and variance of the source's same.

    The Mean Var initialisation of Raghu et al. 2019 (arXiv:1902.07208): it
    keeps the scale of each layer and destroys the features. Kernels only:
    biases, batch norm and layer scales start as in `random` (drawn like the
    kernels, a batch-norm variance could be negative), and so does the head.
    """
    del settings  # The signature is the family's.
    match = matching.plan(backbone, source, stages=backbone.stage_names)
    drawn = {}
    for path, kernel in match.values.items():
        if path.endswith("kernel"):
            exact = kernel.astype(np.float64)
            rng = np.random.default_rng(_seed_of(seed, path))
            values = rng.normal(exact.mean(), exact.std(), kernel.shape)
            drawn[path] = values.astype(kernel.dtype)
    others = [path for path in match.values if path not in drawn]
    skipped = match.skipping(others, "mean_var takes kernels only")
    return _start(backbone, seed, drawn, MATCHED, skipped)


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
    conv1 = {backbone.first_kernel.path: kernel}
    return _start(backbone, seed, conv1, BANK, skipped)


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
    return sources.warnings_of(source) + positions.notes(source, backbone)


def _taken(backbone, source, seed, stages):
    match = matching.plan(backbone, source, stages=stages)
    return _start(backbone, seed, match.values, TAKEN, match.skipped)


def _start(backbone, seed, given=None, why=RANDOM, skipped=None):
    """`given` values, which are there for `why`, and random ones for the rest.

    What is given is not drawn: large networks take seconds to draw.
    """
    given, values, provenance = given or {}, {}, {}
    for layer in backbone.model.layers:
        for variable in layer.weights:
            path = variable.path
            if path in given:
                values[path], provenance[path] = given[path], why
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
    initializer = _initializer_of(layer, variable)
    settings = initializer.get_config()
    if "seed" in settings:
        settings["seed"] = _seed_of(seed, variable.path)
    fresh = type(initializer).from_config(settings)
    return np.asarray(fresh(variable.shape, dtype=variable.dtype))


def _initializer_of(layer, variable):
    """The initialiser that Keras has made `variable` with.

    Raises:
      LookupError: it is not known. A value left as it was built would depend on
        all draws of the process before it.
    """
    kind = type(layer).__name__
    prefix = _INITIALIZER_PREFIXES.get((kind, variable.name), variable.name)
    initializer = getattr(layer, f"{prefix}_initializer", None)
    if initializer is None:
        raise LookupError(
            f"The initialiser of {variable.path} ({kind}) is not known; add "
            "where it is to _INITIALIZER_PREFIXES."
        )
    return initializer


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
