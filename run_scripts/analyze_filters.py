"""Shows the filters of the first convolution before and after training.

Writes into --output_dir:

- filters.csv: one row a filter, its norms and its change;
  filter_kernels.csv: the numbers of the filters; filters.png: before, after and
  difference in colour; filters_channels.png: each input channel.
- gabor_fits.csv: the Gabor function that is closest to each filter;
  gabor_counts.csv: how many filters are Gabor-like before and after, and how
  many would be by chance; gabor_scrambled.csv: the fits to phase-scrambled
  filters, which say what is more than chance; gabor_like.png: all three.
  Kernels smaller than 5x5 are not fitted.

    python run_scripts/analyze_filters.py --runs=RUN_DIR,RUN_DIR \\
        --output_dir=DIR

With --bank it shows the Gabor filters that `train.py --init=gabor` with the
same flags starts from: gabor_bank.csv (one row a filter: orientation,
wavelength, phase, colour), gabor_kernels.csv and gabor_bank.png.

    python run_scripts/analyze_filters.py --bank --model=cbr_small \\
        --output_dir=DIR
"""

import pathlib

from absl import flags

from transfusion_tf import cli, names
from transfusion_tf.config import flags as config_flags
from transfusion_tf.process import quiet
from transfusion_tf.runs import globs

FLAGS = flags.FLAGS
BANK_FLAGS = (
    "model",
    "weights",
    "seed",
    "input_scaling",
    *(name for name in FLAGS if name.startswith("gabor_")),
)
flags.DEFINE_list(
    "runs", None, "run directories or patterns (runs/*), separated by commas"
)
flags.DEFINE_string(
    "checkpoint", "best", "trained weights: best, last or a step"
)
flags.DEFINE_enum(
    "scale",
    "all",
    names.FILTER_SCALES,
    "whether the filters of all runs are drawn on one scale, or those of each "
    "run on its own (for networks with unlike input scalings)",
)
flags.DEFINE_integer(
    "num_scrambles",
    20,
    "phase-scrambled patterns that are fitted for each filter; with more of "
    "them, the threshold is more exact",
    lower_bound=1,
    upper_bound=10_000,  # Hours of fits, for two more digits.
)
flags.DEFINE_integer(
    "scramble_seed", 0, "seed of the scrambled phases", lower_bound=0
)
flags.DEFINE_string("output_dir", None, "directory of the CSVs and the PNGs")
flags.DEFINE_bool("bank", False, "show the Gabor bank of --model instead")
RUN_FLAGS = ("checkpoint", "scale", "num_scrambles", "scramble_seed")
flags.mark_flag_as_required("output_dir")
for _name in BANK_FLAGS:
    flags.declare_key_flag(_name)


def main(argv):
    """Draws the filters of runs, or the bank."""
    del argv  # There is nothing besides the flags.
    _check_flags()
    for path in _show_bank() if FLAGS.bank else _show_runs():
        print(path)


def _check_flags():
    """Raises ValueError if a flag was given that would not be read."""
    if FLAGS.bank == (FLAGS.runs is not None):
        raise ValueError(
            "Give either --runs=DIR,DIR or --bank with --model=MODEL. "
            f"Received: --runs={FLAGS.runs} --bank={FLAGS.bank}"
        )
    cli.check_goes_with(*RUN_FLAGS, holds=not FLAGS.bank, what="--runs")
    cli.check_goes_with(*BANK_FLAGS, holds=FLAGS.bank, what="--bank")


def _show_runs():
    """Reads the kernels of every run; yields the paths of what it writes."""
    from transfusion_tf import tables

    paths = globs.expanded(FLAGS.runs)
    run_names = tables.run_names(paths)
    kernels = [_kernels(path) for path in paths]
    written = _tables(dict(zip(run_names, kernels, strict=True)))
    output_dir = _made_output_dir()
    for stem, (columns, rows) in written.items():
        yield tables.write(output_dir / f"{stem}.csv", rows, columns=columns)
    yield from _draw_runs(output_dir)


