r"""Ranks sources of weights for a target, before anything is trained.

    python run_scripts/rank_sources.py --model=squeezenet --dataset=DIR \
        --sources=imagenet,runs/source-cifar10,FILE --output_dir=DIR

The network sees the images with the weights of each source, frozen, and with
random ones. A linear probe and k nearest neighbours are fitted on train at each
stage and scored on --split, with intervals by patient; LogME and LEEP stand
beside them. Writes source_ranking.csv, source_scores.csv and source_scores.png.
Features are kept in --features_dir: called again, with more sources or other
stages, the command computes only what is not there.
"""

import pathlib

from absl import flags

from transfusion_tf import cli, paths
from transfusion_tf.config import flags as config_flags
from transfusion_tf.process import quiet

FLAGS = flags.FLAGS
CONFIG_FLAGS = ("dataset", "image_size", "model", "seed")
for _name in CONFIG_FLAGS:
    flags.declare_key_flag(_name)
flags.FLAGS["seed"].help = "seed of the first network with random weights"
flags.DEFINE_list(
    "sources",
    [],
    "sources of the weights, separated by commas, each as --weights of "
    "train.py: run directories, files, imagenet, radimagenet",
)
flags.DEFINE_string("output_dir", None, "directory of the CSVs and the PNG")
flags.DEFINE_string(
    "features_dir",
    None,
    "where features are kept (default: features/ in --output_dir)",
)
flags.DEFINE_enum(
    "split",
    "val",
    ("val", "test"),
    "split that probes are scored on; a source that is chosen on test is "
    "tested there too well",
)
flags.DEFINE_list("stages", [], "stages to probe; by default all")
flags.DEFINE_integer(
    "max_train_images",
    None,
    "fit on the first N training images only",
    lower_bound=2,
)
flags.DEFINE_integer(
    "random_draws",
    3,
    "number of networks with random weights, the floor",
    lower_bound=1,
    upper_bound=100,
)
flags.DEFINE_float(
    "margin",
    0.01,
    "largest difference of AUCs that would change nobody's choice",
)


def main(argv):
    """Probes the sources, writes tables and figure, and prints the ranking."""
    del argv
    if not FLAGS.sources or not FLAGS.output_dir:
        raise ValueError("Give --sources=SOURCE,SOURCE and --output_dir=DIR.")
    paths.check_output_dir(FLAGS.output_dir)
    config = config_flags.from_flags(CONFIG_FLAGS)
    quiet.start_tensorflow()
    from transfusion_tf.analysis.sources import rank
    from transfusion_tf.reporting import source_report

    output_dir = pathlib.Path(FLAGS.output_dir)
    with cli.continued():
        found, warnings = rank.run(
            FLAGS.sources,
            config,
            split=FLAGS.split,
            directory=FLAGS.features_dir or output_dir / "features",
            stages=FLAGS.stages,
            max_train_images=FLAGS.max_train_images,
            random_draws=FLAGS.random_draws,
            seed=config.seed,
            margin=FLAGS.margin,
        )
    for line in warnings:
        print(f"warning: {line}")
    for line in source_report.lines(found["source_ranking"]):
        print(line)
    for path in source_report.write(found, output_dir):
        print(path)


if __name__ == "__main__":
    cli.run(main)
