"""Small networks made by hand, and images, for tests of interventions."""

import types

import keras
import numpy as np

from transfusion_tf.models import batch_norm, cbr, stages

SIZE = 16
TINY = cbr.CbrSpec((4, 6, 5), 3, num_pools=2)


def images(count, seed=0):
    """(count, SIZE, SIZE, 3) float32 in [0, 255]."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 255, (count, SIZE, SIZE, 3)).astype(np.float32)


def batches(pixels, labels=None, size=8, patients=None):
    """The batches that datasets.images gives of such images."""
    labels = np.arange(len(pixels)) % 2 if labels is None else labels
    names = [""] * len(pixels) if patients is None else patients
    for start in range(0, len(pixels), size):
        rows = slice(start, start + size)
        yield {
            "image": pixels[rows],
            "label": labels[rows],
            "patient": np.array(names)[rows],
        }


def chain(seed):
    """A Backbone as those of the CBR family: three stages and a head."""
    image = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = cbr.body(TINY, x, 0.9)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(image, keras.layers.Dense(2, name="logits")(x))
    outputs = {f"conv{i}": f"conv{i}_relu" for i in (1, 2, 3)}
    return _drawn(stages.assemble(model, outputs, "tf"), seed)


def leaping(seed):
    """A Backbone whose first stage is also added above the second one."""
    image = keras.Input((SIZE, SIZE, 3))
    x = first = keras.layers.Conv2D(4, 3, padding="same", name="a")(image)
    x = batch_norm.BatchNormalization(name="b_bn")(x)
    x = keras.layers.Conv2D(4, 3, padding="same", name="b")(x)
    x = keras.layers.Add(name="c_add")([x, first])
    x = keras.layers.Conv2D(4, 3, padding="same", name="c")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(image, keras.layers.Dense(2, name="logits")(x))
    backbone = stages.assemble(model, {"a": "a", "b": "b", "c": "c"}, None)
    return _drawn(backbone, seed)


def ignoring(seed):
    """A Backbone whose head ignores all that its second stage adds."""
    image = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = keras.layers.Conv2D(4, 3, padding="same", name="a")(x)
    y = keras.layers.Conv2D(4, 3, padding="same", name="b")(x)
    y = batch_norm.BatchNormalization(name="b_bn")(y)
    x = keras.layers.Concatenate(name="b_both")([x, y])
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    logits = keras.layers.Dense(2, name="logits")
    model = keras.Model(image, logits(x))
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if "moving" not in variable.path:
            variable.assign(rng.normal(0, 0.3, variable.shape))
    kernel = logits.kernel.numpy()
    kernel[4:] = 0
    logits.kernel.assign(kernel)
    return stages.assemble(model, {"a": "a", "b": "b_both"}, None)


def _drawn(backbone, seed):
    """The backbone with all weights drawn; batch norm, too, does something."""
    rng = np.random.default_rng(seed)
    for variable in backbone.weights:
        value = rng.normal(0, 0.3, variable.shape)
        if variable.name in ("gamma", "moving_variance"):
            value = rng.uniform(0.5, 1.5, variable.shape)
        variable.assign(value)
    return backbone


def values(backbone, stage=None):
    """{variable path: value} of a stage, or of the whole network."""
    of = backbone.weights if stage is None else backbone.stage(stage).variables
    return {v.path: v.numpy() for v in of}


def subject():
    """What the AUCs of a two-class task need to know of a run."""
    return types.SimpleNamespace(
        arm="made",
        about={
            "data": {"name": "m", "task": "multiclass", "classes": ["n", "y"]}
        },
        config=types.SimpleNamespace(
            seed=0, train=types.SimpleNamespace(select_threshold=None)
        ),
    )
