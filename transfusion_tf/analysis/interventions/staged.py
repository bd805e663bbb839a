"""A network cut at its stages, run with weights that are handed in.

Networks that differ from a stage on compute the same below it. Cut at the
stages, they share that part, and no variable is ever assigned.
"""

import collections
import dataclasses

import keras
import tensorflow as tf

from transfusion_tf.analysis.interventions import batch_moments


@dataclasses.dataclass(frozen=True)
class Variant:
    """A network whose weights differ from those of another one.

    Attributes:
      first: index of the lowest stage that differs.
      values: {variable path: value} of all weights that differ.
    """

    first: int
    values: dict

    def with_values(self, values):
        """The Variant with more `values`, which go before its own."""
        return Variant(self.first, {**self.values, **values})


class StagedNetwork:
    """The parts of a backbone, each a function of its weights and its input.

    A part reaches from the output of a stage to that of the next, and the last
    one to the logits. Where more than that output is needed above (a connection
    that leaps over it), two stages are one part.

    Attributes:
      parts: list of Part, bottom to top.
      calls: Counter {index of a part: images that it has been computed for}.
    """

    def __init__(self, backbone):
        model = backbone.model
        self._variables = model.variables
        self.reread()
        ends = [stage.output for stage in backbone.stages]
        cuts = [end for end in ends if _is_cut(end, model.output)]
        starts = [model.input, *cuts]
        self.parts = [
            Part(keras.Model(start, end))
            for start, end in zip(starts, [*cuts, model.output], strict=True)
        ]
        # {index of a stage: index of the part that it begins in}
        self._part_of = [
            sum(end is cut for end in ends[:index] for cut in cuts)
            for index in range(len(ends) + 1)
        ]
        self.calls = collections.Counter()

    def reread(self):
        """Takes the values that the variables of the backbone have now."""
        self._values = {
            v.path: tf.convert_to_tensor(v.value) for v in self._variables
        }

    @property
    def has_batch_norm(self):
        """Whether there are statistics to estimate."""
        return any(part.has_batch_norm for part in self.parts)

    def saved(self, paths):
        """The Variant that has its own values of some variables."""
        return Variant(0, {path: self._values[path] for path in paths})

    def outputs(self, images, base, variants):
        """Logits of the base and of each variant, which share what they can.

        Args:
          images: (N, size, size, 3).
          base: Variant whose values all variants have below what they change.
          variants: Variants.

        Returns:
          List of (N, num_outputs) arrays, the base's first.
        """
        found = self._run(images, base, variants, Part.__call__, self.parts)
        return [output.numpy() for output, _ in found]

    def moments(self, images, base, variants):
        """Moments of the inputs of batch norms, each normalized by this batch.

        Args:
          images, base, variants: as of `outputs`.

        Returns:
          List of {path of a statistic's variable: (num_channels,)}, see
          batch_moments; a variant's are those from the stage on that it
          changes.
        """
        last = max(i for i, p in enumerate(self.parts) if p.has_batch_norm)
        parts = self.parts[: last + 1]
        found = self._run(images, base, variants, Part.with_moments, parts)
        return [moments for _, moments in found]

    def _run(self, images, base, variants, call, parts):
        """[(output, {name: moments}) of the base and of each variant]."""
        kept, joined = [tf.convert_to_tensor(images)], {}
        for index in range(len(parts)):
            output, found = self._call(index, kept[-1], base.values, call)
            kept.append(output)
            joined |= found
        results = [(kept[-1], joined)]
        for variant in variants:
            values = {**base.values, **variant.values}
            first = min(self._part_of[variant.first], len(parts))
            x, joined = kept[first], {}
            for index in range(first, len(parts)):
                x, found = self._call(index, x, values, call)
                joined |= found
            results.append((x, joined))
        return results

    def _call(self, index, x, values, call):
        self.calls[index] += len(x)
        return call(self.parts[index], x, self._values | values)


class StagedNetworks:
    """The StagedNetwork of each backbone, whose parts are traced only once."""

    def __init__(self):
        self._known = {}

    def of(self, backbone):
        """The StagedNetwork of a backbone with the weights that it has now."""
        if backbone.model not in self._known:
            self._known[backbone.model] = StagedNetwork(backbone)
        self._known[backbone.model].reread()
        return self._known[backbone.model]


class Part:
    """A part of a network, as a function of its weights and its input."""

    def __init__(self, model):
        self._plain = _Function(model)
        self.has_batch_norm = any(
            map(batch_moments.is_batch_norm, model.layers)
        )
        self._by_batch = (
            _Function(batch_moments.measuring(model))
            if self.has_batch_norm
            else None
        )

    def __call__(self, x, values):
        """(output, {}) in inference."""
        return self._plain(x, values), {}

    def with_moments(self, x, values):
        """(output, {path: moment}), batch norms normalizing by the batch."""
        if self._by_batch is None:
            return self(x, values)
        return self._by_batch(x, values)


class _Function:
    """A functional model called with values in place of its variables'."""

    def __init__(self, model):
        self._paths = [
            [(variable.path, variable) for variable in variables]
            for variables in (
                model.trainable_variables,
                model.non_trainable_variables,
            )
        ]

        @tf.function(reduce_retracing=True, autograph=False)
        def run(trainable, other, x):
            outputs, _ = model.stateless_call(
                trainable, other, x, training=False
            )
            return outputs

        self._run = run

    def __call__(self, x, values):
        given = [
            [values.get(path, variable.value) for path, variable in part]
            for part in self._paths
        ]
        return self._run(*given, x)


def _is_cut(tensor, output):
    """Whether `output` depends on nothing below `tensor` but `tensor`."""
    try:
        keras.Model(tensor, output)
    except ValueError:  # Keras' report of a graph that is not connected.
        return False
    return True
