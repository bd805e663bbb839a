"""Trainings whose steps move nothing: all the rest is as in any training.

To trace a step and what scores images takes most of the time of a short
training. Tests of what surrounds the steps, and of what they are given, go
without.
"""

import contextlib

import numpy as np

from transfusion_tf.runs import decisions
from transfusion_tf.training import optimizers, scoring, step

LOSS = 1.0


class IdleStep:
    """In the place of step.TrainStep: notes what it is given.

    Attributes:
      about: what the step is made for: network, its weights and the options.
      seen: what each call was given.
    """

    variables = ()

    def __init__(
        self, strategy, model, task, config, *, frozen=(), loss_weights=None
    ):
        del strategy
        self.batch_size = config.batch_size
        self.seen = []
        options = optimizers.make(config).get_config()
        del options["name"]  # Numbered within the process.
        # The first kernel, and the bias of the head.
        ends = [model.weights[i].numpy().tobytes() for i in (0, -1)]
        layers = [layer.get_config() for layer in model.layers]
        frozen = [layer.name for layer in frozen]
        weights = np.array(loss_weights).tolist()
        self.about = (task, options, ends, layers, frozen, weights)

    def averaged(self):
        """A context in which nothing is averaged."""
        return contextlib.nullcontext()

    def __call__(self, batch, *, step, learning_rate):
        """Returns LOSS."""
        image, label = (batch[key].numpy() for key in ("image", "label"))
        found = (step, learning_rate, image.shape, image.tobytes())
        self.seen.append((*found, label.tobytes()))
        return np.float32(LOSS)


def replace_steps(monkeypatch):
    """Lets no training take a real step or score an image.

    Returns:
      The list of the IdleSteps of trainings from now on.
    """
    made = []

    def make(*arguments, **options):
        made.append(IdleStep(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(step, "TrainStep", make)
    monkeypatch.setattr(scoring, "score", _score)
    monkeypatch.setattr(decisions, "on_val", lambda *_: None)  # No scores.
    return made


def _score(*_, path=None, **__):
    """In the place of scoring.score: numbers of chance."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    accuracy = {"value": 0.5, "majority": 0.5, "num_answers": 2}
    return {"loss": LOSS, "selection": 0.5, "aucs": [], "accuracy": accuracy}
