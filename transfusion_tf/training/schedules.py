"""Learning rate as a pure function of the step, so that resuming is exact."""

import math

# `step`: a tenth after one half and again after three quarters of the run.
STEP_FACTOR = 0.1
STEP_AT = (0.5, 0.75)


def _constant(progress):
    del progress
    return 1.0


def _cosine(progress):
    """Half a cosine from 1 to 0 (Loshchilov and Hutter 2017, no restarts)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def _step(progress):
    return STEP_FACTOR ** sum(progress >= at for at in STEP_AT)


SCHEDULES = {"constant": _constant, "cosine": _cosine, "step": _step}


def learning_rate(config, total_steps):
    """Returns a function step -> learning rate, for steps 0..total_steps-1.

    Args:
      config: TrainConfig.
      total_steps: optimizer steps of the whole run.

    Raises:
      ValueError: the warm-up takes the whole run.
    """
    if config.warmup_steps >= total_steps:
        raise ValueError(
            f"--warmup_steps={config.warmup_steps} must be less than the "
            f"{total_steps} steps of the run."
        )
    shape = SCHEDULES[config.schedule]
    warmup, decay = config.warmup_steps, total_steps - config.warmup_steps

    def at(step):
        if step < warmup:
            return config.learning_rate * (step + 1) / warmup
        return config.learning_rate * shape((step - warmup) / decay)

    return at
