"""The AUCs of runs as a table, from the predictions that they saved."""

from transfusion_tf import run_record
from transfusion_tf.metrics import summary
from transfusion_tf.reporting import tables
from transfusion_tf.run_dir import RunDir
from transfusion_tf.training import predictions

COLUMNS = (
    "run",
    "dataset",
    "model",
    "init",
    "seed",
    "split",
    "auc_of",
    "value",
    "low",
    "high",
    "level",
    "num_images",
    "num_patients",
    "note",
)
MEAN = "mean"


def auc_rows(runs, split):
    """One row for each AUC of each run: its parts, and their mean.

    Args:
      runs: run directories.
      split: "val" or "test".

    Returns:
      List of dicts with the keys COLUMNS; `auc_of` is the class, label or
      threshold (">=2"), or "mean"; patients are the unit of the intervals
      where the run's records have them.

    Raises:
      FileNotFoundError: a run has no predictions of `split`.
    """
    rows = []
    for name, root in zip(tables.run_names(runs), runs, strict=True):
        run = RunDir(root)
        path, record = run.predictions(split), run_record.read(run)
        if not path.is_file():
            raise FileNotFoundError(
                f"{run.root} has no predictions of {split}; let train.py "
                "finish the run."
            )
        scored, classes = predictions.read(path)
        numbers = summary.summarize(
            record["data"]["task"],
            classes,
            scored.labels,
            scored.scores,
            groups=scored.patients,
        )
        config = run_record.read_config(run)
        about = {
            "run": name,
            "dataset": record["data"]["name"],
            "model": config.model.name,
            "init": config.init.scheme,
            "seed": config.seed,
            "split": split,
            "level": numbers["level"],
            "num_images": numbers["num_images"],
            "num_patients": numbers["num_patients"],
        }
        parts = [(entry["name"], entry) for entry in numbers["aucs"]]
        if len(parts) > 1:
            parts.append((MEAN, numbers["auc"]))
        rows += [_row(about, of, entry) for of, entry in parts]
    return rows


def _row(about, of, entry):
    kept = {key: entry[key] for key in ("value", "low", "high")}
    return {**about, "auc_of": of, **kept, "note": entry["reason"] or ""}
