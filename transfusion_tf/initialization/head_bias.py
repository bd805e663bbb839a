"""The bias of the logits at the start of a training, where it is not zero."""

import numpy as np

PRIOR = "prior"


def replace(backbone, values, report):
    """Sets the bias of the logits, and says so in the report of the start.

    Args:
      backbone: Backbone.
      values: (num_outputs,) numbers.
      report: what schemes.initialize has returned; changed in place.
    """
    (bias,) = (v for v in backbone.head[-1].weights if v.name == "bias")
    bias.assign(np.array(values, np.float32))
    report["variables"][bias.path] = PRIOR
    kinds = list(report["variables"].values())
    report["counts"] = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
