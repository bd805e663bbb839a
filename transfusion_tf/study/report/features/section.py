"""Where features stay and change: figures 2 to 4 of Transfusion, and reuse."""

from transfusion_tf.analysis.views import start_end, steps, summaries
from transfusion_tf.reporting.figures import pair_kinds
from transfusion_tf.reporting.figures import views as figures
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import representations as sentences
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.report import commands, pictures
from transfusion_tf.study.report.features import (
    feature_gain,
    feature_tables,
    network_runs,
)

TITLES = {
    "between": "Similarity of trained networks to each other",
    "before_after": "Similarity of trained networks to their own start",
    "start_against_end": "Similarity at the start and after training",
    "reuse": "What there was to reuse in the source",
}
_HYBRIDS = ("transfusion", "gabor")
# Probes need no more, and the features of all training images take minutes.
_PROBES = {"max_probe_images": 600}


def section(context):
    """The page.Section of representations; a figure of each kind a network."""
    blocks = []
    for network in network_runs.of_networks(context):
        blocks += _of_network(context, network)
    return page.Section(
        anchor="features",
        title="Where features stay and change",
        blocks=(*blocks, *_hybrids(context)),
    )


def _of_network(context, network):
    model = network.model
    blocks = [page.Text(text=network.chosen)]
    has_starts = all(0 in RunDir(p).weight_steps() for p in network.paths)
    has_pairs = len(network.paths) > 1
    views = [
        view
        for view, is_possible in {
            "between": has_pairs,
            "before_after": has_starts,
            "start_against_end": has_pairs and has_starts,
        }.items()
        if is_possible
    ]
    if views:
        blocks += feature_tables.attempt(
            context,
            f"Similarity of features: {model}",
            lambda: _views(context, network, views),
        )
    blocks += [
        _missing(context, view, model, has_starts)
        for view in ("between", "before_after", "start_against_end")
        if view not in views
    ]
    blocks += _reuse(context, network, has_starts)
    return [*blocks, *feature_gain.blocks(context, network)]


def _missing(context, view, model, has_starts):
    """Says what a view needs that the runs do not have."""
    title = f"{TITLES[view]}: {model}"
    if not has_starts and view != "between":
        return feature_tables.no_starts(context, title)
    return page.Missing(
        title=title,
        why="It takes two runs of this network.",
        command=commands.run_study(context, seeds=context.config.seeds + 2),
    )


def _views(context, network, views):
    """Figures of views that one pass over the images gives."""
    from transfusion_tf.analysis import representations

    def make():
        """{stem: DataFrame} of the views, of their fits and summaries."""
        found = representations.run_views(
            network.paths,
            feature_tables.options(context, network.paths),
            views,
        )
        made = dict(found)
        for view, table in found.items():
            if view == "start_against_end":
                made[f"{view}_fits"] = start_end.table_of_fits(table)
                continue
            kinds = pair_kinds.of(table) if view == "between" else table["init"]
            made[f"{view}_summary"] = summaries.by_kind(table, kinds)
        return made

    found = feature_tables.kept(context, network, "views", make, views)
    return [_figure(context, network, view, found) for view in views]


def _reuse(context, network, has_starts):
    """The figure of reuse, of the first run of each start."""
    title = f"{TITLES['reuse']}: {network.model}"
    if not network.has_source:
        return [
            page.Missing(
                title=title,
                why="None of the runs of this network took weights from a "
                "source.",
                command=commands.run_study(
                    context,
                    inits=_with(context, "pretrained"),
                    **commands.a_source(context),
                ),
            )
        ]
    if not has_starts:
        return [_missing(context, "reuse", network.model, has_starts)]
    return feature_tables.attempt(
        context, title, lambda: [_reuse_figure(context, network)]
    )


def _reuse_figure(context, network):
    from transfusion_tf.analysis import representations

    paths = network.first_paths

    def make():
        """{stem: DataFrame} of reuse and its summary by start."""
        table = representations.run(
            paths,
            feature_tables.options(context, paths, view="reuse", **_PROBES),
        )
        similar = table[table["measure"] != "probe_auc"]
        trained = similar[similar["other_step"] > 0]
        summary = summaries.by_kind(trained, trained["other_init"])
        return {"reuse": table, "reuse_summary": summary}

    found = feature_tables.kept(context, network, "reuse", make, _PROBES, paths)
    return _figure(context, network, "reuse", found)


def _figure(context, network, view, found):
    table = found[view]
    other = f"{view}_{'fits' if view == 'start_against_end' else 'summary'}"
    more = [found[other]] if view == "start_against_end" else []
    return pictures.write(
        context,
        pictures.of_network(view, network.model),
        figures.FIGURES[view](table, *more),
        title=f"{TITLES[view]}: {network.model}",
        sentence=_sentence(view, table, found[other]) + _limits(table),
        alt=f"{TITLES[view]} by stage of {network.model}; the numbers are in "
        "the tables below.",
        files=tuple(
            f"{pictures.of_network(stem, network.model)}.csv"
            for stem in (view, other)
        ),
        kind=view,
    )


def _sentence(view, table, other):
    if view == "reuse":
        return sentences.reuse(table, other)
    return getattr(sentences, view)(other)


def _limits(table):
    """What limits a figure, as one more sentence, or nothing."""
    unequal = steps.unequal(table)
    if not unequal:
        return ""
    return (
        f" The runs were trained for {min(unequal.values())} to "
        f"{max(unequal.values())} steps, which may be what differs."
    )


def _hybrids(context):
    """Says what would show hybrids, where no run is one."""
    inits = [init.partition(":")[0] for init in context.config.inits]
    settings = context.config.settings
    if {*inits} & {*_HYBRIDS} or settings.get("slim_from"):
        return []
    return [
        page.Missing(
            title="Hybrids: a part of the source, or synthetic Gabor filters",
            why="All runs start from random weights or from whole networks.",
            command=commands.run_study(
                context,
                inits=_with(context, "transfusion:conv1", "gabor"),
                **commands.a_source(context),
            ),
        )
    ]


def _with(context, *inits):
    """The inits of a study, and others."""
    return list(dict.fromkeys([*context.config.inits, *inits]))
