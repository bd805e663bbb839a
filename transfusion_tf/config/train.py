"""The part of the configuration that says how the weights are moved."""

import dataclasses

from transfusion_tf import names
from transfusion_tf.config import weights
from transfusion_tf.config.fields import GoesWith, check, setting

DEFAULT_EPOCHS = 5
DEFAULT_WEIGHT_DECAY = 0.004  # That of keras.optimizers.AdamW.
# More than any training has; keeps the arithmetic of steps within 64 bits.
MAX_STEPS = 10**9
# Of cbr_tiny they take 40 GB, of resnet50 1 TB.
MAX_SNAPSHOTS = 10_000
# Each holds a copy of the network.
MAX_VIRTUAL_DEVICES = 64
# More than any machine has processors.
MAX_THREADS = 4096

_PLATEAU = GoesWith("schedule", ("plateau",))


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
    weight_decay: float | None = setting(
        None,
        "decoupled weight decay of --optimizer=adamw or sgd, times the "
        "learning rate a step; not on biases nor on what norms scale and shift "
        f"by (default of adamw: {DEFAULT_WEIGHT_DECAY}; of sgd: none)",
        goes_with=GoesWith("optimizer", ("adamw", "sgd")),
        above=0,
    )
    clip_norm: float | None = setting(
        None,
        "largest norm of the gradient of all weights together; a longer one "
        "is shortened to it (default: not)",
        above=0,
    )
    ema_momentum: float | None = setting(
        None,
        "momentum of a moving average of the weights, such as 0.999: what is "
        "evaluated and saved is the average (default: the weights themselves)",
        above=0,
        below=1,
    )
    schedule: str = setting(
        "cosine",
        "learning rate over the run: cosine (to zero), constant, plateau "
        "(times --plateau_factor where --plateau_patience evaluations in a row "
        "bring no better validation AUC), or step (a tenth after 1/2 and again "
        "after 3/4 of the steps)",
        choices=names.SCHEDULES,
    )
    plateau_factor: float | None = setting(
        0.1,
        "--schedule=plateau: what the learning rate is multiplied by",
        goes_with=_PLATEAU,
        above=0,
        below=1,
    )
    plateau_patience: int | None = setting(
        5,
        "--schedule=plateau: evaluations in a row without a better AUC that "
        "make a plateau",
        goes_with=_PLATEAU,
        at_least=1,
    )
    early_stopping: int | None = setting(
        None,
        "end the training when this many evaluations in a row have brought no "
        "better validation AUC (default: train for all steps); such runs "
        "cannot be compared by how soon they converge",
        at_least=1,
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
    train_auc: int | None = setting(
        None,
        "how many training images, chosen by the seed, are scored as well at "
        "each evaluation, without augmentation: their AUC beside that of val "
        "shows how far the network learns them by heart (default: none)",
        at_least=2,
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
    class_weights: tuple[str, ...] = setting(
        (),
        "weights of the classes (or grades) in the training loss: balanced "
        "(inverse to their number of training images), or a number for each, "
        "separated by commas; scaled to a mean of 1 over the training images",
    )
    positive_weights: tuple[str, ...] = setting(
        (),
        "multilabel tasks: how many times as much as a negative a positive of "
        "a label weighs in the training loss: balanced (negatives / positives "
        "of the training images), or a number for each label, separated by "
        "commas; scaled to a mean of 1 over the labels that are there",
    )
    head_bias: str = setting(
        "zero",
        "bias of the logits at the start; prior: the network begins with the "
        "(weighted) shares of the classes or labels in the training images",
        choices=names.HEAD_BIASES,
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
    precision: str = setting(
        "float32",
        "floating type that the layers compute in during a step; weights, "
        "head, loss and evaluations are float32 in any case",
        choices=names.PRECISIONS,
    )
    jit: str = setting(
        "off",
        "compile the steps by XLA; auto: on a GPU, where it is the only one",
        choices=("off", "on", "auto"),
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
        if self.optimizer == "adamw" and self.weight_decay is None:
            object.__setattr__(self, "weight_decay", DEFAULT_WEIGHT_DECAY)
        self._check_weights()

    def _check_weights(self):
        for name in ("class_weights", "positive_weights"):
            parsed = weights.parse(name, getattr(self, name))
            if parsed == weights.BALANCED and self.head_bias == "prior":
                raise ValueError(
                    f"--head_bias=prior does nothing with --{name}="
                    f"{weights.BALANCED}, which gives all the same share of "
                    "the loss; leave one of them out."
                )
