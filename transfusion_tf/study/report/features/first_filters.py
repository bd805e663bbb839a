"""First-layer filters before and after training: figure 5 of Transfusion."""

from transfusion_tf.analysis.filters import summaries
from transfusion_tf.reporting.figures import filters, gabor
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import filters as sentences
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.report import pictures
from transfusion_tf.study.report.features import (
    feature_tables,
    network_runs,
)

# Of each filter; the threshold is that of all patterns of a network.
_NUM_SCRAMBLES = 5
_TITLE = "Filters of the first convolution"
_GABOR = "Gabor-like filters of the first convolution"


def section(context):
    """The page.Section of filters: those of the first run of each start."""
    blocks = []
    for network in network_runs.of_networks(context):
        blocks += _of_network(context, network)
    return page.Section(
        anchor="filters", title="First-layer filters", blocks=tuple(blocks)
    )


def _of_network(context, network):
    title = f"{_TITLE}: {network.model}"
    paths = network.first_paths
    if not all(0 in RunDir(path).weight_steps() for path in paths):
        return [feature_tables.no_starts(context, title)]
    try:
        return _figures(context, network, paths)
    except (ValueError, FileNotFoundError) as error:
        return [page.Missing(title=title, why=str(error))]


def _figures(context, network, paths):
    def make():
        """{stem: DataFrame} of filters, Gabor fits and their summary."""
        from transfusion_tf.analysis.filters import tables

        found = tables.run(paths, num_scrambles=_NUM_SCRAMBLES)
        found["filters_summary"] = summaries.by_init(
            found["filters"], found["gabor_counts"], network.init_of
        )
        return found

    found = feature_tables.kept(
        context, network, "filters", make, _NUM_SCRAMBLES, paths
    )
    about = filters.subject(found["filters"])
    kernels, summary = found["filter_kernels"], found["filters_summary"]
    grids = _picture(
        context,
        network,
        "filters",
        filters.filter_grids(kernels, about),
        title=_TITLE,
        sentence=sentences.changes(summary),
        alt="Small colour pictures of all filters before training, after it, "
        "and of the difference, a line of panels for each start.",
        stems=("filters", "filters_summary"),
    )
    channels = _picture(
        context,
        network,
        "filters_channels",
        filters.channel_grids(kernels, about),
        title=f"{_TITLE}, by channel",
        sentence=sentences.changes(summary),
        alt="The same filters as grey pictures, one for each input channel.",
        stems=("filter_kernels",),
    )
    by_channel = page.Details(
        title=f"By channel of the input: {network.model}",
        blocks=(channels,),
        instead=f"{channels.name}.png",
    )
    return [grids, by_channel, _gabor(context, network, found, about)]


def _gabor(context, network, found, about):
    if not found["gabor_fits"]["r_squared"].notna().any():
        note = next(filter(None, found["gabor_counts"]["note"].dropna()), "")
        return page.Missing(
            title=f"{_GABOR}: {network.model}",
            why=f"None could be fitted: {note}",
        )
    return _picture(
        context,
        network,
        "gabor_like",
        gabor.counts_and_fits(
            found["gabor_counts"],
            found["gabor_fits"],
            found["gabor_scrambled"],
            about,
        ),
        title=_GABOR,
        sentence=sentences.gabor_like(found["filters_summary"]),
        alt="Bars of the number of Gabor-like filters before and after "
        "training, and curves of how well Gabor functions fit.",
        stems=("gabor_counts", "gabor_fits", "filters_summary"),
    )


def _picture(context, network, kind, drawn, *, title, stems, **texts):
    return pictures.write(
        context,
        feature_tables.name_of(kind, network),
        drawn,
        title=f"{title}: {network.model}",
        files=tuple(
            f"{feature_tables.name_of(stem, network)}.csv" for stem in stems
        ),
        kind=kind,
        **texts,
    )
