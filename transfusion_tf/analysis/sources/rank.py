"""Which source suits a target: frozen features, probed before any training.

Each candidate network (of a source, or with random weights as the floor) sees
the images once. A linear probe and k nearest neighbours on each stage say how
much of the target its features hold; LogME and LEEP stand beside them.
"""

from transfusion_tf import progress, tables
from transfusion_tf.analysis.sources import (
    candidates,
    features,
    ranking,
    scores,
)
from transfusion_tf.analysis.sources.target import Target


def run(
    sources,
    config,
    *,
    split,
    directory,
    stages=(),
    max_train_images=None,
    random_draws=3,
    seed=0,
    margin=0.01,
):
    """Ranks sources for a target.

    Args:
      sources: texts, each as --weights of train.py.
      config: RunConfig; data and network count.
      split: "val" or "test"; probes are fitted on train.
      directory: where features are kept.
      stages: names of stages; () for all of the network.
      max_train_images: fits on the first so many; None: on all.
      random_draws: number of networks with random weights.
      seed: of the first of them; the others follow.
      margin: see statistics.equivalence.

    Returns:
      {"source_scores", "source_ranking": DataFrame with the COLUMNS of
      scores and ranking}, and a line for each warning.

    Raises:
      FileNotFoundError, ValueError: see candidates.of_sources, Target.open.
    """
    target = Target.open(config, split=split, max_train_images=max_train_images)
    found = candidates.of_sources(
        sources, target.model, image_size=target.image_size, stages=stages
    )
    found += candidates.random(
        target.model,
        image_size=target.image_size,
        seeds=range(seed, seed + random_draws),
    )
    store, rows, probed = features.Store(directory), [], {}
    stages = _in_order(stages, found[0].backbone.stage_names)
    for candidate in progress.over(found, "Probing", unit="networks"):
        scored = scores.Scored(target, candidate, store)
        rows += scored.rows(stages)
        for stage in stages:
            key = candidate.name, stage
            probed.setdefault(key, []).append(scored.probabilities[stage])
    table = tables.frame(rows, columns=scores.COLUMNS)
    ranked = ranking.of_scores(target, table, probed, margin=margin)
    warnings = [f"{x.name}: {line}" for x in found for line in x.warnings]
    return {"source_scores": table, "source_ranking": ranked}, warnings


def _in_order(stages, known):
    return [name for name in known if name in (stages or known)]
