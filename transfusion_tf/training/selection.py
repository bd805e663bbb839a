"""Which evaluation of a run has the best weights so far.

An evaluation is a row of history.csv: {"step", "val_auc", "val_loss", ...}.
"""


def is_better(row, best):
    """Whether the weights of an evaluation replace the best ones so far.

    They do where the validation AUC is higher or, the AUC being the same, the
    validation loss is lower: on few images AUCs are often equal, and the loss
    still tells them apart. While the AUC has been undefined throughout, the
    latest weights count as best.

    Args:
      row: the new evaluation; its `val_auc` is None where undefined.
      best: the evaluation of the best weights so far, or None.
    """
    if best is None or best["val_auc"] is None:
        return True
    if row["val_auc"] is None:
        return False
    if row["val_auc"] == best["val_auc"]:
        return row["val_loss"] < best["val_loss"]
    return row["val_auc"] > best["val_auc"]


def row_of(step, rows):
    """The evaluation after `step` optimizer steps, or None."""
    return next((row for row in rows if row["step"] == step), None)
