"""Trains on one device and on several; prints the losses.

    python tests/shared_batches.py RECORDS float64 50 sgd synchronized 1 2

50 is the number of steps, 1 and 2 are numbers of logical CPUs. Prints a JSON
list with the losses of each of these numbers, and one of what is then the
running mean of the first batch norm on each device.
"""

import dataclasses
import json
import sys

import keras
import tensorflow as tf

from transfusion_tf.config.run import RunConfig
from transfusion_tf.training import distribution, setup, step

BATCH_SIZE = 7  # Neither two nor three devices divide it.
NUM_IMAGES = 53  # Nor does it, or anything, divide the images of an epoch.


def train(prepared, devices):
    """(Losses, running means on the devices) of a RunSetup on these devices."""
    strategy = tf.distribute.OneDeviceStrategy(devices[0])
    if len(devices) > 1:
        across = tf.distribute.ReductionToOneDevice()
        strategy = tf.distribute.MirroredStrategy(devices, across)
    prepared = dataclasses.replace(prepared, strategy=strategy)
    keras.utils.set_random_seed(0)
    backbone, _ = prepared.initial_backbone()
    config = prepared.config.train
    take = step.TrainStep(strategy, backbone.model, prepared.task, config)
    batches = distribution.distribute(
        strategy, prepared.training_batches(0), config.steps
    )
    losses = []
    for number, batch in enumerate(batches):
        rate = prepared.learning_rate(number)
        losses.append(float(take(batch, step=number, learning_rate=rate)))
    mean = distribution.batch_norms(backbone.model)[0].moving_mean.value
    means = strategy.experimental_local_results(mean)
    return losses, [value.numpy().tolist() for value in means]


def main(records, floatx, steps, optimizer, batch_norm, *counts):
    """Trains once for each of `counts` devices."""
    keras.config.set_floatx(floatx)
    counts = list(map(int, counts))
    cpu = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * max(counts)
    tf.config.set_logical_device_configuration(cpu, parts)
    settings = {
        "dataset": records,
        "model": "cbr_tiny",
        "truncate_at": "conv2",  # To trace more layers would show no more.
        "batch_size": BATCH_SIZE,
        "train_size": NUM_IMAGES,
        "steps": int(steps),
        "optimizer": optimizer,
    }
    config = RunConfig.from_flags_dict(settings)
    prepared = setup.RunSetup.prepare(config)
    # Of one device it would be refused.
    train_config = dataclasses.replace(config.train, batch_norm=batch_norm)
    config = dataclasses.replace(prepared.config, train=train_config)
    prepared = dataclasses.replace(prepared, config=config)
    devices = [f"/cpu:{index}" for index in range(max(counts))]
    found = [train(prepared, devices[:count]) for count in counts]
    print(json.dumps(list(zip(*found, strict=True))))


if __name__ == "__main__":
    main(*sys.argv[1:])
