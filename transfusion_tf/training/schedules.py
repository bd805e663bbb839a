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

    Before `config.unfreeze_at` the rate is constant; warm-up and schedule
    cover the steps from there on.

    Args:
      config: TrainConfig.
      total_steps: optimizer steps of the whole run.

    Raises:
      ValueError: the frozen steps or the warm-up take the whole run.
    """
    frozen, warmup = config.unfreeze_at or 0, config.warmup_steps
    if frozen >= total_steps:
        raise ValueError(
            f"--unfreeze_at={frozen} must be less than the {total_steps} steps "
            "of the run; leave it out to keep the stages frozen."
        )
    if warmup >= total_steps - frozen:
        raise ValueError(
            f"--warmup_steps={warmup} must be less than the "
            f"{total_steps - frozen} steps of the run"
            + (f" after --unfreeze_at={frozen}." if frozen else ".")
        )
    shape = SCHEDULES[config.schedule]
    decay = total_steps - frozen - warmup
    frozen_rate = config.frozen_learning_rate or config.learning_rate

    def at(step):
        """Learning rate of a step, from 0: frozen, warming up, decaying."""
        if step < frozen:
            return frozen_rate
        step -= frozen
        if step < warmup:
            return config.learning_rate * (step + 1) / warmup
        return config.learning_rate * shape((step - warmup) / decay)

    return at
