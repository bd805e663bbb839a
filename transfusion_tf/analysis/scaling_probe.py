"""Which input scaling do stored batch-norm statistics speak for?

Batch norm keeps the mean and variance that its inputs had while the weights
were trained. On images like those, the right input scaling gives inputs with
these statistics again; another one does not. Other images differ somewhat under
every scaling, so the closest preset is a hint, not a proof.
"""

import keras
import numpy as np
import tensorflow as tf

from transfusion_tf import datasets, names, tables
from transfusion_tf.initialization import pretrained, schemes
from transfusion_tf.models import scaling, zoo

COLUMNS = ("run", "scaling", "layer", "layer_index", "divergence")


def run(config, *, split, num_images):
    """How well each input scaling fits the statistics that weights hold.

    Args:
      config: RunConfig with weights; data, network and weights count.
      split: of the data set that the images are from.
      num_images: at most; the first ones, whose order is random.

    Returns:
      DataFrame with the columns COLUMNS, see `divergences`.

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
    found = divergences(backbone, next(batches)["image"])
    return tables.frame(rows(found, run=config.model.name), columns=COLUMNS)


def divergences(backbone, images):
    """Measures the fit of every preset, batch norm by batch norm.

    Args:
      backbone: Backbone with the weights in question.
      images: (N, size, size, 3) in [0, 255]; a few hundred are plenty.

    Returns:
      {scaling: {name of the batch norm: divergence}}, layers bottom to top:
      the median over channels of the Kullback-Leibler divergence in nats, for
      normal distributions, of what the layer stores from what it sees.

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
        preset: _fit(sums, norms, preset, images)
        for preset in names.INPUT_SCALINGS
    }


def rank(table):
    """[(scaling, mean divergence over layers)], the closest first.

    Args:
      table: DataFrame, as of `run`.
    """
    means = {
        preset: float(np.mean(of["divergence"].to_numpy()))
        for preset, of in table.groupby("scaling", sort=False)
    }
    return sorted(means.items(), key=lambda item: item[1])


def rows(found, *, run):
    """One row (dict of COLUMNS) per preset and layer."""
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
        seen = [tf.cast(x, tf.float64) for x in inputs(scaled)]
        return [
            (tf.reduce_sum(x, axes), tf.reduce_sum(x * x, axes), tf.size(x))
            for x in seen
            for axes in [tuple(range(len(x.shape) - 1))]
        ]

    return sums


def _fit(sums, norms, preset, images, batch_size=16):
    """{layer: divergence} under one preset."""
    scale = tf.function(scaling.scaling_layer(preset), reduce_retracing=True)
    totals = None
    for start in range(0, len(images), batch_size):
        batch = tf.constant(images[start : start + batch_size], tf.float32)
        found = [[np.float64(v) for v in of] for of in sums(scale(batch))]
        totals = found if totals is None else _added(totals, found)
    return {
        norm.name: _divergence(norm, *total)
        for norm, total in zip(norms, totals, strict=True)
    }


def _added(first, second):
    return [
        [a + b for a, b in zip(x, y, strict=True)]
        for x, y in zip(first, second, strict=True)
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
