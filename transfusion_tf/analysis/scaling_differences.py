"""Which input scalings can a probe tell apart, on the images that it saw?"""

import numpy as np

from transfusion_tf.statistics import jackknife

COLUMNS = (
    "run",
    "scaling",
    "mean_divergence",
    "closest",
    "difference",
    "low",
    "high",
    "level",
    "num_images",
    "num_groups",
    "note",
)

_OF_ITSELF = {
    **dict.fromkeys(("difference", "low", "high", "level")),
    "note": "",
}


def rows(found, sizes, *, run):
    """One row (dict of COLUMNS) per preset, the closest first.

    A difference is the mean divergence less that of the closest preset, on the
    same images; its interval leaves out each group in turn
    (`jackknife.delete_a_group`). Where it holds 0, or there is none, the two
    presets cannot be told apart.

    Args:
      found: as of `scaling_probe.divergences`.
      sizes: images of each group.
      run: the network.
    """
    means = {
        preset: np.array([np.mean(list(part.values())) for part in parts])
        for preset, parts in found.items()
    }
    ordered = sorted(means, key=lambda preset: means[preset][0])
    closest, num_groups = ordered[0], len(means[ordered[0]]) - 1
    return [
        {
            "run": run,
            "scaling": preset,
            "mean_divergence": float(means[preset][0]),
            "closest": closest,
            "num_images": int(np.sum(sizes)),
            "num_groups": num_groups,
            **(
                _difference(means[preset] - means[closest], sizes, closest)
                if preset != closest
                else _OF_ITSELF
            ),
        }
        for preset in ordered
    ]


def _difference(parts, sizes, closest):
    """The columns on the difference to the closest preset."""
    value, *left_out = parts
    interval = jackknife.delete_a_group(value, left_out, sizes)
    note = ""
    if interval is None or interval.low <= 0:
        note = f"cannot be told apart from {closest}"
    return {
        "difference": float(value),
        "low": interval and interval.low,
        "high": interval and interval.high,
        "level": interval and jackknife.LEVEL,
        "note": note if interval else f"{note}: one patient, so no interval",
    }
