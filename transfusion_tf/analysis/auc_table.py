"""The AUCs of runs as a table, from the predictions that they saved."""

import dataclasses
import pathlib

from transfusion_tf import tables
from transfusion_tf.config.run import RunConfig
from transfusion_tf.data import card
from transfusion_tf.metrics import summary
from transfusion_tf.runs import checksums, globs, predictions
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir

# Columns that several tables share: what a run is, how much it was scored on,
# an estimate, a difference of two.
RUN = ("run", "dataset", "model", "init", "seed", "split")
SIZES = ("num_images", "num_patients")
ESTIMATE = ("value", "low", "high", "level")
DIFFERENCE = ("difference", "low", "high", "level", "p_value", "p_adjusted")
ABOUT = (*RUN, *SIZES)  # The keys of `about_run`.
COLUMNS = (*RUN, "auc_of", "positive", "negative", *ESTIMATE, *SIZES, "note")
MEAN = "mean"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoredRun:
    """What a run has said of a split.

    Attributes:
      name: what the column `run` calls it.
      root: its directory.
      data: dict on its records: name, fingerprint, task, classes, ...
      config: RunConfig; None for predictions of other tools.
      split: "val" or "test"; of an external test set also "train".
      classes: names of the outputs, in order.
      predictions: Predictions, or None before there are any.
    """

    name: str
    root: pathlib.Path
    data: dict
    config: RunConfig | None
    split: str
    classes: tuple
    predictions: predictions.Predictions | None


def load(runs, split):
    """Returns the ScoredRun of each run.

    Args:
      runs: list of run directories, patterns (globs) of them, or RunDirs.
      split: "val" or "test".

    Raises:
      FileNotFoundError: a run has no predictions of `split`.
    """
    loaded = []
    for described_run in described(globs.expanded(runs), split):
        run = RunDir(described_run.root)
        path = run.predictions(split)
        if not path.is_file():
            raise FileNotFoundError(
                f"{run.root} has no predictions of {split}; let train.py "
                "finish the run."
            )
        checksums.check(run, path)
        scored, classes = predictions.read(path)
        loaded.append(
            dataclasses.replace(
                described_run, classes=classes, predictions=scored
            )
        )
    return loaded


def described(roots, split):
    """Returns the ScoredRun of each run directory, without predictions.

    Args:
      roots: paths of run directories.
      split: which split they are to be scored on.
    """
    runs = []
    for name, root in zip(tables.run_names(roots), roots, strict=True):
        run = RunDir(root)
        record = run_record.read(run)
        runs.append(
            ScoredRun(
                name=name,
                root=run.root,
                data=record["data"],
                config=run_record.read_config(run),
                split=split,
                classes=tuple(record["data"]["classes"]),
                predictions=None,
            )
        )
    return runs


def has_predictions(path, split):
    """Whether a directory is that of a run that has predictions of `split`."""
    run = RunDir(path)
    return run.config.is_file() and run.predictions(split).is_file()


def run(loaded):
    """Returns `auc_rows_of` ScoredRuns as a DataFrame."""
    return tables.frame(auc_rows_of(loaded), columns=COLUMNS)


def auc_rows(runs, split):
    """The `auc_rows_of` the run directories `runs`, see `load`."""
    return auc_rows_of(load(runs, split))


def auc_rows_of(loaded):
    """One row for each AUC of each run: its parts, and their mean.

    Args:
      loaded: ScoredRuns.

    Returns:
      List of dicts with the keys COLUMNS; `auc_of` is the class, label or
      threshold (">=2"), or what `mean_name` gives; `positive` and `negative`
      are what a high and a low score stand for ("rest" is all other classes,
      and a mean has none); patients are
      the unit of the intervals where the run's records have them; `note` says
      why there is no AUC, or what there is to know of its interval.
    """
    rows = []
    for run in loaded:
        numbers = summarize(run)
        about = {**about_run(run), "level": numbers["level"]}
        of_run = sides(run.data["task"], run.classes)
        rows += [
            {**about, **auc_cells(of, entry), **of_run.get(of, _NO_SIDES)}
            for of, entry in parts_and_mean(numbers)
        ]
    return rows


def summarize(run):
    """What metrics.summary.summarize says of a ScoredRun."""
    scored = run.predictions
    return summary.summarize(
        run.data["task"],
        run.classes,
        scored.labels,
        scored.scores,
        groups=scored.patients,
    )


def parts_and_mean(numbers):
    """[(auc_of, entry)] of each AUC that `summarize` gives.

    Where there are several, their mean is the last one.
    """
    parts = [(entry["name"], entry) for entry in numbers["aucs"]]
    if len(parts) > 1:
        parts.append((mean_name(of for of, _ in parts), numbers["auc"]))
    return parts


def mean_name(names):
    """What the mean of AUCs is called: "mean", unless one of them is.

    Args:
      names: of the AUCs: classes, labels or thresholds.
    """
    names, found = set(names), MEAN
    while found in names:
        found += " of all"
    return found


def about_run(run):
    """{column: value} of what a ScoredRun is, for the rows of any table."""
    patients, config = run.predictions.patients, run.config
    return {
        "run": run.name,
        "dataset": run.data["name"],
        "model": config and config.model.label,
        "init": config and config.init.scheme,
        "seed": config and config.seed,
        "split": run.split,
        "num_images": len(run.predictions.labels),
        "num_patients": None if patients is None else len(set(patients)),
    }


_NO_SIDES = {"positive": "", "negative": ""}  # A mean has none.


def sides(task, classes):
    """Returns {auc_of: {"positive": ..., "negative": ...}}."""
    if task == "ordinal":
        pairs = {f">={grade}": (f">={grade}", f"<{grade}") for grade in classes}
    elif task == "multilabel":
        pairs = {label: (label, f"no {label}") for label in classes}
    elif card.positive_class(task, classes):
        pairs = {classes[1]: (classes[1], classes[0])}
    else:
        pairs = {name: (name, "rest") for name in classes}
    return {
        of: {"positive": positive, "negative": negative}
        for of, (positive, negative) in pairs.items()
    }


def auc_cells(of, entry):
    """{column: value} of one of `parts_and_mean`."""
    kept = {key: entry[key] for key in ("value", "low", "high")}
    return {"auc_of": of, **kept, "note": entry["reason"] or entry["note"]}
