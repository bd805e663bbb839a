"""Small linear networks and their images, for tests of moments."""

import keras
import numpy as np

from transfusion_tf.analysis import moments
from transfusion_tf.analysis.streaming import plan
from transfusion_tf.models import stages

SIZE = 6


def network(seed, *, offset=0.0, kernel=None, size=SIZE, strides=1):
    """A Backbone of two linear stages: 3x3 convolution, then 1x1."""
    rng = np.random.default_rng(seed)
    image = keras.Input((size, size, 3))
    shapes = [(3, 3, 3, 4), (1, 1, 4, 3)]
    x, parts = image, []
    for index, shape in enumerate(shapes):
        layer = keras.layers.Conv2D(
            shape[-1], shape[0], padding="same", strides=(strides, 1)[index]
        )
        x = layer(x)
        layer.set_weights([rng.normal(size=shape), np.full(shape[-1], offset)])
        parts.append(stages.Stage(f"conv{index + 1}", (layer,), x))
    if kernel is not None:
        parts[0].layers[0].kernel.assign(kernel)
    return stages.Backbone("linear", keras.Model(image, x), tuple(parts), ())


def pixels(num_images=11, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(num_images, SIZE, SIZE, 3)).astype(np.float32)


def batches(images, size, **columns):
    for start in range(0, len(images), size):
        rows = slice(start, start + size)
        yield {"image": images[rows]} | {k: v[rows] for k, v in columns.items()}


def activations(backbone, images):
    """[(num_images, h, w, channels) float64 for each stage]."""
    found = backbone.feature_extractor()(images)
    return [np.asarray(maps, np.float64) for maps in found]


def rows(maps):
    return maps.reshape(-1, maps.shape[-1])


def assert_close(found, expected, tolerance=1e-5):
    """Compares Moments; errors are relative to standard deviations."""
    sd_x = np.sqrt(np.diag(expected.cov_xx))
    sd_y = np.sqrt(np.diag(expected.cov_yy))
    for name, scale in [
        ("mean_x", sd_x),
        ("mean_y", sd_y),
        ("cov_xx", np.outer(sd_x, sd_x)),
        ("cov_yy", np.outer(sd_y, sd_y)),
        ("cov_xy", np.outer(sd_x, sd_y)),
    ]:
        error = (getattr(found, name) - getattr(expected, name)) / scale
        assert np.abs(error).max() <= tolerance, name
    assert found.num_datapoints == expected.num_datapoints


def stream_pair(a, b, images=None, **options):
    images = pixels() if images is None else images
    return moments.stream({"a": a, "b": b}, batches(images, 4), **options)


def named(images):
    return np.repeat(np.arange(len(images)), SIZE * SIZE)


def gathered(images, batch_size=16, **options):
    a, b = network(1), network(2)
    columns = {"id": np.array([f"i{n}" for n in range(len(images))])}
    found = moments.gather(
        {"a": a, "b": b},
        lambda: batches(images, 7, **columns),
        options=plan.GatherOptions(**options),
        batch_size=batch_size,
        num_images=len(images),
    )
    return list(found)
