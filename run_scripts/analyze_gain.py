"""Similarity to the start against the AUC gained over a random start.

    python run_scripts/analyze_representations.py --view=before_after \\
        --runs=RUN,RUN --output_dir=DIR
    python run_scripts/analyze_gain.py --similarity=DIR/before_after.csv \\
        --runs=RUN,RUN,RANDOM_RUN,RANDOM_RUN --output_dir=DIR

Writes gain_points.csv, gain_correlations.csv and gain_<measure>.png.
"""

from absl import flags

from transfusion_tf import cli, names
from transfusion_tf.process import quiet

_SIMILARITY = flags.DEFINE_list(
    "similarity",
    [],
    "tables of analyze_representations.py --view=before_after, separated by "
    "commas",
)
_RUNS = flags.DEFINE_list(
    "runs",
    [],
    "run directories, patterns (runs/*) or studies, separated by commas: those "
    "of the tables, and runs from random weights to compare them with",
)
_SPLIT = flags.DEFINE_enum(
    "split", "test", ("val", "test"), "split that the AUC is of"
)
_CHECKPOINT = flags.DEFINE_enum(
    "checkpoint",
    "last",
    ("last", "best"),
    "weights that similarity and AUC are of; the AUC of last weights that were "
    "not the best is computed once, and kept in evaluations/ of the run",
)
_BASELINE = flags.DEFINE_enum(
    "baseline",
    "seed",
    names.GAIN_BASELINES,
    "AUC of random weights: of the run with the same seed, or the mean over "
    "seeds",
)
_CLUSTERS = flags.DEFINE_enum(
    "clusters",
    None,
    names.GAIN_CLUSTERS,
    "points that belong together; by default those of a data set if there are "
    "several, else those of a seed",
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "directory of the tables and pictures"
)


def main(argv):
    """Writes the tables and the pictures and prints their paths."""
    del argv
    if not _RUNS.value or not _OUTPUT_DIR.value:
        raise ValueError("Give --runs=RUN,RUN and --output_dir=DIR.")

    from transfusion_tf.analysis import gain_runs
    from transfusion_tf.reporting import gain_report

    unscored = gain_runs.not_scored(
        _SIMILARITY.value, _RUNS.value, _SPLIT.value, _CHECKPOINT.value
    )
    if unscored:
        quiet.start_tensorflow()
        from transfusion_tf import experiment

        experiment.evaluate_last(unscored, _SPLIT.value)
    found = gain_runs.run(
        _SIMILARITY.value,
        _RUNS.value,
        split=_SPLIT.value,
        checkpoint=_CHECKPOINT.value,
        baseline=_BASELINE.value,
        clusters=_CLUSTERS.value,
    )
    for path in gain_report.write(found, _OUTPUT_DIR.value):
        print(path)


if __name__ == "__main__":
    cli.run(main)
