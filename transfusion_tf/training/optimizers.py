"""Keras optimizers as a TrainConfig asks for them."""

import contextlib

import keras

from transfusion_tf.training import adam


def make(config):
    """The optimizer of a TrainConfig; the loop sets its learning rate.

    Weight decay is decoupled for each optimizer that has it (Loshchilov and
    Hutter 2019, arXiv:1711.05101): a step first takes learning rate times
    decay of a weight away from it. The moving average of the weights begins
    with those after the first step.
    """
    kind, options = adam.Adam, {}
    if config.optimizer == "sgd":
        kind, options = keras.optimizers.SGD, {"momentum": config.momentum}
    elif config.optimizer == "adamw":
        kind = adam.AdamW
    if config.weight_decay is not None:
        options["weight_decay"] = config.weight_decay
    if config.clip_norm is not None:
        options["global_clipnorm"] = config.clip_norm
    if config.ema_momentum is not None:
        options |= {"use_ema": True, "ema_momentum": config.ema_momentum}
    return kind(config.learning_rate, **options)


def build(optimizer, variables):
    """Makes what an optimizer keeps of the `variables`, within their strategy.

    No decay takes effect on biases, nor on what norms scale and shift by: all
    that has fewer than two axes.
    """
    spared = [v for v in variables if len(v.shape) < 2]
    optimizer.exclude_from_weight_decay(var_list=spared)
    optimizer.build(variables)


@contextlib.contextmanager
def averaged(optimizer, variables):
    """Within the block, `variables` are their moving averages.

    Then they are again, bit for bit, what the training goes on with.

    Args:
      optimizer: one with a moving average, built with `variables`, that has
        taken a step.
      variables: Keras variables.
    """
    raw = [variable.numpy() for variable in variables]
    optimizer.finalize_variable_values(variables)
    try:
        yield
    finally:
        for variable, value in zip(variables, raw, strict=True):
            variable.assign(value)
