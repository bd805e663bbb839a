"""How the validation AUC of runs went, evaluation by evaluation."""

import dataclasses
import math
import typing

from transfusion_tf import tables
from transfusion_tf.analysis.comparing import arms
from transfusion_tf.runs import (
    directory,
    globs,
    labels,
    predictions,
    record,
)

_FINISHED = "finished"


class Evaluation(typing.NamedTuple):
    """What an evaluation of a run says; `auc` is None where undefined."""

    step: int
    seconds: float
    auc: float | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curve:
    """The evaluations of a run in order.

    Attributes:
        arm: name of its arm.
        run: its directory.
        seed: of its configuration.
        network: label of its network.
        train_size: number of training images that was asked for; None: all.
        settings: of its arm, see arms.Arm.
        source: what the source of its weights is called, or None.
        evaluations: tuple of Evaluation, at least one.
    """

    arm: str
    run: str
    seed: int
    network: str
    train_size: int | None
    settings: dict
    source: str | None
    evaluations: tuple

    @property
    def is_random(self):
        """Whether it started from random weights."""
        return self.settings["init"] == arms.RANDOM

    def reached(self, target):
        """The Evaluation at which `target` was reached for good, or None."""
        for one, following in zip(
            self.evaluations, self.evaluations[1:], strict=False
        ):
            aucs = (one.auc, following.auc)
            if None not in aucs and min(aucs) >= target:
                return one
        return None


def read(paths, *, free=()):
    """Reads the finished runs on one data set, arm by arm.

    Runs with early stopping do not count: they are censored where their AUC
    no longer rose, so the censoring tells of the very time that is measured.

    Args:
        paths: run directories, or patterns of them.
        free: further settings in which runs of an arm may differ.

    Returns:
        Curves, the name of the data set, and a line on each run that does not
        count.

    Raises:
        ValueError, FileNotFoundError: no run that counts, a damaged one, or
            several data sets.
    """
    found = globs.expanded([str(path) for path in paths])
    runs = [directory.RunDir(path) for path in found]
    is_finished = [r.read_status().get("status") == _FINISHED for r in runs]
    left_out = [
        f"{run.root}: not finished; let train.py finish it."
        for run, finished in zip(runs, is_finished, strict=True)
        if not finished
    ]
    if not any(is_finished):
        raise FileNotFoundError(left_out[0])
    runs = [r for r, ok in zip(runs, is_finished, strict=True) if ok]
    runs, stopping = _parted(runs)
    left_out += stopping
    if not runs:
        raise ValueError(left_out[-1])
    abouts = [record.read(run) for run in runs]
    names = {about["data"]["fingerprint"]: about["data"] for about in abouts}
    if len(names) > 1:
        raise ValueError(
            "One target is for runs on one data set. Received runs on: "
            + ", ".join(sorted(data["name"] for data in names.values()))
            + "."
        )
    configs = [record.read_config(run) for run in runs]
    curves = [
        Curve(
            arm=name,
            run=str(runs[index].root),
            seed=configs[index].seed,
            network=configs[index].model.label,
            train_size=configs[index].data.train_size,
            settings=settings,
            source=_source(abouts[index]["source"]),
            evaluations=_evaluations(runs[index]),
        )
        for name, settings, members in arms.grouped(configs, abouts, free=free)
        for index in members
    ]
    return curves, abouts[0]["data"]["name"], left_out


def _parted(runs):
    """The RunDirs that train for all their steps, and lines on the others."""
    whole, left_out = [], []
    for run in runs:
        if record.may_end_early(record.read(run)):
            left_out.append(
                f"{run.root}: may end early (--early_stopping), which hides "
                "when it would have reached a target; train it without."
            )
        else:
            whole.append(run)
    return whole, left_out


def val_sizes(curve):
    """(images, patients) of the validation split of a Curve's run.

    Patients are None where they are not known; both are where its predictions
    of val are gone.
    """
    path = directory.RunDir(curve.run).predictions("val")
    if not path.is_file():
        return None, None
    scored, _ = predictions.read(path)
    patients = scored.patients
    return len(scored), None if patients is None else len(set(patients))


def _source(identity):
    return None if identity is None else labels.source_label(identity)


def _evaluations(run):
    """Reads history.csv; ValueError where it is damaged."""
    try:
        found = tuple(
            Evaluation(
                int(row["step"]), float(row["seconds"]), _auc(row["val_auc"])
            )
            for row in tables.read_text(run.history).to_dict("records")
        )
    except (KeyError, ValueError):
        found = ()
    if not found:
        raise ValueError(
            f"{run.history} is damaged; restore it, or repeat the run with "
            "--overwrite."
        )
    return found


def _auc(text):
    """A float, or None for an AUC that is undefined."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
