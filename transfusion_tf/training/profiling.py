"""Where the time of training steps goes (--profile)."""

import itertools
import statistics
import time

import tensorflow as tf

from transfusion_tf.process import silence
from transfusion_tf.training import distribution

WARM_UP_STEPS = 3  # The first traces, the second still allocates.
PARTS = ("input", "forward", "backward", "update", "host")
COLUMNS = ("part", "milliseconds", "share")


def measure(strategy, take_step, batches, *, steps, trace_dir):
    """Times `steps` steps, in parts, and writes a trace of as many.

    The parts are differences of what is timed in turn, once a round: the loss
    alone, loss and gradients, the compiled step, the step as the training calls
    it, each on a batch in memory, and the step on a batch that is read. The
    weights are moved by it.

    Args:
      strategy: tf.distribute strategy.
      take_step: TrainStep.
      batches: endless tf.data.Dataset of the training.
      steps: rounds, of which the medians count.
      trace_dir: directory of the trace, which TensorBoard shows.

    Returns:
      Rows, dicts with the keys COLUMNS, for PARTS, which add up to the row
      "step", and "input_alone": to read a batch while nothing else is done.
    """
    # The batch in memory, those of rounds and trace, and those read alone.
    reads = 1 + WARM_UP_STEPS + 3 * steps
    iterator = iter(distribution.distribute(strategy, batches, reads))
    batch = next(iterator)
    forward, backward, update = take_step.compiled_parts()

    def trained(one):
        """The step as the training takes it; returns the loss."""
        return take_step(one, step=0, learning_rate=0.0)

    timed = {
        "forward": lambda: forward(batch),
        "backward": lambda: backward(batch),
        "update": lambda: update(batch),
        "host": lambda: trained(batch),
        "input": lambda: trained(next(iterator)),
    }
    found = {name: [] for name in timed}
    for number in range(WARM_UP_STEPS + steps):
        for name, function in timed.items():
            seconds = _seconds(function)
            if number >= WARM_UP_STEPS:
                found[name].append(seconds)
    with silence.of_stderr:
        tf.profiler.experimental.start(str(trace_dir))
    for number in range(steps):
        with tf.profiler.experimental.Trace("step", step_num=number, _r=1):
            trained(next(iterator))
    tf.test.experimental.sync_devices()
    with silence.of_stderr:
        tf.profiler.experimental.stop()
    alone = [_seconds(lambda: next(iterator)) for _ in range(steps)]
    return _rows(found, alone)


def _seconds(function):
    """Seconds of a call until the devices are done with it."""
    began = time.perf_counter()
    function()
    tf.test.experimental.sync_devices()
    return time.perf_counter() - began


def _rows(found, alone):
    """The rows of `measure`, of lists of seconds."""
    medians = {name: statistics.median(each) for name, each in found.items()}
    ends = [0.0, *medians.values()]
    spent = {
        name: end - start
        for name, (start, end) in zip(
            medians, itertools.pairwise(ends), strict=True
        )
    }
    spent = {part: spent[part] for part in PARTS}
    spent["step"] = medians["input"]
    spent["input_alone"] = statistics.median(alone)
    return [
        {
            "part": part,
            "milliseconds": round(1000 * seconds, 3),
            "share": round(seconds / spent["step"], 4),
        }
        for part, seconds in spent.items()
    ]
