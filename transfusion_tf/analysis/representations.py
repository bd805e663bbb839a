"""One view of the representations of some runs, as a table.

    options = representations.RepresentationOptions(view="between")
    table = representations.run(["runs/random-*", "runs/pretrained-*"], options)

TensorFlow is imported once it is known that the runs have what the view needs.
"""

import itertools
import pathlib

from transfusion_tf import tables
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.analysis.views import selection
from transfusion_tf.analysis.views.options import (
    RepresentationOptions as RepresentationOptions,
)
from transfusion_tf.process import quiet
from transfusion_tf.runs import globs, labels, record
from transfusion_tf.runs.directory import RunDir


def run(runs, options):
    """Compares the representations of runs, stage by stage.

    Args:
      runs: list of run directories, patterns (globs) of them, or RunDirs.
      options: RepresentationOptions.

    Returns:
      DataFrame with the columns analysis.views.rows.TABLE_COLUMNS.

    Raises:
      FileNotFoundError: a run, or weights of it, are not there.
      ValueError: the runs do not go together, or not with the options.
    """
    return run_views(runs, options, [options.view])[options.view]


def run_views(runs, options, views):
    """Several views of the same runs, each network and pair looked at once.

    Args:
      runs, options: as of `run`; the view of the options does not count.
      views: names of views.

    Returns:
      {view: DataFrame as of `run`}.

    Raises:
      FileNotFoundError, ValueError: as `run`.
    """
    paths = globs.expanded(runs)
    names = tables.run_names(paths)
    runs = {n: RunDir(path) for n, path in zip(names, paths, strict=True)}
    wanted = {view: _pairs(runs, options, view) for view in views}
    quiet.start_tensorflow()
    from transfusion_tf.analysis import comparison

    images = comparison.images_of_runs(
        runs,
        dataset=options.dataset,
        split=options.split,
        max_images=options.max_images,
        batch_size=options.batch_size,
    )
    found = {view: [] for view in views}
    every = list(dict.fromkeys(itertools.chain(*wanted.values())))
    for part in selection.independent(every):
        of_part = {
            view: [pair for pair in part if pair in pairs]
            for view, pairs in wanted.items()
        }
        for view, rows in _rows(runs, part, of_part, images, options).items():
            found[view] += rows
    subject = _subject(runs, images)
    return {
        view: tables.frame(
            [{**row, **subject} for row in rows],
            columns=view_rows.TABLE_COLUMNS,
        )
        for view, rows in found.items()
    }


def _subject(runs, images):
    """The columns view_rows.SUBJECT: the same for all rows."""
    models = [record.read_config(run).model for run in runs.values()]
    names = {model.label for model in models}
    return {
        "model": names.pop() if len(names) == 1 else models[0].name,
        "dataset": images.opened.card.name,
        "split": images.split,
        "num_patients": images.num_patients(),
    }


def _pairs(runs, options, view):
    """The pairs of Networks of a view, all of whose weights are there."""
    trained = [
        selection.Network(name, record.checkpoint_step(run, options.checkpoint))
        for name, run in runs.items()
    ]
    steps = {name: run.weight_steps() for name, run in runs.items()}
    pairs = selection.VIEWS[view].pairs(trained, steps)
    selection.check_saved(pairs, steps)
    return pairs


def _rows(runs, pairs, of_views, images, options):
    """{view: rows} of some pairs, whose networks are loaded for them alone."""
    from transfusion_tf.analysis import comparison
    from transfusion_tf.analysis.views import movement, reuse

    kinds = {view: selection.VIEWS[view] for view in of_views}
    given = {}
    if any(kind.needs_source for kind in kinds.values()):
        source = selection.Network(selection.SOURCE, 0)
        given[source] = reuse.source_network(runs.values(), options.source)
    networks = comparison.load(runs, pairs, stages=options.stages, given=given)
    # Some may be truncated: compared are the stages that all of them have.
    every = min((n.backbone.stage_names for n in networks.values()), key=len)
    stages = [name for name in every if name in (options.stages or every)]
    similar = _similarity_rows(networks, pairs, images, stages, options)
    found = {}
    for view, own in of_views.items():
        found[view] = [
            {**row, "view": view} for row in similar if _pair_of(row) in own
        ]
        if kinds[view].shows_movement:
            found[view] += movement.rows(view, own, networks, stages=stages)
        if kinds[view].needs_source:
            found[view] += reuse.probe_rows(
                view,
                networks,
                images,
                stages=stages,
                others=_random_starts(networks),
                max_train_images=options.max_probe_images,
            )
    return found


def _pair_of(row):
    return (
        selection.Network(row["run"], row["step"]),
        selection.Network(row["other_run"], row["other_step"]),
    )


def _similarity_rows(networks, pairs, images, stages, options):
    """One pass over the images, and what the measures say of it."""
    from transfusion_tf.analysis import comparison

    gathered = comparison.gather(
        networks,
        pairs,
        images,
        stages=stages,
        options=options.gather_options(),
        batch_size=options.batch_size,
        max_bytes=options.max_bytes,
        directory=options.moments_dir and pathlib.Path(options.moments_dir),
    )
    return view_rows.rows(
        options.view,
        gathered,
        measures=options.measures,
        stages=stages,
        known=networks,
        by_draw=options.by_draw,
        num_groups=1
        if options.is_drawn
        else options.gather_options().num_groups,
    )


def _random_starts(networks):
    """The first network that started from random weights, at its start."""
    return [
        network
        for network, loaded in networks.items()
        if labels.is_random(loaded.init) and network.step == 0
    ][:1]
