"""What the probabilities of arms are worth: the runs' numbers by arm."""

from transfusion_tf import tables

MEASURES = (
    "prevalence",
    "brier",
    "brier_baseline",
    "ece",
    "intercept",
    "slope",
    "average_precision",
)
COLUMNS = (
    "arm",
    "dataset",
    "split",
    "auc_of",
    "measure",
    "mean",
    "lowest",
    "highest",
    "num_runs",
    "num_undefined",
)
_KEYS = ("arm", "dataset", "split", "auc_of")


def run(calibration, points, arms):
    """Returns a DataFrame of COLUMNS: mean and range over the runs of an arm.

    Args:
        calibration: rows of probability_tables.CALIBRATION_COLUMNS.
        points: rows of POINT_COLUMNS there; the measure of one is named like
            "sensitivity at specificity 0.9".
        arms: {run: name of its arm}.
    """
    values = {}
    for row in calibration.to_dict("records"):
        for measure in MEASURES:
            key = *_key(row, arms), measure
            values.setdefault(key, []).append(row[measure])
    for row in points.to_dict("records"):
        measure = f"{row['measure']} at {row['given']} {row['asked']:g}"
        key = *_key(row, arms), measure
        values.setdefault(key, []).append(row["value"])
    return tables.frame(
        [
            {**dict(zip((*_KEYS, "measure"), key, strict=True)), **_over(found)}
            for key, found in values.items()
        ],
        columns=COLUMNS,
    )


def _key(row, arms):
    return arms[row["run"]], row["dataset"], row["split"], row["auc_of"]


def _over(values):
    known = [v for v in values if v is not None and v == v]  # Not NaN.
    numbers = dict.fromkeys(("mean", "lowest", "highest"))
    if known:
        numbers = {
            "mean": sum(known) / len(known),
            "lowest": min(known),
            "highest": max(known),
        }
    return {
        **numbers,
        "num_runs": len(values),
        "num_undefined": len(values) - len(known),
    }
