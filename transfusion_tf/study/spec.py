"""What a study is configured by: a grid of runs and how they are judged."""

import dataclasses
import functools
import pathlib
import tomllib

from transfusion_tf import names
from transfusion_tf.config.fields import check, flag_name, setting
from transfusion_tf.config.run import MAX_FOLDS, flag_fields
from transfusion_tf.config.train import MAX_STEPS
from transfusion_tf.statistics import equivalence

ALL_IMAGES = "all"
# Weights of a run that may be kept.
KEPT = ("initial", "best", "last", "snapshots")
# Settings of a run that the grid makes, or that follow from it.
IN_GRID = (
    "dataset",
    "model",
    "truncate_at",
    "init",
    "weights",
    "through",
    "rest",
    "seed",
    "train_size",
    "subset_seed",
    "learning_rate",
    "num_folds",
    "fold",
)
# A study compares how soon runs converge. One that ends where its AUC no longer
# rises is censored by what is measured.
NOT_IN_STUDIES = ("early_stopping",)
# One thread a run: several runs at a time use a machine better than one, and
# a number of its own would make results depend on the machine.
DEFAULT_THREADS = 1
MAX_SEEDS = 10_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class StudyConfig:
    """The grid of a study, what all of its runs share, and the comparisons."""

    dataset: str = setting(
        "synthetic_fundus",
        "records directory, or one of the data sets that are made on first "
        f"use: {', '.join(names.SYNTHETIC)}",
    )
    models: tuple[str, ...] = setting(
        ("cbr_tiny",),
        "networks, separated by commas; MODEL@STAGE is MODEL truncated after "
        "STAGE",
    )
    inits: tuple[str, ...] = setting(
        ("random", "pretrained"),
        "how the weights are set before training, separated by commas: "
        f"{', '.join(names.SCHEMES)}; transfusion:STAGE names the last stage "
        "that is taken from the source, and transfusion:STAGE:mean_var has "
        "those above it as mean_var has them",
    )
    weights: tuple[str, ...] = setting(
        (),
        "sources of the weights, separated by commas: MODEL:SOURCE, or SOURCE "
        "for all models; a source is a run directory, a file, imagenet, or "
        "radimagenet. Cells of models without weights are left out and listed",
    )
    source_dataset: tuple[str, ...] = setting(
        (),
        "data sets whose runs are sources too, separated by commas: records "
        "directories, or names of data sets that are made. For each of them "
        "and each network the study first trains a run from random weights on "
        "all images, with seed 0 and the settings of the study, at each of "
        "--learning_rates; the best on val serves",
    )
    source_epochs: int | None = setting(
        None,
        "--epochs of the runs on --source_dataset (default: as of the study)",
        at_least=1,
        at_most=MAX_STEPS,
    )
    source_steps: int | None = setting(
        None,
        "--steps of the runs on --source_dataset, instead of --source_epochs",
        at_least=1,
        at_most=MAX_STEPS,
    )
    seeds: int = setting(
        5, "number of seeds, 0 to N-1", at_least=1, at_most=MAX_SEEDS
    )
    num_folds: int | None = setting(
        None,
        "cross-validation: cut all images into this many folds (patients "
        "whole, stratified), whatever splits the records have; each seed has a "
        "run for each fold, that tests on it. An official test split is not "
        "used as such",
        at_least=2,
        at_most=MAX_FOLDS,
    )
    train_sizes: tuple[str, ...] = setting(
        (ALL_IMAGES,),
        f"numbers of training images, separated by commas, or {ALL_IMAGES}; "
        "the seed of a run is that of its choice, too",
    )
    learning_rates: tuple[float, ...] = setting(
        (1e-3, 1e-4),
        "learning rates, separated by commas; one is chosen for each network, "
        "init and number of images by its AUC on val",
    )
    margin: float = setting(
        0.01,
        "largest difference of AUCs that would change nobody's choice; at "
        "0.01, of 100 pairs of a sick and a healthy image one more is ranked "
        "right",
        above=0,
        below=1,
    )
    reference: str | None = setting(
        None,
        "what all arms are compared with, MODEL:INIT (default: random weights "
        "of the same network)",
    )
    keep: tuple[str, ...] = setting(
        KEPT,
        "weights of a finished run that are kept, separated by commas: "
        f"{', '.join(KEPT)}",
    )
    # {flag of train.py: value}, which all runs share.
    settings: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        check(self)
        equivalence.check_margin(self.margin)
        self._check_sources()
        for name in self.settings:
            names.check("setting of a run", name, sorted(run_settings()))
        for name in self.models:
            _check_model(name)
        for name in self.keep:
            names.check("kind of weights to keep", name, KEPT)
        for size in self.train_sizes:
            _check_size(size)
        for field in dataclasses.fields(self):
            _check_list(flag_name(field), getattr(self, field.name))
        threads = {"num_threads": DEFAULT_THREADS}
        object.__setattr__(self, "settings", {**threads, **self.settings})

    def _check_sources(self):
        given = {
            name: getattr(self, name)
            for name in ("source_epochs", "source_steps")
            if getattr(self, name) is not None
        }
        shown = " ".join(f"--{name}={value}" for name, value in given.items())
        if len(given) > 1:
            raise ValueError(
                "Give --source_epochs or --source_steps, not both. Received: "
                f"{shown}"
            )
        if given and not self.source_dataset:
            raise ValueError(
                f"{shown} goes with --source_dataset; leave it out."
            )

    @property
    def num_threads(self):
        """Threads of TensorFlow in each run; None: as many as it takes."""
        return self.settings["num_threads"]

    def to_json(self):
        """A dictionary of plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_values(cls, values):
        """Builds from {flag name: value}, of the study's and of train.py's.

        Lists may be texts with commas, and numbers of images numbers.

        Raises:
          ValueError: an unknown name, or a value that is not allowed.
        """
        own = {f.name: f for f in dataclasses.fields(cls)}
        del own["settings"]
        known = [*own, *run_settings()]
        given, settings = {}, {}
        for name, value in values.items():
            if name in NOT_IN_STUDIES:
                raise ValueError(
                    f"--{name} is not for studies, whose runs are compared by "
                    "how soon they converge; leave it out."
                )
            names.check("setting of a study", name, known)
            if name not in own:
                settings[name] = value
            elif isinstance(own[name].default, tuple):
                given[name] = _as_list(name, value)
            else:
                given[name] = value
        return cls(settings=settings, **given)

    @classmethod
    def from_json(cls, value):
        """The inverse of `to_json`; raises as `from_values`."""
        value = dict(value)
        return cls.from_values({**value.pop("settings", {}), **value})


@functools.cache
def run_settings():
    """{flag: its dataclass field} of what all runs of a study share."""
    return {
        flag: field
        for flag, (_, field) in flag_fields().items()
        if flag not in (*IN_GRID, *NOT_IN_STUDIES)
    }


def read_toml(path):
    """{name: value} of a TOML file of a study, for `StudyConfig.from_values`.

    Raises:
      FileNotFoundError, ValueError: no such file, or no TOML.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"--study={path}: there is no such file.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # Of TOML, and of UTF-8.
        raise ValueError(f"--study={path} is not TOML ({error}).") from None


