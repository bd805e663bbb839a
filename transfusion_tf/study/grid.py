"""The cells of a study: one run each, with a name that no other cell has."""

import dataclasses
import itertools
import pathlib
import re
import typing

from transfusion_tf import names
from transfusion_tf.config import fields
from transfusion_tf.config import init as inits
from transfusion_tf.config.run import PARTS, RunConfig, flag_fields
from transfusion_tf.runs import study_runs
from transfusion_tf.study import spec, starts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One run of a study.

    Attributes:
      folder: of the study in which such runs lie.
      name: of its run directory; its parts have no hyphen but that of a
        learning rate, so that two cells never have one name.
      model: network, with its last stage where it is truncated.
      init: scheme, with its stage, and what is above it if not random
        weights, as in "transfusion:conv2:mean_var".
      source: what its weights are from, or None.
      source_dataset: where `source` is a data set, whose run is trained first
        (study.sources): that data set; else None.
      train_size: number of training images, None for all.
      learning_rate, seed: of the run.
      fold: its test split, or None without folds.
      config: RunConfig.
    """

    folder: typing.ClassVar = study_runs.RUNS

    name: str
    model: str
    init: str
    source: str | None
    train_size: int | None
    learning_rate: float
    seed: int
    fold: int | None
    config: RunConfig
    source_dataset: str | None = None

    @property
    def arm(self):
        """What is compared: all but the learning rate, seed and fold."""
        return self.model, self.init, self.source, self.train_size

    @property
    def group(self):
        """What one learning rate is chosen for.

        Of each fold alone: val of a fold is in the test splits of others.
        """
        return *self.arm, self.fold

    @property
    def title(self):
        """The group in words."""
        size = "all" if self.train_size is None else self.train_size
        fold = f"fold {self.fold}" if self.fold else None
        parts = (self.model, self.init, self.source, f"{size} images", fold)
        return " ".join(part for part in parts if part)


def cells(config):
    """The cells of a StudyConfig, and what is left out.

    Cells of the first seed come first, so that a study that is stopped has
    all of its arms.

    Returns:
      Tuple of Cells, and list of lines on networks without weights.

    Raises:
      ValueError, FileNotFoundError: a run that cannot be configured, weights
        that are not there, a reference that is no arm, or no cell at all.
    """
    found_starts, left_out = starts.of_study(config)
    if not found_starts:
        raise ValueError(f"The study has no runs: {'; '.join(left_out)}.")
    folds = (None,)
    if config.num_folds:
        folds = range(1, config.num_folds + 1)
    found = tuple(
        _cell(config, start, size, rate, seed, fold)
        for seed in range(config.seeds)
        for start, size, rate, fold in itertools.product(
            found_starts, config.train_sizes, config.learning_rates, folds
        )
    )
    _check_names(found)
    _check_settings(config, found)
    _check_reference(config, found)
    _check_source_datasets(config, found)
    return found, left_out


def share(found, part):
    """The cells that part (index, count) of an array job trains; None: all."""
    if part is None:
        return found
    index, count = part
    return found[index - 1 :: count]


def parse_part(text):
    """(index, count) of "3/16".

    Raises:
      ValueError: anything but two numbers with 1 <= index <= count.
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    index, count = map(int, match.groups()) if match else (0, 0)
    if not 1 <= index <= count:
        raise ValueError(
            f"--part must be I/N with I from 1 to N, as 3/16. Received: {text}"
        )
    return index, count


def _cell(config, start, size, rate, seed, fold):
    model, init, source, source_dataset = start
    network, truncate_at = spec.parse_model(model)
    train_size = None if size == spec.ALL_IMAGES else int(size)
    parts = [model, init.replace(":", ".")]
    if source:
        parts.append(label(source))
    parts += [size, f"lr{rate:g}", f"seed{seed}"]
    if fold:
        parts.append(f"fold{fold}of{config.num_folds}")
    scheme, through, rest = starts.parse_init(init)
    values = {
        **fitting(config.settings, network, scheme, rest),
        "dataset": config.dataset,
        "model": network,
        "truncate_at": truncate_at,
        "init": scheme,
        "weights": source,
        "through": through,
        "rest": rest,
        "train_size": train_size,
        "subset_seed": None if train_size is None else seed,
        "learning_rate": rate,
        "seed": seed,
        "num_folds": config.num_folds,
        "fold": fold,
    }
    return Cell(
        name="-".join(parts),
        model=model,
        init=init,
        source=source,
        train_size=train_size,
        learning_rate=rate,
        seed=seed,
        fold=fold,
        config=RunConfig.from_flags_dict(values),
        source_dataset=source_dataset,
    )


def label(source):
    """A source as a part of names: its last name, letters and digits."""
    if source in names.PUBLISHED_WEIGHTS:
        return source
    return re.sub(r"[^A-Za-z0-9_.]", "_", pathlib.Path(source).resolve().name)


def fitting(settings, model, scheme, rest=None):
    """The settings without those of other networks and schemes."""
    chosen = {"model": {"name": model}, "init": {"scheme": scheme}}
    known = flag_fields()
    dropped = set() if inits.draws(scheme, rest) else {"mean_var_biases"}
    for flag, value in settings.items():
        part, field = known[flag]
        if part in chosen and fields.without_effect(
            PARTS[part], {**chosen[part], field.name: value}
        ):
            dropped.add(flag)
    return {k: v for k, v in settings.items() if k not in dropped}


def _check_names(found):
    """Two sources, or two rates, that would have one name."""
    by_name = {}
    for cell in found:
        other = by_name.setdefault(cell.name, cell)
        if other is not cell:
            raise ValueError(
                f"{other.source or other.learning_rate} and "
                f"{cell.source or cell.learning_rate} would both be called "
                f"{cell.name}; rename one of them."
            )


def _check_reference(config, found):
    known = dict.fromkeys(f"{cell.model}:{cell.init}" for cell in found)
    if config.reference not in (None, *known):
        raise ValueError(
            f"--reference={config.reference} is none of the arms: "
            f"{', '.join(known)}."
        )


def _check_source_datasets(config, found):
    if config.source_dataset and not any(c.source_dataset for c in found):
        raise ValueError(
            f"--source_dataset={','.join(config.source_dataset)} does nothing: "
            f"no init of the study takes weights from a source (--inits="
            f"{','.join(config.inits)}); leave it out."
        )


def _check_settings(config, found):
    """Refuses settings that do something in no cell."""
    for flag, value in config.settings.items():
        part, field = flag_fields()[flag]
        fitting = any(
            getattr(getattr(cell.config, part), field.name) is not None
            for cell in found
        )
        if value is not None and not fitting:
            raise ValueError(
                f"--{flag}={value} does nothing in any run of the study; "
                "leave it out."
            )
