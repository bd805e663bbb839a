"""Brings similarities and the AUCs of the runs they are about together.

Both are of the same weights: of the last ones, or with `checkpoint="best"` of
those that were best on the validation split, each at a step of its own.
"""

import dataclasses
import pathlib

import numpy as np
import pandas as pd

from transfusion_tf import tables
from transfusion_tf.analysis import auc_table, gain
from transfusion_tf.runs import globs, labels, predictions
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir

_VIEW = "before_after"
_NEEDED = (
    "run",
    "other_step",
    "view",
    "stage",
    "stage_index",
    "measure",
    "value",
    "note",
)


def run(csvs, runs, *, split="test", checkpoint="last", **how):
    """Returns what `gain.run` does, for run directories and saved tables.

    Args:
      csvs: tables of the view before_after, see `read_similarity`.
      runs: list of run directories, patterns (globs) of them, or RunDirs.
      split: "val" or "test", that the AUC is of.
      checkpoint: "last" or "best", the weights that both are of.
      **how: `baseline` and `clusters` of gain.points.

    Raises:
      FileNotFoundError, ValueError: see `read`, `read_similarity` and
        gain.points.
    """
    paths = globs.expanded(runs)
    similarity = read_similarity(csvs, paths, checkpoint)
    return gain.run(similarity, read(paths, split, checkpoint), **how)


def not_scored(csvs, runs, split, checkpoint="last"):
    """RunDirs that lack the predictions `run` needs; they need their network.

    Args and errors are those of `run`, as far as they concern the tables.
    """
    paths = globs.expanded(runs)
    _require_distinct(paths)
    read_similarity(csvs, paths, checkpoint)
    found = [(RunDir(path), _step(RunDir(path), checkpoint)) for path in paths]
    return [
        run
        for run, step in found
        if step != _best_step(run)
        and not (run.scored(split, step) / "predictions.csv").is_file()
    ]


def read(paths, split, checkpoint="last"):
    """A gain.TrainedRun for each run directory.

    The AUC is the run's mean over classes, labels or thresholds (the one AUC of
    two classes).

    Args:
      paths: run directories, each once.
      split: "val" or "test".
      checkpoint: "last" or "best".

    Raises:
      FileNotFoundError: no run directory, or no predictions of `split` by
        these weights.
      ValueError: a directory was given twice.
    """
    _require_distinct(paths)
    loaded = [_by(run, checkpoint) for run in auc_table.load(paths, split)]
    found = {row["run"]: row for row in auc_table.auc_rows_of(loaded)}
    records = [run_record.read(RunDir(path)) for path in paths]
    datasets = labels.dataset_names([record["data"] for record in records])
    return [
        gain.TrainedRun(
            name=name,
            dataset=datasets[record["data"]["fingerprint"]],
            setting=labels.setting(record, datasets),
            seed=record["config"]["seed"],
            init=labels.init_label(record),
            # The last of a run's rows: the mean, or the only AUC.
            auc=found[name]["value"],
            step=_step(RunDir(path), checkpoint),
            model=run_record.read_config(RunDir(path)).model.label,
            split=split,
            num_images=found[name]["num_images"],
            num_patients=found[name]["num_patients"],
        )
        for name, path, record in zip(
            tables.run_names(paths), paths, records, strict=True
        )
    ]


def read_similarity(csvs, paths, checkpoint="last"):
    """The rows of `csvs`, their `run` as `read(paths, ...)` names it.

    A run of a table is the directory whose path ends in the name there, since
    that is how analyze_representations.py names runs.

    Args:
      csvs: tables of the view before_after.
      paths: run directories.
      checkpoint: "last" or "best", the weights that they must be of.

    Returns:
      DataFrame with the columns of the tables.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: another table; a run that is none, or more than one, of
        `paths`; other weights than those the AUC is of; several networks.
    """
    if not csvs:
        raise ValueError(
            "Give at least one table of similarities with --similarity."
        )
    roots = dict(zip(tables.run_names(paths), paths, strict=True))
    found = [_read_one(csv, roots, checkpoint) for csv in csvs]
    table = pd.concat(found, ignore_index=True)
    models = {
        run_record.read_config(RunDir(roots[name])).model.name
        for name in table["run"].unique()
    }
    if len(models) > 1:
        raise ValueError(
            "Stages can be compared within one network; give the tables of one "
            f"at a time. Received: {', '.join(sorted(models))}"
        )
    return table


