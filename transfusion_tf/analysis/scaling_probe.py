"""Which input scaling do stored batch-norm statistics speak for?

Batch norm keeps the mean and variance that its inputs had while the weights
were trained. On images like those, the right input scaling gives inputs with
these statistics again; another one does not. Other images differ somewhat under
every scaling, so the closest preset is a hint, not a proof.
"""

import keras
import numpy as np
import tensorflow as tf

from transfusion_tf import datasets, names, progress, tables
from transfusion_tf.analysis import scaling_differences
from transfusion_tf.initialization import pretrained, schemes
from transfusion_tf.models import scaling, zoo

COLUMNS = ("run", "scaling", "layer", "layer_index", "divergence")
# Groups of images (patients) that are left out in turn for the intervals.
NUM_GROUPS = 10


def run(config, *, split, num_images):
    """How well each input scaling fits the statistics that weights hold.

    Args:
      config: RunConfig with weights; data, network and weights count.
      split: of the data set that the images are from.
      num_images: at most; the first ones, whose order is random.

    Returns:
      {"scaling_probe": DataFrame with the columns COLUMNS, see `divergences`,
      "scaling_differences": with those of
      analysis.scaling_differences}.

    Raises:
      FileNotFoundError, ValueError: no weights or data, or none that fit.
    """
    # Before the records, which may have to be made first.
    source, model = pretrained.source_and_model(config)
    opened, config = datasets.open_for(config)
    backbone = zoo.build(
        model.name,
        num_outputs=1,
        image_size=config.data.image_size,
        **model.build_options,
    )
    schemes.initialize(backbone, config.init, source=source, seed=config.seed)
    batches = datasets.images(
        opened,
        split,
        image_size=config.data.image_size,
        batch_size=num_images,
    )
    batch = next(batches)
    groups = grouped(batch["id"], batch["patient"])
    found = divergences(backbone, batch["image"], groups)
    name = config.model.name
    whole = {preset: of_parts[0] for preset, of_parts in found.items()}
    return {
        "scaling_probe": tables.frame(rows(whole, run=name), columns=COLUMNS),
        "scaling_differences": tables.frame(
            scaling_differences.rows(found, np.bincount(groups), run=name),
            columns=scaling_differences.COLUMNS,
        ),
    }


def grouped(ids, patients):
    """(N,) the group of each image, 0 to NUM_GROUPS - 1 at most.

    Images of a patient are in one group, and the patients (where these are not
    known, the images) are dealt out in the order in which they come.

    Args:
      ids: (N,) str.
      patients: (N,) str, "" where not known.
    """
    units = np.where(patients == "", ids, patients)
    place = {unit: index for index, unit in enumerate(dict.fromkeys(units))}
    return np.array([place[unit] % NUM_GROUPS for unit in units])


def divergences(backbone, images, groups):
    """Measures the fit of every preset, batch norm by batch norm.

    Args:
      backbone: Backbone with the weights in question.
      images: (N, size, size, 3) in [0, 255]; a few hundred are plenty.
      groups: (N,) as of `grouped`.

    Returns:
      {scaling: list of {name of the batch norm: divergence}}: of all images,
      and then, with two groups or more, of all but each group. Layers come
      bottom to top; a divergence is the median over channels of the
      Kullback-Leibler divergence in nats, for normal distributions, of what the
      layer stores from what it sees.

    Raises:
      ValueError: the network has no batch norm, or fewer than two images.
    """
    norms = [
        layer
        for layer in backbone.model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    if not norms:
        raise ValueError(
            f"{backbone.name} has no batch norm whose statistics could show "
            "the input scaling; give --input_scaling."
        )
    if len(images) < 2:
        raise ValueError(f"Give at least two images. Received: {len(images)}")
    scaled = backbone.model.get_layer(f"scaling_{backbone.scaling}").output
    # Traced once for all presets, which takes seconds for a large network.
    sums = _sums(keras.Model(scaled, [norm.input for norm in norms]))
    return {
        preset: _parts(sums, norms, preset, images, groups)
        for preset in progress.over(
            names.INPUT_SCALINGS, "Probing", unit="scalings"
        )
    }


def rows(found, *, run):
    """One row (dict of COLUMNS) per preset and layer.

    Args:
      found: {scaling: {name of the batch norm: divergence}}.
      run: the network.
    """
    return [
        {
            "run": run,
            "scaling": preset,
            "layer": layer,
            "layer_index": index,
            "divergence": value,
        }
        for preset, layers in found.items()
        for index, (layer, value) in enumerate(layers.items())
    ]


def gaussian_divergence(mean, variance, stored_mean, stored_variance):
    """KL(seen || stored) of normal distributions, elementwise, in nats."""
    ratio = variance / stored_variance
    shift = (mean - stored_mean) ** 2 / stored_variance
    return 0.5 * (ratio + shift - 1 - np.log(ratio))


def _sums(inputs):
    """A function from scaled images to the sums of each batch norm's inputs."""

    @tf.function(reduce_retracing=True)
    def sums(scaled):
        """[(channel sums, sums of squares, number of values)], by norm."""
        seen = [tf.cast(x, tf.float64) for x in inputs(scaled)]
        return [
            (tf.reduce_sum(x, axes), tf.reduce_sum(x * x, axes), tf.size(x))
            for x in seen
            for axes in [tuple(range(len(x.shape) - 1))]
        ]

    return sums


def _parts(sums, norms, preset, images, groups):
    """{layer: divergence} under one preset, whole and without each group."""
    scale = tf.function(scaling.scaling_layer(preset), reduce_retracing=True)
    of_groups = [
        _totals(sums, scale, images[groups == group])
        for group in np.unique(groups)
    ]
    parts = [of_groups]
    if len(of_groups) > 1:
        parts += [
            of_groups[:out] + of_groups[out + 1 :]
            for out in range(len(of_groups))
        ]
    return [
        {
            norm.name: _divergence(norm, *total)
            for norm, total in zip(norms, _added(part), strict=True)
        }
        for part in parts
    ]


def _totals(sums, scale, images, batch_size=16):
    """[sum, sum of squares, size] of each batch norm's inputs."""
    totals = []
    for start in range(0, len(images), batch_size):
        batch = tf.constant(images[start : start + batch_size], tf.float32)
        found = [[np.float64(v) for v in of] for of in sums(scale(batch))]
        totals = [_added([*totals, found])]
    return totals[0]


def _added(totals):
    """The sums, layer by layer, of several [sum, sum of squares, size]."""
    return [
        [sum(of) for of in zip(*of_layer, strict=True)]
        for of_layer in zip(*totals, strict=True)
    ]


def _divergence(norm, total, squares, size):
    count = size / len(total)
    mean = total / count
    # epsilon, as batch norm itself adds it: dead channels have no variance.
    variance = np.maximum(squares / count - mean**2, 0) + norm.epsilon
    stored = (
        norm.moving_mean.numpy().astype(np.float64),
        norm.moving_variance.numpy().astype(np.float64) + norm.epsilon,
    )
    return float(np.median(gaussian_divergence(mean, variance, *stored)))
