"""The configuration of one run: frozen, checked when built, JSON in and out.

Each field is written once, here, with its default, its meaning and its flag;
config_flags.py derives the command line from the fields.
"""

import dataclasses
import pathlib

from transfusion_tf import names
from transfusion_tf.config_fields import at_least, flag_name, positive, setting
from transfusion_tf.init_config import InitConfig

DEFAULT_EPOCHS = 5
DEFAULT_SLIM_WIDTH = 0.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which images a network is trained on."""

    dataset: str = setting(
        "synthetic_fundus",
        "records directory, or one of the data sets that are made on first "
        f"use: {', '.join(names.SYNTHETIC)}",
    )
    image_size: int | None = setting(
        None,
        "side in pixels that the network sees; by default that of the records "
        "(64 for the data sets that are made, which are made at this size)",
    )
    train_size: int | None = setting(
        None,
        "number of training images (nested, stratified; patients stay whole, "
        "so it may be some images more or less); by default all",
    )
    subset_seed: int = setting(0, "seed of the choice that --train_size makes")
    augment: tuple[str, ...] = setting(
        (),
        "augmentations of training images, separated by commas: "
        f"{', '.join(names.AUGMENTATIONS)}",
    )

    def __post_init__(self):
        object.__setattr__(self, "augment", tuple(self.augment))
        for name in self.augment:
            names.check("augmentation", name, names.AUGMENTATIONS)
        at_least(self, 1, "image_size", "train_size")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Which network is trained."""

    name: str = setting(
        "cbr_small", "network", flag="model", choices=names.MODELS
    )
    bn_momentum: float = setting(
        0.9,
        "momentum of batch norm's running statistics; Keras' own 0.99 lags "
        "behind in short trainings",
    )
    input_scaling: str = setting(
        "auto",
        "how pixel values 0..255 enter the network; auto: as the weights need "
        "it (those of --weights, else the network's ImageNet weights)",
        choices=("auto", *names.INPUT_SCALINGS),
    )
    slim_from: str | None = setting(
        None,
        "*_slim networks: the first stage that is made narrower (default: "
        "block3, or conv3 of the CBR family)",
    )
    slim_width: float | None = setting(
        None,
        "*_slim networks: fraction of the width from that stage on "
        f"(default: {DEFAULT_SLIM_WIDTH})",
    )

    def __post_init__(self):
        names.check("model", self.name, names.MODELS)
        names.check(
            "input scaling",
            self.input_scaling,
            ("auto", *names.INPUT_SCALINGS),
        )
        if not 0 <= self.bn_momentum < 1:
            raise ValueError(
                f"--bn_momentum must be in [0, 1). Received: {self.bn_momentum}"
            )

    @property
    def build_options(self):
        """Keyword arguments of zoo.build, besides outputs and image size."""
        return {
            "bn_momentum": self.bn_momentum,
            "input_scaling": self.input_scaling,
            "slim_from": self.slim_from,
            "slim_width": self.slim_width,
        }


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How the weights are moved."""

    batch_size: int = setting(32, "images a step, over all devices")
    optimizer: str = setting("adam", "optimizer", choices=names.OPTIMIZERS)
    learning_rate: float = setting(1e-3, "largest learning rate")
    momentum: float = setting(0.9, "momentum of --optimizer=sgd")
    schedule: str = setting(
        "cosine",
        "learning rate over the run: cosine (to zero), constant, or step (a "
        "tenth after 1/2 and again after 3/4 of the steps)",
        choices=names.SCHEDULES,
    )
    warmup_steps: int = setting(0, "steps of linear warm-up")
    epochs: int | None = setting(
        None,
        "passes over the training images, which a batch may span; the steps "
        f"are rounded up (default: {DEFAULT_EPOCHS}, unless --steps is given)",
    )
    steps: int | None = setting(None, "optimizer steps, instead of --epochs")
    eval_every: int | None = setting(
        None,
        "steps between evaluations on val; by default one follows each step "
        "that completes an epoch",
    )
    snapshots: int = setting(
        8,
        "number of log-spaced weight snapshots from step 1 to the last; the "
        "initial, best and last weights are always kept",
    )
    select_threshold: int | None = setting(
        None,
        "ordinal tasks: choose the best weights by the AUC of grade >= this, "
        "not by the mean over thresholds",
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
    )
    frozen_learning_rate: float | None = setting(
        None,
        "constant learning rate before --unfreeze_at (default: "
        "--learning_rate)",
    )
    strategy: str = setting(
        "auto",
        "tf.distribute strategy; auto: mirrored where there are several "
        "GPUs, over as many of them as divide --batch_size",
        choices=names.STRATEGIES,
    )
    num_virtual_devices: int | None = setting(
        None, "split the CPU into this many devices, to try --strategy=mirrored"
    )

    def __post_init__(self):
        names.check("optimizer", self.optimizer, names.OPTIMIZERS)
        names.check("schedule", self.schedule, names.SCHEDULES)
        names.check("strategy", self.strategy, names.STRATEGIES)
        if self.epochs is not None and self.steps is not None:
            raise ValueError(
                f"Give --epochs or --steps, not both. Received: "
                f"--epochs={self.epochs} --steps={self.steps}"
            )
        if self.epochs is None and self.steps is None:
            object.__setattr__(self, "epochs", DEFAULT_EPOCHS)
        at_least(self, 1, "batch_size", "epochs", "steps", "eval_every")
        at_least(self, 1, "num_virtual_devices", "select_threshold")
        at_least(self, 1, "unfreeze_at")
        at_least(self, 0, "warmup_steps", "snapshots", "momentum")
        positive(self, "learning_rate", "frozen_learning_rate")
        self._check_freezing()

    def _check_freezing(self):
        for name, needs in (
            ("unfreeze_at", "freeze_through"),
            ("frozen_learning_rate", "unfreeze_at"),
        ):
            if getattr(self, name) is not None and getattr(self, needs) is None:
                raise ValueError(
                    f"--{name} goes with --{needs}. Received: "
                    f"--{name}={getattr(self, name)} alone"
                )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunConfig:
    """One training: data, network, start, optimization and one seed."""

    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    init: InitConfig = dataclasses.field(default_factory=InitConfig)
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)
    seed: int = setting(
        0, "seed of the initial weights, the order and the augmentation"
    )

    def __post_init__(self):
        at_least(self, 0, "seed")

    @property
    def run_name(self):
        """The default name of the run: dataset-model-init-seedN."""
        dataset = pathlib.Path(self.data.dataset).resolve().name
        return f"{dataset}-{self.model.name}-{self.init.scheme}-seed{self.seed}"

    def to_json(self):
        """Nested dictionaries of plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value):
        """The inverse of `to_json`; ValueError names an unknown setting."""
        parts = {
            name: part(**_known(part, value.get(name, {})))
            for name, part in PARTS.items()
        }
        return cls(**parts, seed=value.get("seed", 0))

    @classmethod
    def from_flags_dict(cls, values):
        """Builds from {flag name: value}, e.g. {"model": "cbr_tiny"}."""
        known = flag_fields()
        for name in values:
            names.check("setting", name, sorted(known))
        parts = {name: {} for name in (*PARTS, None)}
        for name, value in values.items():
            part, field = known[name]
            parts[part][field.name] = value
        top = parts.pop(None)
        return cls(
            **{name: PARTS[name](**part) for name, part in parts.items()}, **top
        )


PARTS = {
    "data": DataConfig,
    "model": ModelConfig,
    "init": InitConfig,
    "train": TrainConfig,
}


def flag_fields():
    """{flag name: (name of the part or None, dataclass field)}."""
    found = {
        flag_name(field): (name, field)
        for name, part in PARTS.items()
        for field in dataclasses.fields(part)
    }
    seed = RunConfig.__dataclass_fields__["seed"]
    return {**found, "seed": (None, seed)}


def _known(part, values):
    fields = {field.name for field in dataclasses.fields(part)}
    for name in values:
        names.check(f"{part.__name__} field", name, sorted(fields))
    return values
