"""What follows from how the validation AUC went: plateaus and an early end.

All are functions of the rows of history.csv, {"step", "val_auc", ...}, so that
a run that was interrupted goes on as if it had not been.
"""


def plateaus(rows, *, patience, after=0):
    """How often `patience` evaluations in a row brought no better AUC.

    Better is what is above all before it, by however little. After each
    plateau the count begins anew, as in keras.callbacks.ReduceLROnPlateau.

    Args:
      rows: the evaluations so far, in order.
      patience: number of evaluations, at least 1.
      after: evaluations up to this step are not counted as failures.

    Raises:
      ValueError: there are evaluations, and the AUC of all is undefined.
    """
    best, waited, count = None, 0, 0
    for row in rows:
        auc = row["val_auc"]
        if auc is not None and (best is None or auc > best):
            best, waited = auc, 0
        elif row["step"] > after:
            waited += 1
        if waited == patience:
            waited, count = 0, count + 1
    if rows and best is None:
        raise ValueError(
            "The validation AUC is undefined (one class only in the validation "
            "split?), so that neither --schedule=plateau nor --early_stopping "
            "can go by it; leave them out, or convert the data set with "
            "another split."
        )
    return count


def rule(config):
    """A function of the evaluations so far: does the training end here?

    Args:
      config: TrainConfig. The frozen steps before its `unfreeze_at` are not
        counted against the training that follows.
    """
    patience, after = config.early_stopping, config.unfreeze_at or 0

    def ends(rows):
        """Whether the patience of --early_stopping is at an end."""
        if patience is None:
            return False
        return plateaus(rows, patience=patience, after=after) > 0

    return ends
