"""Damages ten thousand files and counts what readers make of them.

    python tests/benchmarks/measure_fuzz.py [--num_inputs=10000] [--seed=1]
        [--kinds=tar,HDF5]

JPEG, PNG and other images, DICOM (also compressed), .npz, .zip, CSV and XML,
cut off or with bits turned over; and, changed by name, TIFF tags, DICOM
headers, members of .tar, links of HDF5, data cards, what vouches for shards,
and layouts of folders. Prints cases by kind and outcome, and the most that one
of each kind made the process grow by. A crash, a hang, an error that is not
one line of ValueError or a large allocation ends it, naming the case. The
suite has other cases: tests/fuzzing.py.
"""

import pathlib
import tempfile
import time

from absl import flags

from transfusion_tf import cli

FLAGS = flags.FLAGS
flags.DEFINE_integer("num_inputs", 10_000, "damaged files", lower_bound=1)
flags.DEFINE_list("kinds", None, "kinds of files (default: all)")
flags.DEFINE_integer("seed", 1, "of the damage", lower_bound=0)


def main(argv):
    """Runs the cases and prints the counts."""
    if len(argv) > 1:
        raise ValueError(f"Unexpected arguments: {argv[1:]}.")
    from tests import fuzzing

    kinds = list(fuzzing.originals())
    if unknown := set(FLAGS.kinds or ()) - set(kinds):
        raise ValueError(
            f"--kinds are {', '.join(kinds)}. Received: {min(unknown)}."
        )
    grown = {}
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = fuzzing.tally(
            FLAGS.num_inputs,
            seed=FLAGS.seed,
            folder=pathlib.Path(folder),
            kinds=FLAGS.kinds,
            grown=grown,
        )
    seconds = time.perf_counter() - start
    for (kind, outcome), count in sorted(found.items()):
        print(f"{count:6,} {kind}: {outcome}")
    for kind, most in sorted(grown.items()):
        print(f"{most / 1e6:6,.0f} MB at most {kind}")
    converted = sum(n for (_, what), n in found.items() if what == "converted")
    print(
        f"{FLAGS.num_inputs:,} inputs in {seconds:.0f} s: {converted:,} "
        f"converted, {FLAGS.num_inputs - converted:,} refused in one line, "
        f"nothing else; memory grew by at most {max(grown.values()) / 1e6:,.0f}"
        f" MB, {fuzzing.BYTES / 1e6:,.0f} MB are allowed."
    )


if __name__ == "__main__":
    cli.run(main)
