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
import dataclasses

from absl import flags

from transfusion_tf import cli
from transfusion_tf.analysis.views import options as view_options
from transfusion_tf.analysis.views import selection
from transfusion_tf.config import define

FLAGS = flags.FLAGS
_FIELDS = {
    field.name: field
    for field in dataclasses.fields(view_options.RepresentationOptions)
}
define.flags_of(_FIELDS)
flags.adopt_module_key_flags(define)
flags.DEFINE_list(
    "runs",
    None,
    "run directories, patterns (runs/*) or studies, separated by commas",
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
    """Compares the runs, and writes table and figure."""
    del argv  # There is nothing besides the flags.
    options = view_options.RepresentationOptions(**define.values_of(_FIELDS))
    with_curves = ", ".join(selection.names_of("has_curves"))
    cli.check_goes_with(
        "published",
        holds=options.kind.has_curves,
        what=f"views that have curves by stage: {with_curves}",
    )
    from transfusion_tf.analysis import representations
    from transfusion_tf.reporting import view_report

    references = view_report.references(
        FLAGS.published, FLAGS.runs, options.measures
    )
    # The sums of a pass are kept with --moments_dir only.
    kept = cli.continued() if options.moments_dir else contextlib.nullcontext()
    with kept:
        table = representations.run(FLAGS.runs, options)
    for path in view_report.write(
        table, options.view, FLAGS.output_dir, published=references
    ):
        print(path)


if __name__ == "__main__":
    cli.run(main)
