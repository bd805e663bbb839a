"""Compares the representations of runs, stage by stage, with null floors.

Writes <view>.csv and <view>.png into --output_dir. Views:

before_after       each run's start against its trained weights
between            every two runs
start_against_end  every two runs, at their starts and trained; and a line
                   through the points (start_against_end_fits.csv)
dynamics           each run's snapshots against its trained weights
matrix             all runs against all, clustered
movement           how far weights moved from their start, beside before_after
reuse              the source network against each run's start and trained
                   weights, beside a linear probe of each stage of the source

python run_scripts/analyze_representations.py --runs=RUN_DIR --output_dir=DIR

The protocol of Juodelyte et al. 2023, beside the floors and all channels that
are the default: --max_points=10000 --channels=64 --repeats=5.
"""

import contextlib
import pathlib

from absl import flags

from transfusion_tf import cli, names
from transfusion_tf.process import quiet
from transfusion_tf.runs import globs

FLAGS = flags.FLAGS
_GIB = 2**30
flags.DEFINE_list(
    "runs", None, "run directories or patterns (runs/*), separated by commas"
)
flags.DEFINE_enum("view", "before_after", names.VIEWS, "what is compared")
flags.DEFINE_list(
    "measures",
    ["cca", "svcca"],
    f"similarity measures: {', '.join(names.MEASURES)}",
)
flags.DEFINE_list("stages", [], "stages to compare; by default all")
flags.DEFINE_string(
    "dataset",
    None,
    "records directory or embedded data set with the images; by default that "
    "of the runs",
)
flags.DEFINE_enum("split", "test", names.SPLITS, "split the images are from")
flags.DEFINE_string(
    "checkpoint", "best", "trained weights: best, last or a step"
)
flags.DEFINE_integer(
    "max_images", None, "use the first N images only", lower_bound=2
)
flags.DEFINE_integer("batch_size", 64, "images at a time", lower_bound=2)
flags.DEFINE_enum(
    "datapoints",
    "positions",
    ("positions", "pooled"),
    "what a datapoint is: a position of an image, or the mean over them",
)
flags.DEFINE_bool("floors", True, "gather the null floors as well")
flags.DEFINE_integer(
    "groups",
    10,
    "groups of images (of patients, if known) that are left out in turn for "
    "the intervals; 1: no intervals",
    lower_bound=1,
)
flags.DEFINE_integer(
    "max_points",
    None,
    "of each stage only as many random images as have about N positions",
    lower_bound=1,
)
flags.DEFINE_integer(
    "channels", None, "only N random channels of each stage", lower_bound=1
)
flags.DEFINE_integer(
    "repeats",
    None,
    "how often --max_points or --channels are drawn (default 1); values are "
    "means over the draws, low and high their range (no interval)",
    lower_bound=1,
)
flags.DEFINE_enum(
    "points",
    "pairs",
    ("pairs", "draws"),
    "what a point of start_against_end is: a pair of runs, or one draw of "
    "--max_points or --channels of a pair",
)
flags.DEFINE_string(
    "source",
    None,
    "--view=reuse: weights of the source network, as --weights of train.py "
    "(default: those of the first run that has some)",
)
flags.DEFINE_integer(
    "seed", 0, "seed of groups, pairings and draws", lower_bound=0
)
flags.DEFINE_float(
    "max_memory_gib",
    None,
    "memory for moments and the maps of a batch (default: half of what the "
    "process may use); more passes over the images need less",
    lower_bound=0.001,
    upper_bound=2**20,  # A PiB, but not infinity.
)
flags.DEFINE_string(
    "moments_dir",
    None,
    "keep the moments there: an interrupted analysis goes on, one with other "
    "measures needs no images",
)
flags.DEFINE_list(
    "published",
    [],
    "published curves to draw behind (cca of ResNet50), as DATASET:PAIR, e.g. "
    "chest:random_random; an unknown name lists all",
)
flags.DEFINE_string("output_dir", None, "directory of the CSV and the PNG")
flags.mark_flags_as_required(["runs", "output_dir"])


def main(argv):
    """Streams the moments of all networks of the view, and reports them."""
    del argv  # There is nothing besides the flags.
    from transfusion_tf import tables
    from transfusion_tf.analysis.views import rows as view_rows
    from transfusion_tf.analysis.views import selection
    from transfusion_tf.reporting.published import lookup
    from transfusion_tf.runs.directory import RunDir

    for measure in FLAGS.measures:
        names.check("measure", measure, names.MEASURES)
    references = _references(lookup)
    paths = globs.expanded(FLAGS.runs)
    named = zip(tables.run_names(paths), paths, strict=True)
    runs = {name: RunDir(path) for name, path in named}
    options = _options()
    trained = [
        selection.Network(name, run.checkpoint_step(FLAGS.checkpoint))
        for name, run in runs.items()
    ]
    steps = {name: run.weight_steps() for name, run in runs.items()}
    pairs = selection.VIEWS[FLAGS.view](trained, steps)
    selection.check_saved(pairs, steps)

    # Mistakes so far are told at once, without waiting for TensorFlow.
    quiet.start_tensorflow()
    from transfusion_tf.analysis import comparison
    from transfusion_tf.reporting.figures import style
    from transfusion_tf.reporting.figures import views as similarity_figures

    images = comparison.images_of_runs(
        runs,
        dataset=FLAGS.dataset,
        split=FLAGS.split,
        max_images=FLAGS.max_images,
        batch_size=FLAGS.batch_size,
    )
    rows = []
    # The sums of a pass are kept with --moments_dir only.
    kept = cli.continued() if FLAGS.moments_dir else contextlib.nullcontext()
    with kept:
        for part in selection.independent(pairs):
            rows += _rows(runs, part, images, options)
    stem = pathlib.Path(FLAGS.output_dir) / FLAGS.view
    stem.parent.mkdir(parents=True, exist_ok=True)
    path = stem.with_suffix(".csv")
    print(tables.write(path, rows, columns=view_rows.COLUMNS))
    table = tables.read(path)
    if FLAGS.view == "start_against_end":
        print(_write_fits(stem, table))
    behind = {"published": references} if FLAGS.published else {}
    figure = similarity_figures.FIGURES[FLAGS.view](table, **behind)
    print(style.save(figure, stem.with_suffix(".png")))


