"""Compares the representations of runs, stage by stage, with null floors.

Writes <view>.csv and <view>.png into --output_dir. Views: before_after (each
run's start against its trained weights) and between (every two runs).

python run_scripts/analyze_representations.py --runs=RUN_DIR --output_dir=DIR
"""

import pathlib

from absl import flags

from transfusion_tf import cli, names, quiet

FLAGS = flags.FLAGS
flags.DEFINE_list("runs", None, "run directories, separated by commas")
flags.DEFINE_enum("view", "before_after", names.VIEWS, "what is compared")
flags.DEFINE_list(
    "measures",
    list(names.MEASURES),
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
flags.DEFINE_integer(
    "seed", 0, "seed of the pairings of the floors", lower_bound=0
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
    from transfusion_tf.analysis import views
    from transfusion_tf.reporting import published, tables
    from transfusion_tf.run_dir import RunDir

    for measure in FLAGS.measures:
        names.check("measure", measure, names.MEASURES)
    references = published.curves(FLAGS.published)
    named = zip(tables.run_names(FLAGS.runs), FLAGS.runs, strict=True)
    runs = {name: RunDir(path) for name, path in named}
    trained = [
        views.Network(name, run.checkpoint_step(FLAGS.checkpoint))
        for name, run in runs.items()
    ]
    pairs = views.VIEWS[FLAGS.view](trained)

    # Mistakes so far are told at once, without waiting for TensorFlow.
    quiet.start_tensorflow()
    from transfusion_tf.analysis import moments
    from transfusion_tf.reporting import figures

    records, image_size = _open_records(runs)
    backbones = _load(runs, pairs)
    for backbone in backbones.values():
        published.check_fit(
            FLAGS.published,
            stages=backbone.stage_names,
            measures=FLAGS.measures,
        )
    stem = pathlib.Path(FLAGS.output_dir) / FLAGS.view
    stem.parent.mkdir(parents=True, exist_ok=True)
    compared = moments.stream(
        backbones,
        _batches(records, image_size),
        pairs=pairs,
        stages=FLAGS.stages,
        seed=FLAGS.seed,
    )
    rows = views.rows(FLAGS.view, compared, measures=FLAGS.measures)
    table = tables.write(stem.with_suffix(".csv"), rows, columns=views.COLUMNS)
    print(table)
    figure = figures.stage_curves(tables.read(table), references)
    print(figures.save(figure, stem.with_suffix(".png")))


def _load(runs, pairs):
    """{Network: Backbone} of all networks in the pairs, each loaded once.

    Raises:
      ValueError: one lacks a stage of --stages.
    """
    from transfusion_tf import experiment

    networks = dict.fromkeys(network for pair in pairs for network in pair)
    for network in networks:
        backbone = experiment.load_backbone(runs[network.run], network.step)
        for stage in FLAGS.stages:
            backbone.stage(stage)
        networks[network] = backbone
    return networks


def _open_records(runs):
    """(Records, image size) that the runs have in common.

    Raises:
      ValueError: they differ in image size, or in data without --dataset.
    """
    from transfusion_tf import datasets, run_record

    data = {name: run_record.read(run)["data"] for name, run in runs.items()}
    sizes = {name: of["image_size"] for name, of in data.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(
            f"Runs of one image size can be compared. Received: {sizes}"
        )
    known = {name: of["fingerprint"][:12] for name, of in data.items()}
    if FLAGS.dataset is None and len(set(known.values())) > 1:
        raise ValueError(
            "The runs were trained on different data; say with --dataset which "
            f"images to compare them on. Fingerprints: {known}"
        )
    first = next(iter(runs))
    dataset = FLAGS.dataset or run_record.read_config(runs[first]).data.dataset
    return datasets.open_dataset(dataset, image_size=sizes[first]), sizes[first]


def _batches(records, image_size):
    """Yields batches of at most --max_images images, with a progress bar."""
    import tqdm

    from transfusion_tf import experiment

    left = records.num_examples(FLAGS.split)
    if FLAGS.max_images:
        left = min(left, FLAGS.max_images)
    batches = experiment.images(
        records, FLAGS.split, image_size=image_size, batch_size=FLAGS.batch_size
    )
    with tqdm.tqdm(
        total=left, unit="image", desc="comparing", disable=None
    ) as progress:
        for batch in batches:
            if not left:
                break
            images, patients = batch["image"][:left], batch["patient"][:left]
            yield {"image": images, "patient": patients}
            left -= len(images)
            progress.update(len(images))


if __name__ == "__main__":
    cli.run(main)
