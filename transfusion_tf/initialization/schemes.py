"""Initialisations: each scheme gives every variable of a network its value.

A scheme is a function (backbone, source, seed) -> (values, account):
values {variable path: array} for all variables, account {path: why}, where
`why` is "source" or "random". Draws are seeded by (seed, path), so a variable's
random value does not depend on what happens to the others: `random` and
`pretrained` with one seed share the random head.
"""

import hashlib

import numpy as np

from transfusion_tf import names
from transfusion_tf.initialization import matching


def random(backbone, source, seed):
    """All variables from their layers' own initialisers (Keras' defaults).

    For the CBR family that is Glorot uniform kernels (Glorot and Bengio 2010),
    batch norm as the identity, and zero biases.
    """
    del source  # `random` has none; the signature is the family's.
    values = {
        variable.path: _draw(layer, variable, seed)
        for layer in backbone.model.layers
        for variable in layer.variables
    }
    return values, dict.fromkeys(values, "random")


def pretrained(backbone, source, seed):
    """All but the head from the source (batch norm's statistics included)."""
    values, account = random(backbone, None, seed)
    taken = matching.plan(backbone, source)
    return {**values, **taken}, {**account, **dict.fromkeys(taken, "source")}


SCHEMES = {"random": random, "pretrained": pretrained}


def initialize(backbone, scheme, *, source=None, seed):
    """Sets all variables of `backbone` by `scheme`; returns the account.

    Args:
      backbone: Backbone; its variables are assigned.
      scheme: one of names.SCHEMES.
      source: Source of the weights (initialization.pretrained), or None.
      seed: non-negative int.

    Returns:
      JSON-able dict: scheme, seed, the source's identity, `variables`
      {path: "source" or "random"}, what of the source was left out and why,
      and how many tensors differ from the fresh network's.
    """
    names.check("init", scheme, sorted(SCHEMES))
    values, account = SCHEMES[scheme](backbone, source, seed)
    changed = _assign(backbone.model.variables, values)
    taken = [path for path, why in account.items() if why == "source"]
    return {
        "scheme": scheme,
        "seed": seed,
        "source": source.identity if source else None,
        "variables": account,
        "num_from_source": len(taken),
        "num_random": len(account) - len(taken),
        "changed_fraction": changed,
        "skipped_source_tensors": {
            path: "belongs to the head"
            for path in sorted(set(source.tensors if source else ()))
            if path not in taken
        },
    }


def _assign(variables, values):
    """Assigns and returns the share of tensors that are not as before."""
    changed = 0
    for variable in variables:
        changed += not np.array_equal(variable.numpy(), values[variable.path])
        variable.assign(values[variable.path])
    return changed / len(variables)


def _draw(layer, variable, seed):
    """A fresh value of `variable` by its layer's initialiser."""
    initializer = getattr(layer, f"{variable.name}_initializer", None)
    if initializer is None:
        # Not trained from a draw (a layer's fixed constants): as it was built.
        return variable.numpy()
    settings = initializer.get_config()
    if "seed" in settings:
        settings["seed"] = _seed_of(seed, variable.path)
    fresh = type(initializer).from_config(settings)
    return np.asarray(fresh(variable.shape, dtype=variable.dtype))


def _seed_of(seed, path):
    """A 31-bit seed from the run's seed and the variable's path."""
    digest = hashlib.sha256(f"{seed}:{path}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
