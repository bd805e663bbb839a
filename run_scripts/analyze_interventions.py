r"""Changes trained networks, and says what that costs them.

Needs no training: the runs have saved their starts and their trained weights.
Writes <view>.csv, further tables and pictures into --output_dir. Views:

resilience  one stage at a time back to its start, part of the way back, or to
            fresh random weights; with --noise how critical each stage is
barrier     loss and AUC on the line between the weights of two runs
shortcut    images whose blocks are shuffled, low-pass and high-pass images
probes      linear and k-NN probes of each stage: of the source, of runs at
            their starts and trained, and of random weights

    python run_scripts/analyze_interventions.py --runs='runs/mine-*' \
        --view=resilience --output_dir=DIR
"""

import dataclasses

from absl import flags

from transfusion_tf import cli
from transfusion_tf.analysis.interventions import options as view_options
from transfusion_tf.config import comparing_flags, define
from transfusion_tf.process import quiet

_FIELDS = {
    field.name: field
    for field in dataclasses.fields(view_options.InterventionOptions)
}
define.flags_of(_FIELDS)
flags.adopt_module_key_flags(define)
_RUNS = comparing_flags.runs()
_OUTPUT_DIR = comparing_flags.output_dir("the tables and the pictures")


def main(argv):
    """Writes tables and pictures, and prints what they say and their paths."""
    del argv
    comparing_flags.check_given(_RUNS.value, _OUTPUT_DIR.value)
    options = view_options.InterventionOptions(**define.values_of(_FIELDS))
    quiet.start_tensorflow()

    from transfusion_tf.analysis.interventions import registry
    from transfusion_tf.reporting import intervention_report

    found = registry.run(_RUNS.value, options)
    examples = registry.examples(_RUNS.value, options)
    print(
        intervention_report.write(
            found, options, _OUTPUT_DIR.value, examples=examples
        )
    )


if __name__ == "__main__":
    cli.run(main)
