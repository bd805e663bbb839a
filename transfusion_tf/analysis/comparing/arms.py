"""Arms: the runs that differ by their seed (or fold) alone.

An arm is known by its configuration without the seeds. Its name says what sets
it apart: network and start, and of further settings those in which the arms at
hand differ.
"""

import collections
import dataclasses
import json

import numpy as np

from transfusion_tf import names
from transfusion_tf.analysis import error_agreement
from transfusion_tf.config import augmentation
from transfusion_tf.config import run as configs
from transfusion_tf.runs import directory, labels, record

RANDOM = "random"
# Settings that do not make an arm: seeds, places of data and weights (which
# their content stands for), where images are kept, and how often a run is
# looked at.
_FREE = {
    "seed",
    "subset_seed",
    "fold",
    "dataset",
    "weights",
    "snapshots",
    "train_auc",
    "cache",
    "strategy",
    "num_virtual_devices",
    "num_threads",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arm:
    """The runs of one arm, scored on the same images.

    With folds a seed has a run in each of them, and `labels`, `scores` and
    `patients` are those of all folds, one after the other.

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
        folds: (num_images,) number of the fold that an image is tested in, or
            None.
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
    folds: np.ndarray | None = None

    @property
    def is_random(self):
        """Whether it starts from random weights."""
        return self.settings.get("init") == RANDOM


def of_runs(runs, *, free=()):
    """Groups ScoredRuns into Arms, in the order in which they come.

    Args:
        runs: ScoredRuns of one data set and split.
        free: further settings in which runs of an arm may differ.

    Returns:
        List of Arms, and a line on each seed that lacks folds: it is left out.

    Raises:
        ValueError: a seed comes twice in an arm, the runs have scored other
            images or other classes, or have other folds than each other.
    """
    _check_folds(runs)
    abouts = [record.read(directory.RunDir(run.root)) for run in runs]
    configs = [run.config for run in runs]
    arms, left_out = [], []
    for name, settings, members in grouped(configs, abouts, free=free):
        arm, lines = of_members(name, settings, [runs[i] for i in members])
        left_out += lines
        if arm is not None:
            arms.append(arm)
    return arms, left_out


def grouped(configs, abouts, *, free=()):
    """What runs differ by seed or fold alone, in the order in which they come.

    Args:
        configs: RunConfigs.
        abouts: what config.json says of each, see runs.record.
        free: as of `of_runs`.

    Returns:
        List of (name of an arm, its settings, indices of its runs).
    """
    members, starts = {}, {}
    for index, (config, about) in enumerate(zip(configs, abouts, strict=True)):
        settings = settings_of(config, about["source"], free)
        key = json.dumps(settings, sort_keys=True)
        members.setdefault(key, []).append(index)
        starts[key] = (settings, labels.init_label(about))
    names = _names(list(starts.values()))
    return [
        (name, starts[key][0], indices)
        for name, (key, indices) in zip(names, members.items(), strict=True)
    ]


def of_members(name, settings, runs):
    """The Arm of ScoredRuns that differ by seed or fold alone.

    Args:
        name, settings: as in Arm.
        runs: ScoredRuns of one data set and split.

    Returns:
        An Arm, or None where no seed has all folds; and a line on each seed
        that lacks folds.

    Raises:
        ValueError: as `of_runs`.
    """
    of_arm = sorted(runs, key=_key)
    check_once(name, of_arm)
    whole, lines = _with_all_folds(name, of_arm)
    return (_arm(name, settings, whole) if whole else None), lines


def _check_folds(runs):
    """Refuses runs whose tests are cut otherwise: of other images."""
    known = {run.config.data.num_folds: run for run in runs}
    if len(known) > 1:
        kinds = ", ".join(
            f"{f'{number} folds' if number else 'no folds'} ({run.root})"
            for number, run in known.items()
        )
        raise ValueError(
            "Runs can be compared that have the same folds, or none: others "
            f"are tested on other images. Received runs of {kinds}."
        )


def check_once(name, runs):
    """Raises ValueError if two runs of an arm are of one seed and fold.

    One run that counts twice is no second seed: intervals would be too short.

    Args:
        name: of the arm.
        runs: objects with `config` and `root`, in any order.
    """
    runs = sorted(runs, key=_key)
    for run, following in zip(runs, runs[1:], strict=False):
        if _key(run) == _key(following):
            fold = run.config.data.fold
            which = f", fold {fold}" if fold else ""
            raise ValueError(
                f"{run.root} and {following.root} are the same run (arm "
                f"{name}, seed {run.config.seed}{which}); give each once."
            )


def _with_all_folds(name, runs):
    """The runs of seeds that have all folds, and lines on the others."""
    num_folds = runs[0].config.data.num_folds
    if num_folds is None:
        return runs, []
    present = collections.Counter(_seeds(run.config) for run in runs)
    lines = [
        f"{name}, seed {seeds[0]}: runs of {number} of {num_folds} folds; its "
        "AUC is the mean over all of them."
        for seeds, number in present.items()
        if number < num_folds
    ]
    return [r for r in runs if present[_seeds(r.config)] == num_folds], lines


def _arm(name, settings, runs):
    """The Arm of runs, sorted by seed and fold, a run of each in each."""
    by_seed = {}
    for run in runs:
        by_seed.setdefault(_seeds(run.config), []).append(run)
    folds = [_fold(of_fold) for of_fold in zip(*by_seed.values(), strict=True)]
    labels, patients, scores = zip(*folds, strict=True)
    has_folds = runs[0].config.data.num_folds is not None
    sizes = [len(of_fold) for of_fold in labels]
    has_patients = patients[0] is not None
    return Arm(
        name=name,
        settings=settings,
        dataset=runs[0].data["name"],
        split=runs[0].split,
        task=runs[0].data["task"],
        classes=runs[0].classes,
        seeds=tuple(str(seed) for seed, _ in by_seed),
        labels=np.concatenate(labels),
        scores=np.concatenate(scores, axis=1),
        patients=np.concatenate(patients) if has_patients else None,
        folds=np.repeat(range(1, len(folds) + 1), sizes) if has_folds else None,
    )


def _fold(runs):
    """(labels, patients, scores of each run) of runs on the same images."""
    scored = [error_agreement.matched(runs[0], run)[1] for run in runs]
    scores = np.stack([of_run.scores for of_run in scored])
    return scored[0].labels, scored[0].patients, scores


def _key(run):
    """What tells the runs of an arm apart, in their order."""
    return *_seeds(run.config), run.config.data.fold or 0


def _seeds(config):
    return config.seed, config.data.subset_seed or 0


def settings_of(config, source, free=()):
    """Returns Arm.settings of a RunConfig and what config.json says of it.

    Args:
        config: RunConfig.
        source: identity of the source of its weights, or None.
        free: flags that are left out.
    """
    values = {
        flag: getattr(getattr(config, part), field.name)
        for flag, (part, field) in configs.flag_fields().items()
        if part is not None and flag not in _FREE and flag not in free
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
            f"{flag}={shown(flag, settings[flag])}"
            for flag in settings
            if tells(flag, [other[flag] for other in alike])
        ]
        names.append(", ".join([name, *differing]))
    return names


def tells(flag, values):
    """Whether names say a setting, of which these are the arms' values.

    A range that differs only by being there or not follows from --augment.
    """
    if flag in augmentation.RANGES:
        values = [value for value in values if value is not None]
    return len(set(map(str, values))) > 1


def shown(flag, value):
    """A setting's value in a name, also where the flag is left out."""
    if flag == "augment":
        for recipe, augmentations in names.RECIPES.items():
            if sorted(value) == sorted(augmentations):
                return recipe
    if isinstance(value, tuple | list):
        return ",".join(value) or "none"
    if value is not None:
        return value
    return "all" if flag == "train_size" else "default"
