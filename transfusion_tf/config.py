"""The configuration of one run: frozen, checked when built, JSON in and out.

Each field is written once, here, with its default, its meaning and its flag;
config_flags.py derives the command line from the fields.
"""

import dataclasses
import pathlib

from transfusion_tf import names

DEFAULT_EPOCHS = 5


def _setting(default, meaning, *, flag=None, choices=None):
    """A field with the text of its flag; `flag` where the name differs."""
    return dataclasses.field(
        default=default,
        metadata={"help": meaning, "flag": flag, "choices": choices},
    )


def flag_name(field):
    """The command-line name of a configuration field."""
    return field.metadata["flag"] or field.name


def _at_least(config, minimum, *fields):
    for name in fields:
        value = getattr(config, name)
        if value is not None and value < minimum:
            raise ValueError(
                f"--{name} must be at least {minimum}. Received: {value}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which images a network is trained on."""

    dataset: str = _setting(
        "synthetic_fundus",
        "records directory, or one of the data sets that are made on first "
        f"use: {', '.join(names.SYNTHETIC)}",
    )
    image_size: int | None = _setting(
        None,
        "side in pixels that the network sees; by default that of the records "
        "(64 for the data sets that are made, which are made at this size)",
    )
    train_size: int | None = _setting(
        None,
        "number of training images (nested, stratified, by patient); by "
        "default all",
    )
    subset_seed: int = _setting(0, "seed of the choice that --train_size makes")
    augment: tuple[str, ...] = _setting(
        (),
        "augmentations of training images, separated by commas: "
        f"{', '.join(names.AUGMENTATIONS)}",
    )

    def __post_init__(self):
        object.__setattr__(self, "augment", tuple(self.augment))
        for name in self.augment:
            names.check("augmentation", name, names.AUGMENTATIONS)
        _at_least(self, 1, "image_size", "train_size")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Which network is trained."""

    name: str = _setting(
        "cbr_small", "network", flag="model", choices=names.MODELS
    )
    bn_momentum: float = _setting(
        0.9,
        "momentum of batch norm's running statistics; Keras' own 0.99 lags "
        "behind in short trainings",
    )

    def __post_init__(self):
        names.check("model", self.name, names.MODELS)
        if not 0 <= self.bn_momentum < 1:
            raise ValueError(
                f"--bn_momentum must be in [0, 1). Received: {self.bn_momentum}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class InitConfig:
    """Where the weights start."""

    scheme: str = _setting(
        "random",
        "how the weights are set before training",
        flag="init",
        choices=names.SCHEMES,
    )
    weights: str | None = _setting(
        None,
        "run directory whose best weights are the source; goes with "
        "--init=pretrained",
    )

    def __post_init__(self):
        names.check("init", self.scheme, names.SCHEMES)
        if (self.scheme == "random") != (self.weights is None):
            raise ValueError(
                f"--init={self.scheme} with --weights={self.weights}: 'random' "
                "takes no --weights, every other init needs them "
                "(--weights=RUN_DIR)."
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How the weights are moved."""

    batch_size: int = _setting(32, "images a step, over all devices")
    optimizer: str = _setting("adam", "optimizer", choices=names.OPTIMIZERS)
    learning_rate: float = _setting(1e-3, "largest learning rate")
    momentum: float = _setting(0.9, "momentum of --optimizer=sgd")
    schedule: str = _setting(
        "cosine",
        "learning rate over the run: cosine (to zero), constant, or step (a "
        "tenth after 1/2 and again after 3/4 of the steps)",
        choices=names.SCHEDULES,
    )
    warmup_steps: int = _setting(0, "steps of linear warm-up")
    epochs: int | None = _setting(
        None,
        f"passes over the training images (default: {DEFAULT_EPOCHS}, unless "
        "--steps is given)",
    )
    steps: int | None = _setting(None, "optimizer steps, instead of --epochs")
    eval_every: int | None = _setting(
        None, "steps between evaluations on val; by default once an epoch"
    )
    snapshots: int = _setting(
        8,
        "number of log-spaced weight snapshots from step 1 to the last; the "
        "initial, best and last weights are always kept",
    )
    select_threshold: int | None = _setting(
        None,
        "ordinal tasks: choose the best weights by the AUC of grade >= this, "
        "not by the mean over thresholds",
    )
    strategy: str = _setting(
        "auto",
        "tf.distribute strategy; auto: mirrored where there are several "
        "accelerators",
        choices=names.STRATEGIES,
    )
    num_virtual_devices: int | None = _setting(
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
        _at_least(self, 1, "batch_size", "epochs", "steps", "eval_every")
        _at_least(self, 1, "num_virtual_devices", "select_threshold")
        _at_least(self, 0, "warmup_steps", "snapshots", "momentum")
        if not self.learning_rate > 0:
            raise ValueError(
                "--learning_rate must be positive. Received: "
                f"{self.learning_rate}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunConfig:
    """One training: data, network, start, optimization and one seed."""

    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    init: InitConfig = dataclasses.field(default_factory=InitConfig)
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)
    seed: int = _setting(
        0, "seed of the initial weights, the order and the augmentation"
    )

    def __post_init__(self):
        _at_least(self, 0, "seed")

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
