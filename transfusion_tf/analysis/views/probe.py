"""Features of stages as vectors: means over the positions of an image.

What analysis.interventions.probing fits its probes to.
"""

import numpy as np

from transfusion_tf import datasets


def pooled(backbones, stages, batches):
    """Returns ({key: {stage: (num_images, neurons)}}, columns of the batches).

    Args:
      backbones: {key: Backbone}.
      stages: names of stages that all of them have.
      batches: iterable of {"image": (n, size, size, 3), "label": ..., ...}.

    Returns:
      The features, and {name: array} of all that is in the batches but the
      images, both in the order of the batches.

    Raises:
      ValueError: features are not finite, so that no probe can be fitted.
    """
    extractors = {
        key: backbone.feature_extractor() for key, backbone in backbones.items()
    }
    features = {key: {stage: [] for stage in stages} for key in backbones}
    columns = {}
    for batch in batches:
        for name in batch.keys() - {"image"}:
            columns.setdefault(name, []).append(np.asarray(batch[name]))
        for key, extract in extractors.items():
            found = dict(
                zip(
                    backbones[key].stage_names,
                    extract(batch["image"], training=False),
                    strict=True,
                )
            )
            for stage in stages:
                maps = np.asarray(found[stage], np.float64)
                means = maps.mean(axis=(1, 2))
                _check_finite(means, stage)
                features[key][stage].append(means)
    return (
        {
            key: {s: np.concatenate(parts) for s, parts in of.items()}
            for key, of in features.items()
        },
        {name: np.concatenate(parts) for name, parts in columns.items()},
    )


def _check_finite(means, stage):
    if not np.isfinite(means).all():
        raise ValueError(
            f"A network gives numbers at {stage} that are not finite (NaN or "
            "infinity), which no probe can be fitted to; look for such weights "
            "with describe_model.py --weights=..., and leave that network out."
        )


def first_batches(images, split, max_images=None):
    """Yields batches of a split until there were `max_images`; None: of all.

    Args:
      images: comparison.ComparisonImages; how they are read counts.
      split: "train", "val" or "test".
      max_images: number of images.
    """
    left = max_images
    for batch in datasets.images(images.opened, split, **images.reading):
        if left is not None:
            batch = {name: rows[:left] for name, rows in batch.items()}
            left -= len(batch["image"])
        yield batch
        if left == 0:
            return
