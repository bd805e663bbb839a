"""What replaces a stage of a trained network in the view `resilience`."""

import dataclasses

from transfusion_tf.analysis.interventions import staged
from transfusion_tf.analysis.interventions.weights import between, fresh_seed
from transfusion_tf.initialization import schemes

START, FRESH = "start", "fresh"


@dataclasses.dataclass(frozen=True)
class Replaced:
    """What a stage is replaced by.

    Attributes:
      stage: its name.
      index: its place, from the bottom.
      by: START, or FRESH.
      alpha: share of the trained weights; None of FRESH.
      draw: number of the draw; None of START.
    """

    stage: str
    index: int
    by: str
    alpha: float | None = None
    draw: int | None = None


def variants(backbone, start, options):
    """([Replaced], [staged.Variant]) of all stages, bottom to top.

    Args:
      backbone: Backbone with the trained weights.
      start: {variable path: value} of its start.
      options: InterventionOptions.
    """
    fresh = [
        schemes.random(
            backbone, None, None, fresh_seed(options.seed, draw)
        ).values
        for draw in range(options.draws)
    ]
    replaced, variants = [], []
    for index, stage in enumerate(backbone.stages):
        trained = {v.path: v.numpy() for v in stage.variables}
        for alpha in options.alphas:
            replaced.append(Replaced(stage.name, index, START, alpha))
            variants.append(
                staged.Variant(index, between(start, trained, alpha))
            )
        for draw, values in enumerate(fresh):
            replaced.append(Replaced(stage.name, index, FRESH, draw=draw))
            variants.append(
                staged.Variant(index, {path: values[path] for path in trained})
            )
    return replaced, variants
