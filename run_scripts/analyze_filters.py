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

from absl import flags

from transfusion_tf import cli, names
from transfusion_tf.config import flags as config_flags
from transfusion_tf.process import quiet

FLAGS = flags.FLAGS
BANK_FLAGS = (
    "model",
    "weights",
    "seed",
    "input_scaling",
    *(name for name in FLAGS if name.startswith("gabor_")),
)
flags.DEFINE_list(
    "runs",
    None,
    "run directories, patterns (runs/*) or studies, separated by commas",
)
flags.DEFINE_string(
    "checkpoint", "last", "trained weights: last, best or a step"
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
    """Writes tables and figures of the filters of runs."""
    from transfusion_tf.analysis.filters import tables as filter_tables
    from transfusion_tf.reporting import filter_report

    found = filter_tables.run(
        FLAGS.runs,
        checkpoint=FLAGS.checkpoint,
        num_scrambles=FLAGS.num_scrambles,
        seed=FLAGS.scramble_seed,
    )
    return filter_report.write(found, FLAGS.output_dir, scale=FLAGS.scale)


def _show_bank():
    """Writes tables and figure of the bank that training would start from."""
    config = config_flags.from_flags(BANK_FLAGS, init="gabor")
    quiet.start_tensorflow()
    from transfusion_tf.analysis.filters import gabor_bank
    from transfusion_tf.reporting import filter_report

    found = gabor_bank.run(config)
    return filter_report.write_bank(found, FLAGS.output_dir)


if __name__ == "__main__":
    cli.run(main)
