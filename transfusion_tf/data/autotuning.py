"""Datasets without tf.data's autotuning, whose end keeps a process waiting.

A thread of each iterator tunes buffers and parallel calls, ever less often: it
sleeps as long as the iterator has lived, up to a minute. An iterator that is
closed waits for it (TensorFlow 2.21): after a training of 20 s, 18 s were seen.
There is little to tune here: as many calls are parallel as there are cores, and
prefetching finds its own buffer.
"""

import tensorflow as tf


def off(dataset):
    """The tf.data.Dataset as it is, and what is made of it, without tuning."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
