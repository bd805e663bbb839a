"""Measures how the memory of a training grows with its steps.

    python tests/benchmarks/measure_memory_growth.py --steps=10000 ...

A training of a small network, as train.py makes it with the flags given, into
a directory that is removed again. Prints the resident memory (RSS) of the
process along the steps, and at the end its growth after the first tenth of
them, of which there is to be less than MAX_GROWTH_MB.
"""

import pathlib
import tempfile
import time

import numpy as np
from absl import flags

from transfusion_tf import cli
from transfusion_tf.config import flags as config_flags
from transfusion_tf.process import quiet

CONFIG_FLAGS = tuple(config_flags.run.flag_fields())
DEFAULTS = {
    "model": "cbr_tiny",
    "image_size": 32,
    "batch_size": 8,
    "steps": 10_000,
    "eval_every": 1_000_000,
    "num_threads": 1,
}
MAX_GROWTH_MB = 20
LINES = 40  # Printed over the training.
flags.adopt_module_key_flags(config_flags)


def main(argv):
    """Trains and prints; exits with 1 where the memory grows too much."""
    del argv
    given = {n for n in CONFIG_FLAGS if flags.FLAGS[n].present}
    defaults = {k: v for k, v in DEFAULTS.items() if k not in given}
    config = config_flags.from_flags(**defaults)
    quiet.start_tensorflow()

    from transfusion_tf import experiment
    from transfusion_tf.training import step

    found, began = [], time.monotonic()
    take = step.TrainStep.__call__
    every = max(1, config.train.steps // LINES)

    def measured(self, batch, *, step, learning_rate):
        """Takes the step, and notes the memory now and then."""
        if step % every == 0:
            found.append((step, _resident_mb()))
            seconds = time.monotonic() - began
            print(
                f"step {step:6d}  {found[-1][1]:8.1f} MB  {seconds:6.0f} s",
                flush=True,
            )
        return take(self, batch, step=step, learning_rate=learning_rate)

    step.TrainStep.__call__ = measured
    with tempfile.TemporaryDirectory() as folder:
        experiment.train(config, run_dir=f"{folder}/run")
    steps, sizes = np.array(found).T
    late = sizes[steps >= config.train.steps / 10]
    growth = late.max() - late[0]
    print(f"growth after the first tenth: {growth:.1f} MB")
    return int(growth > MAX_GROWTH_MB)


def _resident_mb():
    """Resident memory of this process in megabytes."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the system does not tell the resident memory")


if __name__ == "__main__":
    cli.run(main)
