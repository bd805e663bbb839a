"""Training steps on a batch in memory, timed.

They are those of a run (gradient, Adam, one compiled function), without what
reads images.
"""

import time

import keras
import numpy as np
import tensorflow as tf

from transfusion_tf.models import zoo

_NUM_CLASSES = 2
_WARM = 2  # Steps, the first of which is traced.


def measure(model, image_size, batch_size, *, seconds):
    """Trains for some seconds and returns how fast that was.

    Args:
        model: one of names.MODELS.
        image_size: side of the images in pixels.
        batch_size: images a step.
        seconds: how long, after what it takes to trace the step.

    Returns:
        {"model", "image_size", "batch_size", "images_per_second", "loss" (the
        last one)}.
    """
    step = _step(model, image_size)
    rng = np.random.default_rng(0)
    shape = (batch_size, image_size, image_size, 3)
    images = tf.constant(rng.uniform(0, 255, shape).astype(np.float32))
    labels = tf.constant(rng.integers(0, _NUM_CLASSES, batch_size))
    for _ in range(_WARM):
        float(step(images, labels))
    start, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - start) < seconds or not done:
        loss = float(step(images, labels))  # Waits for the device.
        done += 1
    passed = time.perf_counter() - start
    return {
        "model": model,
        "image_size": image_size,
        "batch_size": batch_size,
        "images_per_second": done * batch_size / passed,
        "loss": loss,
    }


def _step(name, image_size):
    """A compiled function of (images, labels): a step, and its loss."""
    model = zoo.build(
        name, num_outputs=_NUM_CLASSES, image_size=image_size
    ).model
    variables = list(model.trainable_variables)
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(variables)

    @tf.function(autograph=False)
    def step(images, labels):
        """Takes one step of Adam."""
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels, logits
            )
            loss = tf.reduce_mean(losses)
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    return step
