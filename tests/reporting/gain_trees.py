"""Run directories and tables for tests of gains, without any training."""

import hashlib

import numpy as np

from transfusion_tf import files, tables
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import predictions
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir

BEST = 40
_SOURCE = {"kind": "imagenet", "file": "notop.h5"}


def make_run(root, *, auc, data="eyes", source=_SOURCE, **settings):
    """A run directory whose test AUC is `auc`, a multiple of 1/10.

    What follows a "#" in `data` changes the data, but not their name.
    """
    settings = {"image_size": 32, "steps": BEST, **settings}
    if settings.setdefault("init", "random") == "random":
        source = None
    else:
        settings.setdefault("weights", "imagenet")
    config = RunConfig.from_flags_dict({"dataset": data, **settings})
    run = RunDir(root).make()
    about = {
        "name": data.partition("#")[0],
        "fingerprint": hashlib.sha256(data.encode()).hexdigest(),
        "task": "multiclass",
        "classes": ["0", "1"],
        "image_size": settings["image_size"],
    }
    record = run_record.build(
        config,
        data=about,
        source=source,
        plan={"total_steps": settings["steps"]},
    )
    files.write_json(run.config, record)
    files.write_json(run.metrics, {"best_step": BEST})
    predictions.write(run.predictions("test"), scored(auc), ["0", "1"])
    return run.root


def scored(auc):
    """One positive among ten negatives, above `auc` of them."""
    scores = np.array([auc - 0.05, *np.arange(10) / 10])
    return predictions.Predictions(
        ids=np.array([f"i{i}" for i in range(11)]),
        patients=None,
        labels=np.array([1] + [0] * 10),
        scores=np.stack([1 - scores, scores], axis=1).astype(np.float32),
    )


def make_table(path, values, *, stages=("conv1", "conv2"), **columns):
    """A table of before_after with {name of a run: similarity}."""
    rows = [
        {
            **dict.fromkeys(view_rows.COLUMNS, 1),
            "run": name,
            "step": 0,
            "other_run": name,
            "other_step": BEST,
            "view": "before_after",
            "stage": stage,
            "stage_index": index,
            "measure": "cca",
            "value": None if value is None else value - 0.1 * index,
            "note": "",
            **columns,
        }
        for name, value in values.items()
        for index, stage in enumerate(stages)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    return tables.write(path, rows, columns=view_rows.COLUMNS)