def _as_list(name, value):
    if isinstance(value, str):
        return [word for word in value.split(",") if word]
    if name == "train_sizes" and isinstance(value, int):
        value = [value]
    if name == "train_sizes" and isinstance(value, list | tuple):
        return [str(size) for size in value]
    return [value] if isinstance(value, int | float) else value


def parse_model(text):
    """(network, its last stage or None) of "resnet50@block2"."""
    name, _, stage = text.partition("@")
    return name, stage or None


def _check_model(text):
    name, stage = parse_model(text)
    names.check("model", name, names.MODELS)
    if "@" in text and stage is None:
        raise ValueError(
            "--models: @ comes before a stage, as in resnet50@block2. "
            f"Received: {text}"
        )


def _check_size(size):
    if size != ALL_IMAGES and not (size.isascii() and size.isdigit()):
        raise ValueError(
            f"--train_sizes must be numbers of images or {ALL_IMAGES}. "
            f"Received: {size}"
        )


def _check_list(flag, value):
    """Refuses lists that say something twice, or nothing."""
    if not isinstance(value, tuple):
        return
    if len(set(value)) < len(value):
        raise ValueError(
            f"--{flag} must name each value once. Received: "
            f"{','.join(map(str, value))}"
        )
    if not value and flag not in ("weights", "source_dataset", "keep"):
        raise ValueError(f"--{flag} must name at least one value.")
