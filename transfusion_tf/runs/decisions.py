"""By what a run decides: kept in metrics.json, or found from its val.csv."""

from transfusion_tf import checked
from transfusion_tf.metrics import decision
from transfusion_tf.runs import checksums, predictions


def on_val(run, task):
    """What the saved predictions of val decide by, see `decision.chosen`.

    Args:
        run: RunDir.
        task: one of names.TASKS.

    Raises:
        FileNotFoundError: there are no such predictions.
        ValueError: they are damaged.
    """
    path = run.predictions("val")
    checksums.check(run, path)
    scored, classes = predictions.read(path)
    return decision.chosen(task, classes, scored.labels, scored.scores)


def thresholds(run, task, classes):
    """The thresholds that a finished run has chosen on val.

    Runs of releases that did not keep them are judged by their predictions.

    Args:
        run: RunDir.
        task: one of names.TASKS.
        classes: names of the classes or labels, in order.

    Returns:
        A tuple of floats, None where one is undefined: one of two classes, one
        for each label of multilabel, and none for other tasks.

    Raises:
        FileNotFoundError, ValueError: no metrics, no predictions, damaged.
    """
    metrics = run.read_metrics()
    found = metrics.get("decision") or on_val(run, task)
    number = len(classes) if task == "multilabel" else 1
    if decision.rule(task, len(classes)) != decision.THRESHOLD:
        number = 0
    values = _values(found)
    if values is None or len(values) != number:
        raise ValueError(
            f"{run.metrics} is damaged: its decision is "
            f"{checked.shown(found)}. Give --threshold, or repeat the run with "
            "--overwrite."
        )
    return values


def _values(found):
    """The thresholds of a `decision`; None where it is none."""
    kept = found.get("thresholds") if isinstance(found, dict) else None
    if not isinstance(kept, list):
        return None
    values = [one.get("value") for one in kept if isinstance(one, dict)]
    are_right = len(values) == len(kept) and all(
        value is None or (isinstance(value, float | int) and 0 <= value <= 1)
        for value in values
    )
    return tuple(values) if are_right else None
