"""Measures training from records against the same step on a batch in memory.

    python tests/benchmarks/measure_training.py [--dataset=DIR] [--model=MODEL]

Prints images per second of both, the median of several rounds in turn, and
their ratio; the design asks for at least 0.95.
"""

import itertools
import statistics
import time

from absl import flags

from transfusion_tf import cli, config_flags, quiet

ROUNDS = 5
STEPS = 20

flags.adopt_module_key_flags(config_flags)


def main(argv):
    """Trains in turn from records and from memory."""
    del argv
    config = config_flags.from_flags()
    quiet.start_tensorflow()

    from transfusion_tf.job import Job
    from transfusion_tf.training import step

    job = Job.prepare(config)
    backbone, _ = job.initial_backbone()
    train = step.TrainStep(
        job.strategy, backbone.model, job.task, job.config.train
    )
    batches = iter(job.training_batches(0))
    batch = next(batches)
    for _ in range(STEPS):
        train(batch, step=0, learning_rate=1e-3)
    speeds = {"records": [], "memory": []}
    for _ in range(ROUNDS):
        speeds["records"].append(_speed(train, batches))
        speeds["memory"].append(_speed(train, itertools.repeat(batch)))
    found = {name: statistics.median(values) for name, values in speeds.items()}
    for name, value in found.items():
        print(f"{name}: {value:.0f} images/s")
    ratios = [a / b for a, b in zip(*speeds.values(), strict=True)]
    print(f"ratio: {statistics.median(ratios):.3f}")


def _speed(train, batches):
    """Images per second over STEPS steps."""
    start = time.perf_counter()
    for batch in itertools.islice(batches, STEPS):
        loss = train(batch, step=0, learning_rate=1e-3)
    float(loss)  # Waits for the device.
    return STEPS * train.batch_size / (time.perf_counter() - start)


if __name__ == "__main__":
    cli.run(main)
