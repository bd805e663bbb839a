"""Trains on one virtual device and on three, in a process of its own.

    python tests/training/three_devices.py

Prints a line of JSON for each: the losses of the steps, weights and averages
after them, as sums of squares. The options are those that devices could compute
each in its own way.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

from transfusion_tf.config.run import TrainConfig
from transfusion_tf.training import distribution, step

OPTIONS = {
    "optimizer": "sgd",
    "weight_decay": 0.1,
    "clip_norm": 0.1,
    "ema_momentum": 0.8,
}
BATCH = 12


def main():
    """Prints both lines."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * 3
    tf.config.set_logical_device_configuration(cpu, parts)
    keras.config.set_floatx("float64")
    one = tf.distribute.OneDeviceStrategy("/cpu:0")
    three = tf.distribute.MirroredStrategy(
        [f"/cpu:{index}" for index in range(3)],
        cross_device_ops=tf.distribute.ReductionToOneDevice(),
    )
    for strategy in (one, three):
        print(json.dumps(train(strategy)))
    sys.stdout.flush()


def train(strategy):
    """[losses, weights, averages] of a few steps."""
    rng = np.random.default_rng(0)
    images = tf.constant(rng.normal(size=(BATCH, 2, 2, 3)))
    batch = {"image": images, "label": tf.constant([0, 1, 1] * 4)}
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = keras.Sequential(
            [
                keras.Input((2, 2, 3)),
                keras.layers.Flatten(),
                keras.layers.Dense(5),
                keras.layers.BatchNormalization(),
                keras.layers.Dense(2),
            ]
        )
    distribution.set_batch_norm(strategy, model, "synchronized")
    taken = step.TrainStep(
        strategy,
        model,
        "multiclass",
        TrainConfig(batch_size=BATCH, steps=9, **OPTIONS),
        loss_weights=[1.4, 0.8],
    )
    batches = tf.data.Dataset.from_tensors(batch).repeat(3)
    losses = [
        float(taken(part, step=number, learning_rate=0.05))
        for number, part in enumerate(
            strategy.experimental_distribute_dataset(batches)
        )
    ]
    with taken.averaged():
        averages = sums(model)
    return losses, sums(model), averages


def sums(model):
    """The sum of squares of each variable of a model."""
    return [float((v.numpy() ** 2).sum()) for v in model.variables]


if __name__ == "__main__":
    main()
