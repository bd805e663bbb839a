"""Arms: the runs that differ by their seed alone, and what to compare with.

An arm is known by its configuration without the seeds. Its name says what sets
it apart: network and start, and of further settings those in which the arms at
hand differ.
"""

import dataclasses
import json

import numpy as np

from transfusion_tf.analysis import error_agreement, gain_runs
from transfusion_tf.config import run as configs
from transfusion_tf.runs import directory, record

RANDOM = "random"
# Settings that do not make an arm: seeds, places of data and weights (which
# their content stands for), and how often a run is looked at.
_FREE = {
    "seed",
    "subset_seed",
    "dataset",
    "weights",
    "snapshots",
    "strategy",
    "num_virtual_devices",
    "num_threads",
}
_START = {"init", "weights", "through", "freeze_through", "unfreeze_at"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arm:
    """The runs of one arm, scored on the same images.

    Attributes:
        name: what tables and figures call it.
        settings: {flag: value} of what makes the arm, the source's sha256 as
            "source"; empty for predictions of other tools.
        dataset, split: what was scored.
        task: one of names.TASKS.
        classes: names of the outputs, in order.
        seeds: (num_seeds,) names of its runs' seeds, ascending.
        labels: (num_images,) or (num_images, num_labels).
        scores: (num_seeds, num_images, num_classes).
        patients: (num_images,) str, or None.
    """

    name: str
    settings: dict
    dataset: str
    split: str
    task: str
    classes: tuple
    seeds: tuple
    labels: np.ndarray
    scores: np.ndarray
    patients: np.ndarray | None

    @property
    def is_random(self):
        """Whether it starts from random weights."""
        return self.settings.get("init") == RANDOM


def of_runs(runs):
    """Groups ScoredRuns into Arms, in the order in which they come.

    Args:
        runs: ScoredRuns of one data set and split.

    Raises:
        ValueError: a seed comes twice in an arm, or the runs have scored other
            images or other classes.
    """
    abouts = [record.read(directory.RunDir(run.root)) for run in runs]
    configs = [run.config for run in runs]
    return [
        of_members(name, settings, [runs[index] for index in members])
        for name, settings, members in grouped(configs, abouts)
    ]


def grouped(configs, abouts, *, apart_from=()):
    """What runs differ by their seeds alone, in the order in which they come.

    Args:
        configs: RunConfigs.
        abouts: what config.json says of each, see runs.record.
        apart_from: flags in which they may differ as well; the settings of an
            arm then lack these.

    Returns:
        List of (name of an arm, its settings, indices of its runs).
    """
    members, starts = {}, {}
    for index, (config, about) in enumerate(zip(configs, abouts, strict=True)):
        settings = {
            flag: value
            for flag, value in settings_of(config, about["source"]).items()
            if flag not in apart_from
        }
        key = json.dumps(settings, sort_keys=True)
        members.setdefault(key, []).append(index)
        starts[key] = (settings, gain_runs.init_label(about))
    names = _names(list(starts.values()))
    return [
        (name, starts[key][0], indices)
        for name, (key, indices) in zip(names, members.items(), strict=True)
    ]


def of_members(name, settings, runs):
    """The Arm of ScoredRuns that differ by their seeds alone.

    Args:
        name, settings: as in Arm.
        runs: ScoredRuns of one data set and split.

    Raises:
        ValueError: as `of_runs`.
    """
    runs = sorted(runs, key=lambda run: _seeds(run.config))
    for run, following in zip(runs, runs[1:], strict=False):
        if _seeds(run.config) == _seeds(following.config):
            raise ValueError(
                f"{run.root} and {following.root} are the same run (arm "
                f"{name}, seed {run.config.seed}); give each once."
            )
    scored = [error_agreement.matched(runs[0], run)[1] for run in runs]
    return Arm(
        name=name,
        settings=settings,
        dataset=runs[0].data["name"],
        split=runs[0].split,
        task=runs[0].data["task"],
        classes=runs[0].classes,
        seeds=tuple(str(run.config.seed) for run in runs),
        labels=scored[0].labels,
        scores=np.stack([of_run.scores for of_run in scored]),
        patients=scored[0].patients,
    )


def _seeds(config):
    return config.seed, config.data.subset_seed


def settings_of(config, source):
    """Returns Arm.settings of a RunConfig and what config.json says of it.

    Args:
        config: RunConfig.
        source: identity of the source of its weights, or None.
    """
    values = {
        flag: getattr(getattr(config, part), field.name)
        for flag, (part, field) in configs.flag_fields().items()
        if part is not None and flag not in _FREE
    }
    return {**values, "source": source and source["sha256"]}


def model_label(settings):
    """What tables call the network of an arm's settings."""
    return configs.model_label(settings["model"], settings["truncate_at"])


def _names(starts):
    """A name for each (settings, label of the start), all different."""
    plain = [f"{model_label(settings)} {label}" for settings, label in starts]
    names = []
    for name, (settings, _) in zip(plain, starts, strict=True):
        alike = [
            other
            for other_name, (other, _) in zip(plain, starts, strict=True)
            if other_name == name
        ]
        differing = [
            f"{flag}={settings[flag]}"
            for flag in settings
            if len({str(other[flag]) for other in alike}) > 1
        ]
        names.append(", ".join([name, *differing]))
    return names


def references(arms, name=None):
    """What each arm is compared with.

    Args:
        arms: Arms.
        name: of the reference of all; None: for each the one arm from random
            weights of the same network, image size and training images.

    Returns:
        List of (Arm, its reference), and a list of lines on arms that are left
        out.

    Raises:
        ValueError: there is no arm of this name.
    """
    if name is not None:
        chosen = [arm for arm in arms if arm.name == name]
        if not chosen:
            raise ValueError(
                f"--reference={name} is none of the arms: "
                f"{'; '.join(arm.name for arm in arms)}."
            )
        return [(arm, chosen[0]) for arm in arms if arm is not chosen[0]], []
    pairs, left_out = [], []
    for arm in arms:
        if arm.is_random:
            continue
        fitting = _baselines(arm, arms)
        if len(fitting) == 1:
            pairs.append((arm, fitting[0]))
        else:
            left_out.append(_why_not(arm, fitting))
    return pairs, left_out


def _baselines(arm, arms):
    """The random arms that differ from `arm` least, of those that may."""
    wanted = ("model", "truncate_at", "image_size", "train_size")
    fitting = [
        other
        for other in arms
        if other.is_random
        and all(other.settings[k] == arm.settings[k] for k in wanted)
    ]
    different = [
        sum(
            other.settings[flag] != value
            for flag, value in arm.settings.items()
            if flag not in _START
        )
        for other in fitting
    ]
    return [
        other
        for other, count in zip(fitting, different, strict=True)
        if count == min(different)
    ]


def _why_not(arm, fitting):
    if not fitting:
        return (
            f"{arm.name}: no runs from random weights of the same network, "
            "image size and training images; add them, or give --reference."
        )
    names = "; ".join(other.name for other in fitting)
    return f"{arm.name}: several arms may be its reference ({names}); give one."
