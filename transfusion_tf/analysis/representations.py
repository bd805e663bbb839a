"""One view of the representations of some runs, as a table.

    options = representations.RepresentationOptions(view="between")
    table = representations.run(["runs/random-*", "runs/pretrained-*"], options)

TensorFlow is imported once it is known that the runs have what the view needs.
"""

import pathlib

from transfusion_tf import tables
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.analysis.views import selection
from transfusion_tf.analysis.views.options import (
    RepresentationOptions as RepresentationOptions,
)
from transfusion_tf.process import quiet
from transfusion_tf.runs import globs, record
from transfusion_tf.runs.directory import RunDir


def run(runs, options):
    """Compares the representations of runs, stage by stage.

    Args:
      runs: list of run directories, patterns (globs) of them, or RunDirs.
      options: RepresentationOptions.

    Returns:
      DataFrame with the columns analysis.views.rows.COLUMNS.

    Raises:
      FileNotFoundError: a run, or weights of it, are not there.
      ValueError: the runs do not go together, or not with the options.
    """
    paths = globs.expanded(runs)
    names = tables.run_names(paths)
    runs = {n: RunDir(path) for n, path in zip(names, paths, strict=True)}
    pairs = _pairs(runs, options)
    quiet.start_tensorflow()
    from transfusion_tf.analysis import comparison

    images = comparison.images_of_runs(
        runs,
        dataset=options.dataset,
        split=options.split,
        max_images=options.max_images,
        batch_size=options.batch_size,
    )
    rows = []
    for part in selection.independent(pairs):
        rows += _rows(runs, part, images, options)
    return tables.frame(rows, columns=view_rows.COLUMNS)


def _pairs(runs, options):
    """The pairs of Networks of the view, all of whose weights are there."""
    trained = [
        selection.Network(name, record.checkpoint_step(run, options.checkpoint))
        for name, run in runs.items()
    ]
    steps = {name: run.weight_steps() for name, run in runs.items()}
    pairs = options.kind.pairs(trained, steps)
    selection.check_saved(pairs, steps)
    return pairs


def _rows(runs, pairs, images, options):
    """The rows of some pairs, whose networks are loaded for them alone."""
    from transfusion_tf.analysis import comparison
    from transfusion_tf.analysis.views import movement, reuse

    given = {}
    if options.kind.needs_source:
        source = selection.Network(selection.SOURCE, 0)
        given[source] = reuse.source_network(runs.values(), options.source)
    networks = comparison.load(runs, pairs, stages=options.stages, given=given)
    # Some may be truncated: compared are the stages that all of them have.
    every = min((n.backbone.stage_names for n in networks.values()), key=len)
    stages = [name for name in every if name in (options.stages or every)]
    rows = _similarity_rows(networks, pairs, images, stages, options)
    if options.kind.shows_movement:
        rows += movement.rows(options.view, pairs, networks, stages=stages)
    if options.kind.needs_source:
        rows += reuse.probe_rows(
            options.view,
            networks,
            images,
            stages=stages,
            others=_random_starts(networks),
        )
    return rows


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
        if loaded.init == "random" and network.step == 0
    ][:1]
