r"""Compares how soon runs reach one validation AUC: steps, seconds, speed-up.

    python run_scripts/analyze_convergence.py --runs='runs/mine-*' \
        --output_dir=DIR

Runs that differ by their seed alone are one arm. A run has reached the target
at the first of two evaluations in a row that are at least that; one that never
did is censored at its end. Medians are Kaplan and Meier's; speed-ups are
against the arm from random weights, with an interval and an exact p value of
the log-rank test. Writes convergence.csv, convergence_runs.csv,
convergence_curves.csv and convergence.png from the runs' history.csv; where
some runs are of --init=transfusion, also convergence_stages.csv and .png: steps
by the last stage that was taken.
"""

from absl import flags

from transfusion_tf import cli
from transfusion_tf.config import comparing_flags

_RUNS = comparing_flags.runs()
_TARGET = flags.DEFINE_float(
    "target",
    None,
    "validation AUC to reach (default: nine tenths of the way from 0.5 to the "
    "median last AUC of the reference)",
)
_REFERENCE = comparing_flags.reference(
    "that speed-ups are against",
    "convergence.csv",
    "the one from random weights",
)
_OUTPUT_DIR = comparing_flags.output_dir()


def main(argv):
    """Writes tables and picture and prints them in words."""
    del argv
    comparing_flags.check_given(_RUNS.value, _OUTPUT_DIR.value)

    from transfusion_tf.analysis.comparing import convergence
    from transfusion_tf.reporting import convergence_report

    found = convergence.compare(
        _RUNS.value, target=_TARGET.value, reference=_REFERENCE.value
    )
    print(convergence_report.write(found, _OUTPUT_DIR.value))


if __name__ == "__main__":
    cli.run(main)
