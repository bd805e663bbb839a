"""The part of the configuration that says how the weights are moved."""

import dataclasses

from transfusion_tf import names
from transfusion_tf.config.fields import GoesWith, check, setting

DEFAULT_EPOCHS = 5
# More than any training has; keeps the arithmetic of steps within 64 bits.
MAX_STEPS = 10**9
# Of cbr_tiny they take 40 GB, of resnet50 1 TB.
MAX_SNAPSHOTS = 10_000
# Each holds a copy of the network.
MAX_VIRTUAL_DEVICES = 64
# More than any machine has processors.
MAX_THREADS = 4096


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How the weights are moved."""

    batch_size: int = setting(
        32, "images a step, over all devices of all machines", at_least=1
    )
    optimizer: str = setting("adam", "optimizer", choices=names.OPTIMIZERS)
    learning_rate: float = setting(1e-3, "largest learning rate", above=0)
    momentum: float | None = setting(
        0.9,
        "momentum of --optimizer=sgd",
        goes_with=GoesWith("optimizer", ("sgd",)),
        at_least=0,
        at_most=1,
    )
    schedule: str = setting(
        "cosine",
        "learning rate over the run: cosine (to zero), constant, or step (a "
        "tenth after 1/2 and again after 3/4 of the steps)",
        choices=names.SCHEDULES,
    )
    warmup_steps: int = setting(0, "steps of linear warm-up", at_least=0)
    epochs: int | None = setting(
        None,
        "passes over the training images, which a batch may span; the steps "
        f"are rounded up (default: {DEFAULT_EPOCHS}, unless --steps is given)",
        at_least=1,
        at_most=MAX_STEPS,
    )
    steps: int | None = setting(
        None,
        "optimizer steps, instead of --epochs",
        at_least=1,
        at_most=MAX_STEPS,
    )
    eval_every: int | None = setting(
        None,
        "steps between evaluations on val; by default one follows each step "
        "that completes an epoch",
        at_least=1,
    )
    snapshots: int = setting(
        8,
        "number of log-spaced weight snapshots from step 1 to the last; the "
        "initial, best and last weights are always kept",
        at_least=0,
        at_most=MAX_SNAPSHOTS,
    )
    select_threshold: int | None = setting(
        None,
        "ordinal tasks: choose the best weights by the AUC of grade >= this, "
        "not by the mean over thresholds",
        at_least=1,
    )
    freeze_through: str | None = setting(
        None,
        "keep the stages up to this one as they start (batch norm in "
        "inference mode): for the whole run, or until --unfreeze_at",
    )
    unfreeze_at: int | None = setting(
        None,
        "step from which the frozen stages are trained too, with a fresh "
        "optimizer; --schedule and --warmup_steps begin there",
        goes_with=GoesWith("freeze_through"),
        at_least=1,
    )
    frozen_learning_rate: float | None = setting(
        None,
        "constant learning rate before --unfreeze_at (default: "
        "--learning_rate)",
        goes_with=GoesWith("unfreeze_at"),
        above=0,
    )
    strategy: str = setting(
        "auto",
        "tf.distribute strategy; auto: mirrored where there are several "
        "GPUs; multi_worker: on all machines of TF_CONFIG or SLURM",
        choices=names.STRATEGIES,
    )
    batch_norm: str = setting(
        "synchronized",
        "batch norm on several devices: synchronized (over the whole batch, as "
        "on one device) or per_replica (each device normalizes its part; the "
        "running statistics are averaged)",
        choices=names.BATCH_NORMS,
    )
    num_virtual_devices: int | None = setting(
        None,
        "split the CPU into this many devices, to try --strategy=mirrored",
        goes_with=GoesWith("strategy", ("mirrored",)),
        at_least=1,
        at_most=MAX_VIRTUAL_DEVICES,
    )
    num_threads: int | None = setting(
        None,
        "threads that an operation of TensorFlow may use; sums of floats "
        "depend on it, so a run is continued with the same number (default: "
        "left to TensorFlow, one a processor)",
        at_least=1,
        at_most=MAX_THREADS,
    )

    def __post_init__(self):
        check(self)
        if self.epochs is not None and self.steps is not None:
            raise ValueError(
                f"Give --epochs or --steps, not both. Received: "
                f"--epochs={self.epochs} --steps={self.steps}"
            )
        if self.epochs is None and self.steps is None:
            object.__setattr__(self, "epochs", DEFAULT_EPOCHS)
