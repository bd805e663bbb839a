r"""Says how small a network may be: AUC against parameters, work and time.

    python run_scripts/analyze_network_sizes.py --runs='runs/mine-*' \
        --output_dir=DIR

Runs that differ by their seed alone are one arm. The best arm is chosen by its
AUC on val, since the highest of several on test owes a part of its lead to
chance; each other arm is compared with it on the same test images, with
intervals over seeds and patients, and tested for being worse by less than
--margin (p values adjusted for the number of arms). Of runs at several learning
rates those at the best on val count. Truncated (--truncate_at of train.py),
slim and whole networks stand beside each other. Milliseconds are measured here.
Writes network_sizes.csv and network_sizes.png.
"""

import functools

from absl import flags

from transfusion_tf import cli
from transfusion_tf.config import comparing_flags
from transfusion_tf.process import quiet

_RUNS = comparing_flags.runs()
_SPLIT = comparing_flags.split()
_REFERENCE = comparing_flags.reference(
    "that stands for the best",
    "network_sizes.csv",
    "the one with the highest AUC on val",
)
_MARGIN = comparing_flags.margin(
    "largest loss of AUC that would change nobody's choice"
)
_THRESHOLD = comparing_flags.threshold()
_TIME = flags.DEFINE_bool(
    "time",
    True,
    "measure milliseconds an image, in inference, one at a time and in batches "
    "of the training's size",
)
_OUTPUT_DIR = comparing_flags.output_dir("the table and the picture")


def main(argv):
    """Writes table and picture and prints the answer in words."""
    del argv
    comparing_flags.check_given(_RUNS.value, _OUTPUT_DIR.value)
    quiet.start_tensorflow()

    from transfusion_tf.analysis.comparing import measured_costs, network_sizes
    from transfusion_tf.reporting import network_size_report

    found = network_sizes.compare(
        _RUNS.value,
        functools.partial(measured_costs.of_arms, is_timed=_TIME.value),
        split=_SPLIT.value,
        margin=_MARGIN.value,
        reference=_REFERENCE.value,
        threshold=_THRESHOLD.value,
    )
    print(network_size_report.write(found, _OUTPUT_DIR.value))


if __name__ == "__main__":
    cli.run(main)
