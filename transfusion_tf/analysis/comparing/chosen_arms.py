"""Arms at the learning rate that suits each of them best, chosen on val.

One learning rate for all arms favours one of them. Where there are runs at
several, each arm has its own; test takes no part in the choice.
"""

import dataclasses

import numpy as np

from transfusion_tf import files
from transfusion_tf.analysis.comparing import arms, run_comparison
from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import record
from transfusion_tf.runs.directory import RunDir

_RATE = "learning_rate"
_ADVICE = "Restore it from a copy, or repeat the run with --overwrite."


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChosenArm:
    """An Arm at its learning rate, and what its runs say of themselves.

    Attributes:
        arm: Arm; its name is without learning rate, and without the flags that
            arms were grouped apart from.
        config: RunConfig of its first run.
        num_outputs: logits of its network.
        image_size: side in pixels that it sees.
        val_auc: mean over its runs of the val AUC of their best weights, or
            None where one is undefined.
        num_train_images: median over its runs.
        has_one_subset: whether several seeds were trained on one choice of
            --train_size images.
    """

    arm: arms.Arm
    config: RunConfig
    num_outputs: int
    image_size: int
    val_auc: float | None
    num_train_images: int
    has_one_subset: bool


def read(paths, split, *, apart_from=()):
    """(list of ChosenArm, lines on runs that are left out).

    Args:
        paths: run directories, or patterns of them, on one data set.
        split: "val" or "test".
        apart_from: flags, such as "train_size", that an arm's name leaves out:
            arms of one name differ in these alone.

    Raises:
        ValueError, FileNotFoundError: as run_comparison.scored_runs and
            arms.of_members, or no learning rate can be chosen.
    """
    runs, left_out = run_comparison.scored_runs(paths, split)
    abouts = [record.read(RunDir(run.root)) for run in runs]
    settings = [
        arms.settings_of(run.config, about["source"])
        for run, about in zip(runs, abouts, strict=True)
    ]
    chosen = []
    for name, _, members in arms.grouped(
        [run.config for run in runs], abouts, free=(_RATE, *apart_from)
    ):
        groups = {}
        for index in members:
            key = tuple(settings[index][flag] for flag in apart_from)
            rate = settings[index][_RATE]
            # Val of a fold is in the test splits of others: each has its own.
            by_fold = groups.setdefault(key, {})
            by_rate = by_fold.setdefault(runs[index].config.data.fold, {})
            by_rate.setdefault(rate, []).append(index)
        for by_fold in groups.values():
            kept = [
                index
                for by_rate in by_fold.values()
                for index in by_rate[_rate(name, by_rate, runs)]
            ]
            of_arm = [runs[index] for index in kept]
            arm, lines = arms.of_members(name, settings[kept[0]], of_arm)
            left_out += lines
            if arm is not None:
                about = [abouts[index] for index in kept]
                chosen.append(_chosen(arm, of_arm, about))
    return chosen, left_out


def best_rate(values):
    """The learning rate with the highest mean val AUC, of equal ones the lower.

    Rates that lack runs are chosen only where all do: of those with the most.

    Args:
        values: {learning rate: val AUCs of its runs, None if undefined}.
    """
    most = max(map(len, values.values()))
    means = {
        rate: -np.inf if None in found else float(np.mean(found))
        for rate, found in values.items()
        if len(found) == most
    }
    return max(sorted(means), key=means.get)


def _rate(name, by_rate, runs):
    if len(by_rate) == 1:
        return next(iter(by_rate))
    values = {
        rate: [_val_auc(runs[index]) for index in found]
        for rate, found in by_rate.items()
    }
    if all(None in found for found in values.values()):
        raise ValueError(
            f"{name}: its learning rate cannot be chosen, as the val AUCs in "
            "best.json are missing or undefined; give runs at one "
            "--learning_rate."
        )
    return best_rate(values)


def _chosen(arm, runs, abouts):
    configs = [run.config for run in runs]
    values = [_val_auc(run) for run in runs]
    seeds = {config.seed for config in configs}
    choices = {config.data.subset_seed for config in configs}
    return ChosenArm(
        arm=arm,
        config=configs[0],
        num_outputs=len(runs[0].classes),
        image_size=runs[0].data["image_size"],
        val_auc=None if None in values else float(np.mean(values)),
        num_train_images=_num_train_images(runs, abouts),
        has_one_subset=None not in choices and len(choices) < len(seeds),
    )


def _val_auc(run):
    """The val AUC of a run's best weights, None where it is not known."""
    path = RunDir(run.root).best
    if not path.is_file():
        return None
    return files.read_object(path, _ADVICE).get("val_auc")


def _num_train_images(runs, abouts):
    counts = []
    for run, about in zip(runs, abouts, strict=True):
        count = about.get("plan", {}).get("num_images")
        if type(count) is not int:
            raise ValueError(
                f"{run.root}: config.json does not say on how many images it "
                f"was trained (plan.num_images). {_ADVICE}"
            )
        counts.append(count)
    return round(float(np.median(counts)))
