"""Shows the filters of the first convolution before and after training.

Writes filters.csv (one row a filter: its norms, its change), filter_kernels.csv
(the numbers of the filters) and filters.png into --output_dir.

python run_scripts/analyze_filters.py --runs=RUN_DIR --output_dir=DIR
"""

import pathlib

from absl import flags

from transfusion_tf import cli, quiet

FLAGS = flags.FLAGS
flags.DEFINE_list("runs", None, "run directories, separated by commas")
flags.DEFINE_string(
    "checkpoint", "best", "trained weights: best, last or a step"
)
flags.DEFINE_string("output_dir", None, "directory of the CSVs and the PNG")
flags.mark_flags_as_required(["runs", "output_dir"])


def main(argv):
    """Reads the kernels of every run, and reports how they changed."""
    del argv  # There is nothing besides the flags.
    from transfusion_tf.analysis import filters
    from transfusion_tf.reporting import tables

    changed, kernels = [], []
    names = tables.run_names(FLAGS.runs)
    for name, path in zip(names, FLAGS.runs, strict=True):
        (start, before), (step, after) = _kernels(path)
        rows = filters.changes(before, after, run=name)
        changed += rows
        kernels += filters.kernel_rows(before, rows, step=start)
        kernels += filters.kernel_rows(after, rows, step=step)
    from transfusion_tf.reporting import figures

    output_dir = pathlib.Path(FLAGS.output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    table = output_dir / "filters.csv"
    print(tables.write(table, changed, columns=filters.COLUMNS))
    table = output_dir / "filter_kernels.csv"
    print(tables.write(table, kernels, columns=filters.KERNEL_COLUMNS))
    figure = figures.filter_grids(tables.read(table))
    print(figures.save(figure, output_dir / "filters.png"))


def _kernels(path):
    """((0, kernel before), (step, kernel after)) of a run."""
    from transfusion_tf.analysis import filters
    from transfusion_tf.run_dir import RunDir

    run = RunDir(path)
    trained = run.checkpoint_step(FLAGS.checkpoint)
    if trained == 0:
        raise ValueError(
            f"{path}: checkpoint {FLAGS.checkpoint!r} is step 0, the start "
            "itself; give --checkpoint=last or a later step."
        )
    quiet.start_tensorflow()
    from transfusion_tf import experiment

    return [
        (step, filters.first_kernel(experiment.load_backbone(run, step)))
        for step in (0, trained)
    ]


if __name__ == "__main__":
    cli.run(main)