def _rows(runs, pairs, images, options):
    """The rows of some pairs, whose networks are loaded for them alone."""
    from transfusion_tf.analysis import comparison
    from transfusion_tf.analysis.views import movement, reuse, selection
    from transfusion_tf.reporting.published import lookup

    given = {}
    if FLAGS.view == "reuse":
        source = selection.Network(selection.SOURCE, 0)
        given[source] = reuse.source_network(runs.values(), FLAGS.source)
    networks = comparison.load(runs, pairs, stages=FLAGS.stages, given=given)
    every = next(iter(networks.values())).backbone.stage_names
    stages = [name for name in every if name in (FLAGS.stages or every)]
    lookup.check_fit(FLAGS.published, stages=every, measures=FLAGS.measures)
    rows = _similarity_rows(networks, pairs, images, stages, options)
    if FLAGS.view == "movement":
        rows += movement.rows(FLAGS.view, pairs, networks, stages=stages)
    if FLAGS.view == "reuse":
        others = _random_starts(networks)
        rows += reuse.probe_rows(
            FLAGS.view, networks, images, stages=stages, others=others
        )
    return rows


def _similarity_rows(networks, pairs, images, stages, options):
    """One pass over the images, and what the measures say of it."""
    from transfusion_tf.analysis import comparison
    from transfusion_tf.analysis.views import rows as view_rows

    gathered = comparison.gather(
        networks,
        pairs,
        images,
        stages=stages,
        options=options,
        batch_size=FLAGS.batch_size,
        max_bytes=FLAGS.max_memory_gib and int(FLAGS.max_memory_gib * _GIB),
        directory=FLAGS.moments_dir and pathlib.Path(FLAGS.moments_dir),
    )
    return view_rows.rows(
        FLAGS.view,
        gathered,
        measures=FLAGS.measures,
        stages=stages,
        known=networks,
        by_draw=FLAGS.points == "draws",
    )


def _references(published):
    """The published curves of the flag; ValueError for views without any."""
    from transfusion_tf.reporting.figures import views as similarity_figures

    known = similarity_figures.WITH_CURVES
    cli.check_goes_with(
        "published",
        holds=FLAGS.view in known,
        what=f"views that have curves by stage: {', '.join(known)}",
    )
    return published.curves(FLAGS.published)


def _random_starts(networks):
    """The first network that started from random weights, at its start."""
    return [
        network
        for network, loaded in networks.items()
        if loaded.init == "random" and network.step == 0
    ][:1]


def _write_fits(stem, table):
    from transfusion_tf import tables
    from transfusion_tf.analysis.views import start_end

    return tables.write(
        stem.with_name(f"{stem.name}_fits.csv"),
        start_end.fits(start_end.points(table)),
        columns=start_end.COLUMNS,
    )


def _options():
    """passes.Options of the flags; ValueError where some do nothing."""
    from transfusion_tf.analysis.streaming import plan

    drawn = FLAGS.max_points is not None or FLAGS.channels is not None
    what_is_drawn = "--max_points=N or --channels=N, which say what is drawn"
    cli.check_goes_with("repeats", holds=drawn, what=what_is_drawn)
    cli.check_goes_with(
        "points",
        holds=FLAGS.view == "start_against_end"
        and (drawn or FLAGS.points == "pairs"),
        what=f"--view=start_against_end, and draws with {what_is_drawn}",
    )
    cli.check_goes_with(
        "source", holds=FLAGS.view == "reuse", what="--view=reuse"
    )
    cli.check_goes_with(
        "seed",
        holds=drawn or FLAGS.floors or FLAGS.groups > 1,
        what="--floors, --groups above 1, --max_points or --channels",
    )
    if FLAGS.view == "reuse" and FLAGS.split == "train":
        raise ValueError(
            "--view=reuse fits its probes on the training split; give "
            "--split=val or test."
        )
    cli.check_goes_with(
        "groups",
        holds=not drawn,
        what="all images and channels; draws of the same images have a range, "
        "and no interval",
    )
    cli.check_goes_with(
        "max_points",
        holds=FLAGS.datapoints == "positions",
        what="--datapoints=positions; of pooled images give --max_images=N",
    )
    return plan.Options(
        datapoints=FLAGS.datapoints,
        floors=FLAGS.floors,
        debiased="cka" in FLAGS.measures,
        num_groups=FLAGS.groups,
        max_points=FLAGS.max_points,
        channels=FLAGS.channels,
        repeats=FLAGS.repeats or 1,
        seed=FLAGS.seed,
    )


if __name__ == "__main__":
    cli.run(main)
