"""Shows the filters of the first convolution before and after training.

Writes filters.csv (one row a filter: its norms, its change), filter_kernels.csv
(the numbers of the filters) and filters.png into --output_dir.

    python run_scripts/analyze_filters.py --runs=RUN_DIR --output_dir=DIR

With --bank it shows the Gabor filters that `train.py --init=gabor` with the
same flags starts from: gabor_bank.csv (one row a filter: orientation,
wavelength, phase, colour), gabor_kernels.csv and gabor_bank.png.

    python run_scripts/analyze_filters.py --bank --model=cbr_small \\
        --output_dir=DIR
"""

import pathlib

from absl import flags

from transfusion_tf import cli, config_flags, quiet

FLAGS = flags.FLAGS
BANK_FLAGS = (
    "model",
    "weights",
    "seed",
    "input_scaling",
    *(name for name in FLAGS if name.startswith("gabor_")),
)
flags.DEFINE_list("runs", None, "run directories, separated by commas")
flags.DEFINE_string(
    "checkpoint", "best", "trained weights: best, last or a step"
)
flags.DEFINE_string("output_dir", None, "directory of the CSVs and the PNG")
flags.DEFINE_bool("bank", False, "show the Gabor bank of --model instead")
flags.mark_flag_as_required("output_dir")
for _name in BANK_FLAGS:
    flags.declare_key_flag(_name)


def main(argv):
    """Draws the filters of runs, or the bank."""
    del argv  # There is nothing besides the flags.
    if FLAGS.bank == (FLAGS.runs is not None):
        raise ValueError(
            "Give either --runs=DIR,DIR or --bank with --model=MODEL. "
            f"Received: --runs={FLAGS.runs} --bank={FLAGS.bank}"
        )
    for path in _show_bank() if FLAGS.bank else _show_runs():
        print(path)


def _show_runs():
    """Reads the kernels of every run, and reports how they changed."""
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

    output_dir = _made_output_dir()
    table = output_dir / "filters.csv"
    yield tables.write(table, changed, columns=filters.COLUMNS)
    table = output_dir / "filter_kernels.csv"
    yield tables.write(table, kernels, columns=filters.KERNEL_COLUMNS)
    figure = figures.filter_grids(tables.read(table))
    yield figures.save(figure, output_dir / "filters.png")


def _show_bank():
    """Draws the bank as training would, and reports its parameters."""
    config = config_flags.from_flags(BANK_FLAGS, init="gabor")
    quiet.start_tensorflow()
    from transfusion_tf import experiment
    from transfusion_tf.analysis import filters
    from transfusion_tf.initialization import gabor
    from transfusion_tf.reporting import figures, tables

    waves, kernel = experiment.gabor_bank(config)
    rows = gabor.rows(waves, run=config.model.name)
    output_dir = _made_output_dir()
    table = output_dir / "gabor_bank.csv"
    yield tables.write(table, rows, columns=gabor.COLUMNS)
    kernels = filters.kernel_rows(kernel, rows, step=0)
    table = output_dir / "gabor_kernels.csv"
    yield tables.write(table, kernels, columns=filters.KERNEL_COLUMNS)
    figure = figures.filter_bank(tables.read(table))
    yield figures.save(figure, output_dir / "gabor_bank.png")


def _made_output_dir():
    output_dir = pathlib.Path(FLAGS.output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    return output_dir


def _kernels(path):
    """((0, kernel before), (step, kernel after)) of a run."""
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

    found = []
    for step in (0, trained):
        backbone = experiment.load_backbone(run, step)
        kernel = backbone.in_rgb(backbone.first_kernel.numpy())
        found.append((step, kernel))
    return found


if __name__ == "__main__":
    cli.run(main)
