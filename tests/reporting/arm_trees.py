"""Run directories of arms with predictions of known quality, untrained."""

import hashlib

import numpy as np

from transfusion_tf import files
from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import predictions, record
from transfusion_tf.runs.directory import RunDir

SOURCE = {"kind": "imagenet", "file": "notop.h5", "sha256": "5" * 64}


def make_run(
    root,
    *,
    seed,
    signal,
    init="random",
    num=(60, 60),
    data="eyes",
    task="multiclass",
    patients=None,
    num_train_images=None,
    val_auc=None,
    **settings,
):
    """A run whose scores tell positives from negatives by `signal`.

    Images are equally hard for all runs on `data`; every run adds noise of its
    own. Those of each fold are others. `val_auc` is what best.json says, if
    anything.
    """
    if init != "random":
        settings.setdefault("weights", "imagenet")
    config = RunConfig.from_flags_dict(
        {
            "dataset": data,
            "image_size": 32,
            "model": "cbr_tiny",
            "init": init,
            "seed": seed,
            **settings,
        }
    )
    run = RunDir(root).make()
    classes = ["no", "mild", "severe"] if task == "ordinal" else ["no", "yes"]
    about = {
        "name": data,
        "fingerprint": hashlib.sha256(f"{data}{num}".encode()).hexdigest(),
        "task": task,
        "classes": classes,
        "image_size": 32,
    }
    source = SOURCE if init != "random" else None
    plan = {} if num_train_images is None else {"num_images": num_train_images}
    files.write_json(
        run.config, record.build(config, data=about, source=source, plan=plan)
    )
    if val_auc is not None:
        run.best.parent.mkdir(exist_ok=True)
        files.write_json(run.best, {"step": 1, "val_auc": val_auc})
    files.write_json(run.metrics, {"best_step": 1})
    about = [seed, len(init), int(1000 * signal)]
    own = np.random.default_rng([*about, *filter(None, [config.data.fold])])
    fold = config.data.fold or 0
    scored = _scored(own, signal, num, classes, patients, fold)
    predictions.write(run.predictions("test"), scored, classes)
    return run.root


def _scored(own, signal, num, classes, patients, fold):
    labels = np.repeat([1, 0], num)
    if len(classes) == 3:
        labels[: num[0] // 2] = 2
    count = len(labels)
    hardness = np.random.default_rng(fold).normal(size=count)
    logits = hardness + own.normal(size=count) + signal * labels
    steps = np.stack([k * logits for k in range(len(classes))], axis=1)
    scores = np.exp(steps - steps.max(axis=1, keepdims=True))
    return predictions.Predictions(
        ids=np.array([f"i{fold}{i:04d}" for i in range(count)]),
        patients=patients,
        labels=labels,
        scores=(scores / scores.sum(axis=1, keepdims=True)).astype(np.float32),
    )
