"""Learning rate as a pure function, so that resuming is exact.

Of the step and, for `plateau`, of the evaluations so far.
"""

import math

from transfusion_tf.training import stopping

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


SCHEDULES = {
    "constant": _constant,
    "cosine": _cosine,
    "plateau": _constant,  # But for what the evaluations say.
    "step": _step,
}


def learning_rate(config, total_steps):
    """Returns a function (step, rows) -> learning rate.

    Steps are 0..total_steps-1; rows are the evaluations before the step, of
    which `plateau` alone takes note, and of those after the warm-up only.
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

    def at(step, rows=()):
        """Learning rate of a step, from 0: frozen, warming up, decaying."""
        if step < frozen:
            return frozen_rate
        step -= frozen
        if step < warmup:
            return config.learning_rate * (step + 1) / warmup
        rate = config.learning_rate * shape((step - warmup) / decay)
        if config.schedule != "plateau":
            return rate
        found = stopping.plateaus(
            rows, patience=config.plateau_patience, after=frozen + warmup
        )
        return rate * config.plateau_factor**found

    return at
