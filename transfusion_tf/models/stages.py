"""Backbone and Stage: a network whose parts have names.

Transfer, freezing, slimming and analysis speak of stages, never of layers.
"""

import collections
import collections.abc
import dataclasses

import keras

from transfusion_tf import names
from transfusion_tf.config import run
from transfusion_tf.models import scaling as scalings


@dataclasses.dataclass(frozen=True)
class Network:
    """How a network is built, one entry of the zoo.

    Attributes:
      body: function (scaled images, bn_momentum) -> features that the head
        averages, both symbolic (N, height, width, channels).
      outputs: {stage: layer whose output is the stage's}, bottom to top.
      min_size: side in pixels of the smallest image that it takes.
      scaling: input scaling of its ImageNet weights (names.INPUT_SCALINGS).
      adapt: function (whole model, bn_momentum) -> model of the same weights,
        for a body that does not do as this package does; or None.
      readout: function (output of a stage) -> what of it the head averages,
        both symbolic, of rank 4; None: all.
      multiple_of: what the side of an image must be a multiple of, in pixels.
    """

    body: collections.abc.Callable
    outputs: dict
    min_size: int
    scaling: str
    adapt: collections.abc.Callable | None = None
    readout: collections.abc.Callable | None = None
    multiple_of: int = 1


@dataclasses.dataclass(frozen=True)
class Stage:
    """One part of a network.

    Attributes:
      name: "conv1", "block2", ...
      layers: those of its layers that have weights, in the model's order.
      output: symbolic output, (N, height, width, channels); of tokens, see
        models.tokens, (N, tokens, 1, channels).
    """

    name: str
    layers: tuple
    output: keras.KerasTensor

    @property
    def variables(self):
        """The stage's weights, trainable or not, in order."""
        return _weights(self.layers)


@dataclasses.dataclass(frozen=True)
class Backbone:
    """A functional model and its stages, bottom to top.

    Attributes:
      name: name in the zoo.
      model: from images (N, size, size, 3), float in [0, 255], to logits
        (N, num_outputs).
      stages: tuple of Stage.
      head: the layers after the last stage that have weights.
      scaling: name of the input scaling inside the model, or None.
      whole: of a truncated network, a function () -> Backbone of the network
        that it was cut from, with fresh weights; None of others.
    """

    name: str
    model: keras.Model
    stages: tuple
    head: tuple
    scaling: str | None = None
    whole: collections.abc.Callable | None = None

    def __post_init__(self):
        named = [v.path for stage in self.stages for v in stage.variables]
        named += [v.path for v in _weights(self.head)]
        wrong = collections.Counter(v.path for v in self.model.weights)
        wrong.subtract(named)
        stray = sorted(path for path, count in wrong.items() if count)
        if stray:
            raise ValueError(
                f"Weights of {self.name} in no stage, nor in the head, or "
                f"twice: {stray}."
            )

    @property
    def label(self):
        """Name, with the last stage where it is truncated."""
        return run.model_label(
            self.name, self.stage_names[-1] if self.whole else None
        )

    @property
    def stage_names(self):
        """Names, bottom to top."""
        return tuple(stage.name for stage in self.stages)

    @property
    def image_size(self):
        """Side of the images that the model takes, in pixels."""
        return self.model.input_shape[1]

    @property
    def num_outputs(self):
        """Number of logits."""
        return self.model.output_shape[-1]

    @property
    def weights(self):
        """The weights of all stages and of the head, in the model's order."""
        return _weights(self.model.layers)

    @property
    def random_states(self):
        """Variables that are no weights: the seeds of dropout layers."""
        weights = {v.path for v in self.model.weights}
        return [v for v in self.model.variables if v.path not in weights]

    def stage(self, name):
        """The stage called `name`; ValueError lists the choices."""
        names.check(f"stage of {self.name}", name, self.stage_names)
        return self.stages[self.stage_names.index(name)]

    def stages_through(self, name):
        """The stages up to the one called `name`, bottom to top."""
        last = self.stage_names.index(self.stage(name).name)
        return self.stages[: last + 1]

    @property
    def first_kernel(self):
        """The variable (height, width, channels, filters) of the first
        convolution; ValueError if the first stage has none."""
        for variable in self.stages[0].variables:
            if variable.name == "kernel" and len(variable.shape) == 4:
                return variable
        raise ValueError(
            f"Stage {self.stage_names[0]} of {self.name} has no convolution "
            "kernel."
        )

    def in_rgb(self, kernel):
        """A first-layer kernel (h, w, 3, filters), red first, as images are.

        Under some input scalings the network sees blue first.
        """
        is_bgr = self.scaling and scalings.is_bgr(self.scaling)
        return kernel[:, :, ::-1] if is_bgr else kernel

    def feature_extractor(self):
        """Model from images to the list of stage outputs, bottom to top."""
        return keras.Model(
            self.model.input, [stage.output for stage in self.stages]
        )


def assemble(model, outputs, scaling):
    """The Backbone of a model, its layers sorted into stages.

    A layer belongs to the first stage whose output depends on it; one that no
    stage's output depends on belongs to the head.

    Args:
      model: functional model of the Backbone's name.
      outputs: {stage: name of the layer that it ends at}, bottom to top.
      scaling: name of the input scaling inside the model.
    """
    left = [layer for layer in model.layers if layer.weights]
    parts = []
    for name, layer in outputs.items():
        output = model.get_layer(layer).output
        needed = {x.name for x in keras.Model(model.input, output).layers}
        mine = tuple(layer for layer in left if layer.name in needed)
        left = [layer for layer in left if layer.name not in needed]
        parts.append(Stage(name, mine, output))
    return Backbone(model.name, model, tuple(parts), tuple(left), scaling)


def _weights(layers):
    return [weight for layer in layers for weight in layer.weights]