def _require_distinct(paths):
    seen = set()
    for path in paths:
        if (resolved := pathlib.Path(path).resolve()) in seen:
            raise ValueError(f"--runs has {path} twice; give each run once.")
        seen.add(resolved)


def _read_one(csv, roots, checkpoint):
    table = tables.read(csv)
    missing = [name for name in _NEEDED if name not in table]
    if missing or table.empty or set(table["view"]) != {_VIEW}:
        raise ValueError(
            f"{csv} is not a table of analyze_representations.py "
            f"--view={_VIEW}. "
            + (f"Columns it lacks: {', '.join(missing)}" if missing else "")
            + ("It has no rows." if table.empty and not missing else "")
        )
    table["value"] = _numbers(table["value"], csv)
    named = {name: _match(name, roots, csv) for name in table["run"].unique()}
    table["run"] = table["run"].map(named)
    for name, rows in table.groupby("run", sort=False):
        _check_step(RunDir(roots[name]), rows["other_step"], csv, checkpoint)
    return table


def _numbers(column, csv):
    try:
        return pd.to_numeric(column)
    except ValueError as error:
        raise ValueError(f"{csv}, column value: {error}") from None


def _match(name, roots, csv):
    """The key of `roots` that a run of a table is; ValueError if not one."""
    wanted = pathlib.PurePath(str(name)).parts
    fitting = []
    for known, root in roots.items():
        parts = pathlib.Path(root).resolve().parts
        is_same = pathlib.Path(str(name)).resolve().parts == parts
        if is_same or (wanted and parts[-len(wanted) :] == wanted):
            fitting.append(known)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ValueError(
            f"The run {name} of {csv} may be any of {', '.join(fitting)}. Give "
            "one of them at a time, or rename their directories and make the "
            "tables again."
        )
    raise ValueError(
        f"{csv} has the run {name}, which is none of --runs: "
        f"{', '.join(roots)}. Add its directory to --runs."
    )


def _check_step(run, steps, csv, checkpoint):
    """Similarity and AUC must be of the same weights."""
    wanted = _step(run, checkpoint)
    if set(steps) != {wanted}:
        raise ValueError(
            f"{csv} compares {run.root} at step "
            f"{', '.join(map(str, steps.unique()))}, but its AUC is that of "
            f"its {checkpoint} weights, step {wanted}; make the table with "
            f"--checkpoint={checkpoint}, or give the --checkpoint that it was "
            "made with."
        )


def _step(run, checkpoint):
    """The step of the weights in question; None where not known."""
    if checkpoint == "best":
        return _best_step(run)
    return run_record.last_step(run) or run.checkpoint_step("last")


def _best_step(run):
    return run.read_metrics()["best_step"]


def _by(scored, checkpoint):
    """A ScoredRun with the predictions of these weights."""
    run = RunDir(scored.root)
    step = _step(run, checkpoint)
    if step == _best_step(run):
        return scored
    path = run.scored(scored.split, step) / "predictions.csv"
    if not path.is_file():
        raise FileNotFoundError(
            f"{run.root} has no predictions of {scored.split} by its last "
            "weights; experiment.evaluate_last makes them, or take the best "
            'weights (checkpoint="best").'
        )
    found, _ = predictions.read(path)
    if not np.array_equal(found.ids, scored.predictions.ids):
        raise ValueError(
            f"{path} is of other images than {run.predictions(scored.split)}; "
            "delete it, and it is made again."
        )
    return dataclasses.replace(scored, predictions=found)
