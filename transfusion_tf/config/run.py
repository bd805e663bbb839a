"""The configuration of one run: frozen, checked when built, JSON in and out.

Each field is written once, with its default, its meaning, its limits and its
flag; flags.py derives the command line from the fields. A setting that
goes with another one, as momentum with SGD, is None where it does not go, and
must not be given there: not even its default value, which would do nothing.
"""

import dataclasses
import pathlib

from transfusion_tf import names
from transfusion_tf.config.augmentation import RANGES, AugmentationConfig
from transfusion_tf.config.fields import (
    GoesWith,
    check,
    check_type,
    flag_name,
    setting,
    typed,
    without_effect,
)
from transfusion_tf.config.init import InitConfig
from transfusion_tf.config.train import DEFAULT_EPOCHS as DEFAULT_EPOCHS
from transfusion_tf.config.train import TrainConfig

DEFAULT_SLIM_WIDTH = 0.5
# What NumPy and Keras take.
MAX_SEED = 2**32 - 1
MAX_FOLDS = 1000  # Each is a training.
# A float32 image of this side takes 0.8 GB; networks see far smaller ones.
MAX_IMAGE_SIZE = 8192
_SLIM = GoesWith(
    "name", tuple(name for name in names.MODELS if name.endswith("_slim"))
)
# Settings that earlier versions took, and kept in config.json, also where they
# did nothing.
_ONCE_IGNORED = ("bn_momentum", "momentum", "subset_seed")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataConfig(AugmentationConfig):
    """Which images a network is trained on, and how they are varied."""

    dataset: str = setting(
        "synthetic_fundus",
        "records directory, or one of the data sets that are made on first "
        f"use: {', '.join(names.SYNTHETIC)}",
    )
    image_size: int | None = setting(
        None,
        "side in pixels that the network sees; by default that of the records "
        "(64 for the data sets that are made, which are made at this size)",
        at_least=1,
        at_most=MAX_IMAGE_SIZE,
    )
    train_size: int | None = setting(
        None,
        "number of training images (nested, stratified; patients stay whole, "
        "so it may be some images more or less); by default all",
        at_least=1,
    )
    subset_seed: int | None = setting(
        0,
        "seed of the choice that --train_size makes",
        goes_with=GoesWith("train_size"),
        at_least=0,
        at_most=MAX_SEED,
    )
    num_folds: int | None = setting(
        None,
        "cross-validation: cut all images into this many folds (patients "
        "whole, stratified), whatever splits the records have; --fold is the "
        "test split, val is drawn from the rest. An official test split is "
        "not used as such",
        at_least=2,
        at_most=MAX_FOLDS,
    )
    fold: int | None = setting(
        None,
        "the fold that is the test split, 1 to --num_folds",
        goes_with=GoesWith("num_folds"),
        at_least=1,
    )
    cache: str = setting(
        "auto",
        "where training and validation images stay decoded, which changes no "
        "number: memory, disk (a file of the run that has no name), or off; "
        "auto: memory where they take a quarter of what is left at most",
        choices=names.CACHES,
    )

    def __post_init__(self):
        self.resolve_recipes()
        check(self)
        self._check_fold()

    def _check_fold(self):
        if self.num_folds is None:
            return
        if self.fold is None or self.fold > self.num_folds:
            received = "none" if self.fold is None else self.fold
            raise ValueError(
                f"--num_folds={self.num_folds} needs --fold, 1 to "
                f"{self.num_folds}. Received: {received}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Which network is trained."""

    name: str = setting(
        "cbr_small", "network", flag="model", choices=names.MODELS
    )
    bn_momentum: float | None = setting(
        0.9,
        "momentum of batch norm's running statistics; Keras' own 0.99 lags "
        "behind in short trainings",
        goes_with=GoesWith(
            "name",
            tuple(
                name
                for name in names.MODELS
                if name not in names.WITHOUT_BATCH_NORM
            ),
            "networks with batch norm (every --model but "
            f"{', '.join(names.WITHOUT_BATCH_NORM)})",
        ),
        at_least=0,
        below=1,
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
        goes_with=_SLIM,
    )
    slim_width: float | None = setting(
        DEFAULT_SLIM_WIDTH,
        "*_slim networks: fraction of the width from that stage on",
        goes_with=_SLIM,
        above=0,
        below=1,
    )
    truncate_at: str | None = setting(
        None,
        "the last stage that is kept: the head follows it, and the stages "
        "above are cut off (default: all stages)",
    )

    def __post_init__(self):
        check(self)

    @property
    def build_options(self):
        """Keyword arguments of zoo.build, besides outputs and image size."""
        return {
            "bn_momentum": self.bn_momentum,
            "input_scaling": self.input_scaling,
            "slim_from": self.slim_from,
            "slim_width": self.slim_width,
            "truncate_at": self.truncate_at,
        }

    @property
    def label(self):
        """Name, with the last stage where it is truncated: resnet50@block2."""
        return model_label(self.name, self.truncate_at)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunConfig:
    """One training: data, network, start, optimization and one seed."""

    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    init: InitConfig = dataclasses.field(default_factory=InitConfig)
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)
    seed: int = setting(
        0,
        "seed of the initial weights, the order and the augmentation",
        at_least=0,
        at_most=MAX_SEED,
    )

    def __post_init__(self):
        check(self)

    @property
    def run_name(self):
        """The default name of the run: dataset-model-init-seedN[-foldKofN]."""
        data = self.data
        dataset = pathlib.Path(data.dataset).resolve().name
        model, scheme = self.model.label, self.init.scheme
        name = f"{dataset}-{model}-{scheme}-seed{self.seed}"
        if data.num_folds is None:
            return name
        return f"{name}-fold{data.fold}of{data.num_folds}"

    def to_json(self):
        """Nested dictionaries of plain values."""
        value = dataclasses.asdict(self)
        for name in RANGES:
            if value["data"][name] is None:
                del value["data"][name]
        if self.data.num_folds is None:
            # As before there were folds, so that config.json stays the same.
            del value["data"]["num_folds"], value["data"]["fold"]
        return value

    @classmethod
    def from_json(cls, value):
        """The inverse of `to_json`, also of what earlier versions have written.

        Raises:
          ValueError: an unknown section or setting, or a value that is not
            allowed.
        """
        check_type("config", value, dict)
        for name in value:
            names.check("section of the configuration", name, (*PARTS, "seed"))
        parts = {
            name: part(**_stored(name, part, value.get(name, {})))
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


def model_label(name, truncate_at):
    """What tables and directories call a network, truncated or not (None)."""
    return name if truncate_at is None else f"{name}@{truncate_at}"


def flag_fields():
    """{flag name: (name of the part or None, dataclass field)}."""
    found = {
        flag_name(field): (name, field)
        for name, part in PARTS.items()
        for field in dataclasses.fields(part)
    }
    seed = RunConfig.__dataclass_fields__["seed"]
    return {**found, "seed": (None, seed)}


def _stored(name, part, values):
    """The settings of a stored part, without those that had no effect.

    Earlier versions wrote the default down also where a setting did not go
    with the others, and took some settings without using them.
    """
    check_type(name, values, dict)
    fields = {field.name: field for field in dataclasses.fields(part)}
    for key in values:
        names.check(f"{name} setting", key, sorted(fields))
    values = {key: typed(fields[key], value) for key, value in values.items()}
    for key in without_effect(part, values):
        is_default = values[key] == fields[key].metadata["default"]
        if is_default or key in _ONCE_IGNORED:
            values[key] = None
    return values
