"""How critical a stage is: its way back in units of the noise that it bears.

Module criticality (Chatterji et al. 2020, arXiv:1912.00528, definition 3.1;
Neyshabur et al. 2020, arXiv:2008.11687, section 3.6) is the smallest

    alpha^2 |trained - start|^2 / sigma^2

of all alpha in [0, 1] and sigma with which the network still performs when one
stage is start + alpha (trained - start) + noise of standard deviation sigma. It
is 0 of a stage that can go back to its start, and large of one that has gone
far, may go back only a little of it, and bears little noise there. The term is
twice the KL divergence between two Gaussians around the two points, in a bound
on the generalization error (PAC-Bayes).

Here sigma is a share of the root mean square of each tensor's trained weights.
A stage holds tensors of different scales (kernels of some hundredths, scales of
batch norms around 1), and one sigma for all is nothing to the one and ruin to
the other. The divergence allows each tensor a variance of its own; the term is
then the sum over tensors of alpha^2 |trained - start|^2 / (noise rms)^2. "Still
performs" is a loss of AUC, mean over draws, of at most the margin. Alphas and
noises are those given, so that the number is an upper bound of the minimum.
"""

import dataclasses
import math

import numpy as np

from transfusion_tf.analysis.interventions.weights import between


@dataclasses.dataclass(frozen=True)
class Way:
    """The way of a stage from its start to its trained weights, and noise.

    Attributes:
      stage, index: its name, and its place from the bottom.
      start: {variable path: value}, of this and maybe other stages.
      trained: {variable path: value} of the stage.
      noises: for each draw {path of a trainable tensor: Gaussian noise, whose
        standard deviation is the root mean square of its trained weights}.
    """

    stage: str
    index: int
    start: dict
    trained: dict
    noises: list

    @property
    def scaled_square(self):
        """Sum over tensors of |trained - start|^2 / rms(trained)^2.

        It is infinite where a tensor went from something to nothing, so that no
        share of it is noise.
        """
        return sum(
            _over(
                np.sum((_double(self.trained[p]) - self.start[p]) ** 2),
                np.mean(_double(self.trained[p]) ** 2),
            )
            for p in self.noises[0]
        )

    def at(self, alpha, noise, draw):
        """{variable path: value} of the stage there, with noise."""
        values = between(self.start, self.trained, alpha)
        for path, one in self.noises[draw].items():
            values[path] = values[path] + np.float32(noise) * one
        return values


@dataclasses.dataclass(frozen=True)
class Noisy:
    """A staged.Variant whose values are made whenever they are asked for.

    There are draws times alphas times noises of each stage; of all of them
    only the noise of each draw is held.

    Attributes:
      way: Way.
      alpha: share of the trained weights.
      noise: standard deviation as a share of the root mean square.
      draw: number of the draw.
      more: {variable path: value} that go before those of the stage.
    """

    way: Way
    alpha: float
    noise: float
    draw: int
    more: dict = dataclasses.field(default_factory=dict)

    @property
    def first(self):
        """Index of the lowest stage that differs."""
        return self.way.index

    @property
    def values(self):
        """{variable path: value} of all weights that differ."""
        return {**self.way.at(self.alpha, self.noise, self.draw), **self.more}

    def with_values(self, values):
        """The Noisy with more `values`, which go before its own."""
        return dataclasses.replace(self, more={**self.more, **values})


def variants(backbone, start, options):
    """[Noisy] of all stages, bottom to top; none unless there are noises.

    All alphas and noises, and all runs, have the same draws.

    Args:
      backbone: Backbone with the trained weights.
      start: {variable path: value} of its start.
      options: InterventionOptions.
    """
    if not options.noise:
        return []
    ways = [
        _way(stage, index, start, options)
        for index, stage in enumerate(backbone.stages)
    ]
    return [
        Noisy(way, alpha, noise, draw)
        for way in ways
        for alpha in (*options.alphas, 1.0)
        for noise in options.noise
        for draw in range(options.draws)
    ]


def smallest(scaled_square, lost, margin):
    """(criticality, alpha, noise) of the pair with the smallest, or None.

    Of equal ones it is that with the smallest alpha, then the largest noise.
    None: no pair holds, or none with a finite number.

    Args:
      scaled_square: of the Way.
      lost: {(alpha, noise): AUC lost}, noise above 0 but where alpha is 0.
      margin: AUC that may be lost.
    """
    held = [
        (_criticality(scaled_square, alpha, noise), alpha, -noise)
        for (alpha, noise), value in lost.items()
        if value <= margin
    ]
    if not held or min(held)[0] == math.inf:
        return None
    value, alpha, negative = min(held)
    return value, alpha, -negative


def _criticality(scaled_square, alpha, noise):
    return alpha**2 * scaled_square / noise**2 if alpha else 0.0


def _way(stage, index, start, options):
    trained = {v.path: v.numpy() for v in stage.variables}
    tensors = [
        variable.path
        for layer in stage.layers
        for variable in layer.trainable_variables
    ]
    noises = []
    for draw in range(options.draws):
        sequence = np.random.SeedSequence(
            [options.seed, draw], spawn_key=(index,)
        )
        rng = np.random.default_rng(sequence)
        noises.append({p: _noise(trained[p], rng) for p in tensors})
    return Way(stage.name, index, start, trained, noises)


def _noise(trained, rng):
    scale = np.sqrt(np.mean(_double(trained) ** 2))
    drawn = rng.standard_normal(trained.shape, np.float32)
    return np.float32(scale) * drawn


def _over(square, scale):
    """square / scale, 0 where there is no square."""
    if not square:
        return 0.0
    return float(square / scale) if scale else math.inf


def _double(values):
    return np.asarray(values, np.float64)