def _tables(kernels):
    """{stem of the file: (columns, rows)} for {run: {step: kernel}}."""
    from transfusion_tf.analysis.filters import changes as filters
    from transfusion_tf.analysis.filters import gabor_like

    changes, numbers, fits, counts, scrambled = [], [], [], [], []
    for run, of_run in kernels.items():
        changed = filters.changes(*of_run.values(), run=run)
        changes += changed
        for step, kernel in of_run.items():
            numbers += filters.kernel_rows(kernel, changed, step=step)
            found = gabor_like.rows(
                kernel,
                changed,
                step=step,
                num_scrambles=FLAGS.num_scrambles,
                seed=FLAGS.scramble_seed,
            )
            fits += found[0]
            counts.append(found[1])
            scrambled += found[2]
    return {
        "filters": (filters.COLUMNS, changes),
        "filter_kernels": (filters.KERNEL_COLUMNS, numbers),
        "gabor_fits": (gabor_like.COLUMNS, fits),
        "gabor_counts": (gabor_like.COUNT_COLUMNS, counts),
        "gabor_scrambled": (gabor_like.SCRAMBLED_COLUMNS, scrambled),
    }


def _draw_runs(output_dir):
    """Draws the tables; yields the paths of the figures."""
    from transfusion_tf import tables
    from transfusion_tf.reporting.figures import filters as filter_figures
    from transfusion_tf.reporting.figures import gabor as gabor_figure
    from transfusion_tf.reporting.figures import style

    kernels, *gabor_tables = (
        tables.read(output_dir / f"{stem}.csv")
        for stem in (
            "filter_kernels",
            "gabor_counts",
            "gabor_fits",
            "gabor_scrambled",
        )
    )
    drawn = {
        "filters": filter_figures.filter_grids(kernels, scale=FLAGS.scale),
        "filters_channels": filter_figures.channel_grids(
            kernels, scale=FLAGS.scale
        ),
        "gabor_like": gabor_figure.counts_and_fits(*gabor_tables),
    }
    for stem, figure in drawn.items():
        yield style.save(figure, output_dir / f"{stem}.png")


def _show_bank():
    """Draws the bank as training would, and reports its parameters."""
    config = config_flags.from_flags(BANK_FLAGS, init="gabor")
    quiet.start_tensorflow()
    from transfusion_tf import experiment, tables
    from transfusion_tf.analysis.filters import changes as filters
    from transfusion_tf.initialization import gabor
    from transfusion_tf.reporting.figures import filters as filter_figures
    from transfusion_tf.reporting.figures import style

    waves, kernel = experiment.gabor_bank(config)
    rows = gabor.rows(waves, run=config.model.name)
    output_dir = _made_output_dir()
    table = output_dir / "gabor_bank.csv"
    yield tables.write(table, rows, columns=gabor.COLUMNS)
    kernels = filters.kernel_rows(kernel, rows, step=0)
    table = output_dir / "gabor_kernels.csv"
    yield tables.write(table, kernels, columns=filters.KERNEL_COLUMNS)
    figure = filter_figures.filter_bank(tables.read(table))
    yield style.save(figure, output_dir / "gabor_bank.png")


def _made_output_dir():
    output_dir = pathlib.Path(FLAGS.output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    return output_dir


def _kernels(path):
    """{0: kernel before, step: kernel after} of a run.

    Raises:
      ValueError: --checkpoint is the start, or a kernel holds NaN.
    """
    from transfusion_tf.runs.directory import RunDir

    run = RunDir(path)
    trained = run.checkpoint_step(FLAGS.checkpoint)
    if trained == 0:
        raise ValueError(
            f"{path}: checkpoint {FLAGS.checkpoint!r} is step 0, the start "
            "itself; give --checkpoint=last or a later step."
        )
    quiet.start_tensorflow()
    import numpy as np

    from transfusion_tf import experiment

    found = {}
    for step in (0, trained):
        backbone = experiment.load_backbone(run, step)
        found[step] = backbone.in_rgb(backbone.first_kernel.numpy())
        if not np.isfinite(found[step]).all():
            raise ValueError(
                f"{path}: the first convolution of step {step} holds NaN or "
                "infinity; give --checkpoint of an earlier step."
            )
    return found


if __name__ == "__main__":
    cli.run(main)
