"""Do runs that stay near their start gain more? As Juodelyte et al. 2023."""

from transfusion_tf.analysis import gain, gain_runs
from transfusion_tf.reporting.figures import gain as figure
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import representations as sentences
from transfusion_tf.statistics.clustered_correlation import MIN_CLUSTERS
from transfusion_tf.study.report import commands, pictures
from transfusion_tf.study.report.features import feature_tables

_TITLE = "Similarity to the start, and what was gained"
# Of the weights that AUCs are of; neither floors nor intervals are drawn.
_HOW = {
    "view": "before_after",
    "checkpoint": "best",
    "floors": False,
    "groups": 1,
}
# Not before_after_*: claims are judged on those, of the last weights.
_SIMILARITY = "gain_similarity"


def blocks(context, network):
    """The figure of a network_runs.NetworkRuns, or what it takes."""
    title = f"{_TITLE}: {network.model}"
    if not (network.has_random and network.has_source):
        return [
            page.Missing(
                title=title,
                why="It takes runs from a source and from random weights.",
                command=commands.run_study(
                    context,
                    inits=["random", "pretrained"],
                    **commands.a_source(context),
                ),
            )
        ]
    if network.num_seeds < MIN_CLUSTERS:
        return [
            page.Missing(
                title=title,
                why="Runs of one seed stay together, and a correlation of "
                "fewer than four seeds says nothing.",
                command=commands.run_study(
                    context, seeds=max(MIN_CLUSTERS, context.config.seeds)
                ),
            )
        ]
    return feature_tables.attempt(
        context, title, lambda: _figure(context, network, title)
    )


def _figure(context, network, title):
    from transfusion_tf.analysis import representations

    paths = network.every

    def compare():
        how = feature_tables.options(context, paths, **_HOW)
        return {_SIMILARITY: representations.run(paths, how)}

    def relate():
        name = feature_tables.name_of(_SIMILARITY, network)
        csv = context.output_dir / f"{name}.csv"
        return gain_runs.run([csv], paths, checkpoint="best")

    feature_tables.kept(context, network, _SIMILARITY, compare, _HOW, paths)
    found = feature_tables.kept(context, network, "gain", relate, _HOW, paths)
    points, correlations = found.values()
    if not points[["similarity", "gain"]].notna().all(axis=1).any():
        note = next(filter(None, points["note"].dropna()), "no AUCs")
        return [page.Missing(title=title, why=f"No point is defined: {note}")]
    name = feature_tables.name_of("gain", network)
    return [
        pictures.write(
            context,
            name,
            figure.scatter(points, correlations, gain.lines(points)),
            title=title,
            sentence=sentences.gain(correlations),
            alt="Scatter plots, one for each start and stage: the gain in AUC "
            f"of each run of {network.model} over the similarity to its start.",
            files=tuple(
                f"{feature_tables.name_of(stem, network)}.csv"
                for stem in (*found, _SIMILARITY)
            ),
            kind="gain",
        )
    ]
