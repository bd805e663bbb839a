"""Floating types and XLA of a training step (--precision, --jit).

A network is made, kept and evaluated in float32. Mixed precision is what its
layers compute in while a step is traced: weights, gradients, the scaling of the
input, the head, the loss and the statistics of batch norm stay float32.
Micikevicius et al., 2018 (arXiv:1710.03740).
"""

import contextlib
import pathlib

import keras
import tensorflow as tf
from absl import logging

from transfusion_tf.models import scaling

# What processors and GPUs (by compute capability) compute with.
_PROCESSOR_FLAGS = {
    "mixed_bfloat16": {"avx512_bf16", "amx_bf16"},
    "mixed_float16": {"avx512_fp16", "amx_fp16"},
}
_CAPABILITIES = {"mixed_bfloat16": (8, 0), "mixed_float16": (7, 0)}
_IN_FLOAT32 = (
    keras.layers.InputLayer,
    keras.layers.Normalization,
    keras.layers.Rescaling,
    scaling.InputScaling,
)


@contextlib.contextmanager
def computing(model, precision):
    """Lets a model compute in `precision` where it is called in the block.

    Args:
      model: Keras model of one level, made in float32.
      precision: one of names.PRECISIONS.
    """
    layers = []
    if precision != "float32":
        head = model.outputs[0]._keras_history.operation
        layers = [
            layer
            for layer in model.layers
            if layer is not head and not isinstance(layer, _IN_FLOAT32)
        ]
    before = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = precision
        yield
    finally:
        for layer, policy in zip(layers, before, strict=True):
            layer.dtype_policy = policy


class GradientScale:
    """What keeps small gradients of float16 from becoming zero, or nothing.

    The loss is multiplied by a number, and the gradients are divided by it; it
    is halved, and the step left out, where one of them is not finite, and
    doubled after 2000 steps without that.

    Args:
      optimizer: Keras optimizer, built.
      precision: one of names.PRECISIONS.
      variables: those that the optimizer moves.

    Attributes:
      variables: beyond those of the optimizer.
    """

    def __init__(self, optimizer, precision, variables):
        self._optimizer, self.variables = optimizer, []
        self._scales = precision == "mixed_float16"
        if self._scales:
            self._optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
            self._optimizer.build(variables)
            known = {id(variable) for variable in optimizer.variables}
            self.variables = [
                variable
                for variable in self._optimizer.variables
                if id(variable) not in known
            ]

    def scaled(self, loss):
        """The loss to take gradients of."""
        return self._optimizer.scale_loss(loss) if self._scales else loss

    def apply(self, gradients, variables):
        """Moves the variables by gradients of what `scaled` gave."""
        self._optimizer.apply(gradients, variables)


def uses_xla(config, strategy, layers=()):
    """Whether the steps of a TrainConfig are compiled by XLA.

    XLA has no gradient of max pooling that is the same each time, which the
    deterministic operations of a run are: it fails at the first step.

    Args:
      config: TrainConfig.
      strategy: tf.distribute strategy.
      layers: of the network, as far as it is known.

    Raises:
      ValueError: they are to be, and cannot be.
    """
    pools = [x for x in layers if isinstance(x, keras.layers.MaxPooling2D)]
    if config.jit == "on" and pools:
        raise ValueError(
            "--jit=on: XLA has no repeatable gradient of max pooling, which "
            f"this network has ({pools[0].name}). Give --jit=off, or a network "
            "without, such as mobilenet_v3_small."
        )
    several = strategy.num_replicas_in_sync > 1
    if config.jit == "on" and several:
        raise ValueError(
            "--jit=on goes with one device: the devices exchange sums within "
            "a step. Give --strategy=one_device, or --jit=off."
        )
    has_gpu = "GPU" in strategy.extended.worker_devices[0].upper()
    return config.jit == "on" or (
        config.jit == "auto" and has_gpu and not several and not pools
    )


def compiled(function, is_compiled):
    """A function of tensors, compiled by XLA or as it is."""
    if not is_compiled:
        return function
    return tf.function(
        function, jit_compile=True, autograph=False, reduce_retracing=True
    )


def warn_of_hardware(precision, strategy):
    """Warns where the devices do not compute in `precision` by themselves."""
    if precision == "float32":
        return
    device = strategy.extended.worker_devices[0]
    if "GPU" in device.upper():
        has_it = _capability() >= _CAPABILITIES[precision]
    else:
        has_it = bool(_PROCESSOR_FLAGS[precision] & _processor_flags())
    if not has_it:
        logging.warning(
            "--precision=%s: this %s has no instructions for it, so that it "
            "is no faster than float32, and may be far slower; leave it out.",
            precision,
            "GPU" if "GPU" in device.upper() else "processor",
        )


def _capability():
    gpus = tf.config.list_physical_devices("GPU")
    about = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    return about.get("compute_capability", (0, 0))


def _processor_flags():
    """What /proc/cpuinfo says of the first processor, a set of words."""
    with contextlib.suppress(OSError):
        text = pathlib.Path("/proc/cpuinfo").read_text()
        for line in text.splitlines():
            name, _, words = line.partition(":")
            if name.strip() in ("flags", "Features"):
                return set(words.split())
    return set()
