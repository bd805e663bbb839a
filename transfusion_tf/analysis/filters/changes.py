"""What training did to the filters of the first convolution."""

import numpy as np

COLUMNS = (
    "run",
    "filter",
    "rank",
    "l2_before",
    "l2_after",
    "l2_change",
    "relative_change",
    "cosine",
)
KERNEL_COLUMNS = (
    "run",
    "filter",
    "rank",
    "step",
    "row",
    "column",
    "channel",
    "value",
)


def changes(before, after, *, run):
    """Returns one row (dict of COLUMNS) per filter, in the filters' order.

    `rank` 0 is the filter with the largest `l2_change`, the L2 norm of after
    minus before; `relative_change` is that over `l2_before`. Undefined (None)
    are the relative change of a filter that was zero, and the cosine of one
    that is or was.

    Args:
      before, after: (height, width, channels_in, num_filters) kernels.
      run: name of the run, for the column.
    """
    before, after = _flat(before), _flat(after)
    if before.shape != after.shape:
        raise ValueError(
            "Kernels before and after must have one shape. Received: "
            f"{before.shape} and {after.shape} (numbers, filters)"
        )
    norms = [np.linalg.norm(k, axis=0) for k in (before, after)]
    change = np.linalg.norm(after - before, axis=0)
    products = np.sum(before * after, axis=0)
    rank = np.argsort(np.argsort(-change, kind="stable"))
    return [
        {
            "run": run,
            "filter": index,
            "rank": int(rank[index]),
            "l2_before": float(norms[0][index]),
            "l2_after": float(norms[1][index]),
            "l2_change": float(change[index]),
            "relative_change": _ratio(change[index], norms[0][index]),
            "cosine": _ratio(
                products[index], norms[0][index] * norms[1][index]
            ),
        }
        for index in range(len(change))
    ]


def kernel_rows(kernel, changed, *, step):
    """Rows (dicts of KERNEL_COLUMNS) with every number of a kernel.

    Args:
      kernel: (height, width, channels_in, num_filters).
      changed: the rows of `changes`, which give run and rank.
      step: the step of the run that the kernel is of.
    """
    height, width, channels, _ = kernel.shape
    return [
        {
            "run": of["run"],
            "filter": of["filter"],
            "rank": of["rank"],
            "step": step,
            "row": row,
            "column": column,
            "channel": channel,
            "value": float(kernel[row, column, channel, of["filter"]]),
        }
        for of in changed
        for row, column, channel in np.ndindex(height, width, channels)
    ]


def _flat(kernel):
    kernel = np.asarray(kernel, np.float64)
    if kernel.ndim != 4:
        raise ValueError(
            "A kernel must be (height, width, channels_in, num_filters). "
            f"Received: shape {kernel.shape}"
        )
    return kernel.reshape(-1, kernel.shape[-1])


def _ratio(value, size):
    return float(value / size) if size else None
