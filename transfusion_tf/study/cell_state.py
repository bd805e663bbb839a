"""How far the run of a cell has come, from its files alone."""

import csv
import dataclasses

from transfusion_tf import files
from transfusion_tf.runs import checksums
from transfusion_tf.runs import record as run_record

FINISHED, FAILED, WAITING = "finished", "failed", "not finished"
LEFT_OUT = "left out"  # Its source has failed.
_REPEAT = "Delete the directory of this run, and repeat it."


@dataclasses.dataclass(frozen=True, kw_only=True)
class CellState:
    """What there is of a cell.

    Attributes:
      status: FINISHED, FAILED, WAITING or LEFT_OUT.
      reason: why it is not finished, on one line, where that is known.
      steps, seconds: of training, or None.
      val_auc: the best one on val; None where undefined.
      test_auc: of the best weights on test, likewise.
    """

    status: str
    reason: str = ""
    steps: int | None = None
    seconds: float | None = None
    val_auc: float | None = None
    test_auc: float | None = None


def read(study, cell, *, fingerprint=None):
    """The CellState of a cell of a StudyDir.

    Args:
      study: StudyDir.
      cell: grid.Cell.
      fingerprint: of the records that its run must be on; None: any.
    """
    run = study.run(cell)
    if is_finished(run, cell.config, fingerprint=fingerprint):
        return CellState(status=FINISHED, **_numbers(run))
    failure = study.failure(cell)
    if failure.is_file():
        reason = files.read_object(failure, "Delete it.", reason=str)["reason"]
        return CellState(status=FAILED, reason=reason)
    return CellState(status=WAITING)


def is_finished(run, config, *, fingerprint=None):
    """Whether a RunDir holds the finished run of a RunConfig.

    What it cannot tell from files, as changed records of a data set that is
    made, experiment.train tells.
    """
    try:
        if run.read_status().get("status") != "finished":
            return False
        data = run_record.read(run)["data"]
        found = run_record.read_config(run)
    except (FileNotFoundError, ValueError):
        return False  # Damaged: training says so.
    if fingerprint not in (None, data["fingerprint"]):
        return False
    return _resolved(config, found) == found


def _resolved(config, found):
    """`config` with what a run resolves, and its places, as in `found`."""
    size = config.data.image_size or found.data.image_size
    scaling = config.model.input_scaling
    if scaling == "auto":
        scaling = found.model.input_scaling
    return dataclasses.replace(
        config,
        data=dataclasses.replace(
            config.data, image_size=size, dataset=found.data.dataset
        ),
        model=dataclasses.replace(config.model, input_scaling=scaling),
        init=dataclasses.replace(config.init, weights=found.init.weights),
    )


def _numbers(run):
    with run.history.open(newline="", encoding="utf-8") as stream:
        last = list(csv.DictReader(stream))[-1]
    metrics = run.read_metrics()
    return {
        "steps": int(last["step"]),
        "seconds": float(last["seconds"]),
        "val_auc": files.read_object(run.best, _REPEAT)["val_auc"],
        "test_auc": metrics["test"]["auc"]["value"],
    }


def prune(run, keep):
    """Deletes the weights of a finished run that are not to be kept.

    Args:
      run: RunDir.
      keep: names of spec.KEPT; weights that are several of them stay for the
        sake of one.
    """
    places = {
        "initial": 0,
        "best": files.read_object(run.best, _REPEAT, step=int)["step"],
        "last": run_record.last_step(run),
    }
    for step in run.weight_steps():
        roles = {kind for kind, place in places.items() if place == step}
        if (roles or {"snapshots"}).isdisjoint(keep):
            path = run.weights(step)
            checksums.forget(run, path)
            path.unlink(missing_ok=True)
