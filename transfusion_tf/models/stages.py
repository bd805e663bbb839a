"""Backbone and Stage: a network whose parts have names.

Transfer, freezing, slimming and analysis speak of stages, never of layers.
"""

import dataclasses

import keras

from transfusion_tf import names


@dataclasses.dataclass(frozen=True)
class Stage:
    """One part of a network.

    Attributes:
      name: "conv1", "block2", ...
      layers: those of its layers that have variables, bottom to top.
      output: symbolic output, (N, height, width, channels).
    """

    name: str
    layers: tuple
    output: keras.KerasTensor

    @property
    def variables(self):
        """The stage's variables, trainable or not, in order."""
        return [v for layer in self.layers for v in layer.variables]


@dataclasses.dataclass(frozen=True)
class Backbone:
    """A single-level functional model and its stages, bottom to top.

    Attributes:
      name: name in the zoo.
      model: from images (N, size, size, 3), float in [0, 255], to logits
        (N, num_outputs).
      stages: tuple of Stage.
      head: the layers after the last stage that have variables.
    """

    name: str
    model: keras.Model
    stages: tuple
    head: tuple

    def __post_init__(self):
        named = [v for s in self.stages for v in s.variables]
        named += [v for layer in self.head for v in layer.variables]
        stray = {v.path for v in self.model.variables} ^ {v.path for v in named}
        if stray:
            raise ValueError(
                f"Variables of {self.name} in no stage, nor in the head: "
                f"{sorted(stray)}."
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
    def head_paths(self):
        """Paths of the variables after the last stage."""
        return {v.path for layer in self.head for v in layer.variables}

    def stage(self, name):
        """The stage called `name`; ValueError lists the choices."""
        names.check(f"stage of {self.name}", name, self.stage_names)
        return self.stages[self.stage_names.index(name)]

    def feature_extractor(self):
        """Model from images to the list of stage outputs, bottom to top."""
        return keras.Model(
            self.model.input, [stage.output for stage in self.stages]
        )
