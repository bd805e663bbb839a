"""Damages ten thousand files and counts what readers make of them.

    python tests/benchmarks/measure_fuzz.py [--cases=10000] [--seed=1]

JPEG, PNG and other images, DICOM (also compressed), .npz, .zip and CSV, cut
off or with bits turned over. Prints cases by kind and outcome. A crash, a
hang, an error that is not one line of ValueError or a large allocation ends
it, naming the case. The suite has a thousand other cases: tests/fuzzing.py.
"""

import pathlib
import tempfile
import time

from absl import flags

from transfusion_tf import cli

FLAGS = flags.FLAGS
flags.DEFINE_integer("cases", 10_000, "damaged files", lower_bound=1)
flags.DEFINE_integer("seed", 1, "of the damage", lower_bound=0)


def main(argv):
    """Runs the cases and prints the counts."""
    if len(argv) > 1:
        raise ValueError(f"Unexpected arguments: {argv[1:]}.")
    from tests import fuzzing

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = fuzzing.tally(
            FLAGS.cases, seed=FLAGS.seed, folder=pathlib.Path(folder)
        )
    seconds = time.perf_counter() - start
    for (kind, outcome), count in sorted(found.items()):
        print(f"{count:6,} {kind}: {outcome}")
    converted = sum(n for (_, what), n in found.items() if what == "converted")
    print(
        f"{FLAGS.cases:,} cases in {seconds:.0f} s: {converted:,} converted, "
        f"{FLAGS.cases - converted:,} refused in one line, nothing else."
    )


if __name__ == "__main__":
    cli.run(main)
