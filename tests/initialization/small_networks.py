"""Small networks of the kinds that files can get wrong, in any Keras.

`branches` names its layers by numbers and has layers of one shape side by side,
as InceptionV3 has; `residual` has them with names, as ResNet; `blocks` has
models inside of the model, as ConvNeXt.
"""

import importlib

import keras
import numpy as np

from transfusion_tf.initialization import sources
from transfusion_tf.models import applications, stages

SIZE = 32


def branches(library, title="{}"):
    """Features (N, 4) of three branches; `title` names all layers, if given.

    Args:
      library: keras or tf_keras.
      title: format of a layer's name, from a counter; "{}": Keras names it.
    """
    layers, made = library.layers, []

    def normalized(x, filters, side):
        name = {} if title == "{}" else {"name": title.format(len(made))}
        made.append(layers.Conv2D(filters, side, padding="same", **name))
        name = {} if title == "{}" else {"name": title.format(len(made))}
        made.append(layers.BatchNormalization(scale=False, **name))
        return layers.ReLU()(made[-1](made[-2](x)))

    image = library.Input((SIZE, SIZE, 3))
    x = normalized(image, 4, 3)
    sides = [
        normalized(x, 4, 1),
        normalized(normalized(x, 4, 1), 4, 3),
        normalized(normalized(x, 4, 1), 4, 5),
    ]
    return library.Model(image, normalized(layers.Concatenate()(sides), 4, 1))


def blocks(library, title="{}"):
    """A ConvNeXt of one block a stage."""
    del title  # It names its layers itself.
    # The builder of all sizes is not exported.
    module = f"{library.__name__}.src.applications.convnext"
    return importlib.import_module(module).ConvNeXt(
        [1, 1, 2, 1],
        [4, 4, 8, 8],
        include_preprocessing=False,
        include_top=False,
        weights=None,
        input_shape=(SIZE, SIZE, 3),
    )


def residual(library, is_turned=False):
    """Two blocks with shortcuts of their own, as ResNet's.

    In the first, the shortcut has the shape of the branch that it passes by.
    Keras lists them in the order in which they are added up: `is_turned` is
    how keras.applications wrote it before Keras 2.3.
    """
    layers = library.layers

    def add(one, other, name):
        both = [other, one] if is_turned else [one, other]
        return layers.Add(name=name)(both)

    image = library.Input((SIZE, SIZE, 3))
    one = layers.Conv2D(4, 1, name="shortcut")(image)
    other = layers.Conv2D(4, 1, name="branch")(image)
    x = add(one, other, "low")
    one = layers.Conv2D(8, 1, name="upper_shortcut")(x)
    other = layers.Conv2D(2, 1, name="upper_branch1")(x)
    other = layers.Conv2D(8, 1, name="upper_branch2")(other)
    return library.Model(image, add(one, other, "high"))


def resnet(library, *, size=SIZE, **options):
    """ResNet50's first layers, by its names: two stages, two blocks, narrow."""
    # The builder of all sizes is not exported.
    module = importlib.import_module(
        f"{library.__name__}.src.applications.resnet"
    )
    is_first = library.__name__ == "tf_keras"
    stack = module.stack1 if is_first else module.stack_residual_blocks_v1

    def blocks(x):
        x = stack(x, 4, 2, stride1=1, name="conv2")
        return stack(x, 8, 2, name="conv3")

    options = {"include_top": False, "weights": None, **options}
    shape = (size, size, 3)
    return module.ResNet(blocks, False, True, input_shape=shape, **options)


def backbone(build, outputs=None):
    """The Backbone of a small network, by default of one stage, `body`."""
    features = build(keras)
    x = keras.layers.Identity(name="body")(features.output)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Dense(2, name="logits")(x)
    model = keras.Model(features.input, x, name="small")
    model = applications.adapt(model, 0.9)
    return stages.assemble(model, outputs or {"conv1": "body"}, None)


def fill(model):
    """Gives each weight values of its own."""
    rng = np.random.default_rng(0)
    model.set_weights(
        [rng.uniform(0.2, 1, x.shape) for x in model.get_weights()]
    )


def nested(library, features):
    """A classifier with the network inside, batch norm in its head."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((SIZE, SIZE, 3)),
            features,
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.BatchNormalization(scale=False),
            layers.Dense(3),
        ]
    )


def assign(backbone, match):
    """Gives a Backbone the values of a Match."""
    for weight in backbone.weights:
        if weight.path in match.values:
            weight.assign(match.values[weight.path])


def check_features(backbone, model):
    """Features are those of the model that wrote the weights."""
    rng = np.random.default_rng(1)
    images = rng.uniform(-1, 1, (2, SIZE, SIZE, 3)).astype(np.float32)
    ours = backbone.feature_extractor()(images, training=False)
    ours = np.array(ours[0] if isinstance(ours, list) else ours)
    theirs = np.array(model(images, training=False))
    assert np.ptp(theirs) > 1e-3
    np.testing.assert_allclose(
        ours, theirs, rtol=0, atol=1e-4 * np.abs(theirs).max()
    )


def source_of(backbone, seed=0):
    """A Source of a network's layers, with numbers of its own."""
    rng = np.random.default_rng(seed)
    layers = tuple(
        sources.SourceLayer(
            layer.name,
            None,
            tuple(
                (w.path, rng.uniform(0.5, 1.5, w.shape).astype(np.float32))
                for w in layer.weights
            ),
        )
        for layer in backbone.model.layers
        if layer.weights
    )
    return sources.Source("a run", layers, ("tf",), {"model": backbone.name})
