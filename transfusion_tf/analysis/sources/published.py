"""Do published scores of sources order them as fine-tuning does?

For the tables of Juodelyte et al. 2024 (arXiv:2412.20172, MIT licence): the AUC
after fine-tuning from each source on each target of MedMNIST, and a score of
each source and target, sources being data sets (one network) or networks
(ImageNet). Fine-tuned AUCs of a target have the order that a score should have.
"""

import pathlib

import numpy as np

from transfusion_tf import tables
from transfusion_tf.statistics import clustered_correlation

KINDS = ("dataset", "model")
AUCS = "AUCs"
# As their files are called; "lp" is a linear probe.
SCORES = ("lp", "logme", "leep", "nleep", "parc", "sfda", "ncti", "fu")
MEAN = "mean of targets"
COLUMNS = (
    "kind",
    "score",
    "target",
    "value",
    "low",
    "high",
    "leave_one_out_low",
    "leave_one_out_high",
    "num_sources",
    "note",
)


def run(folder):
    """Spearman's rho of each score with the AUCs, by target, and in the mean.

    The range is over leaving out each source; that of the mean leaves out a
    source for all targets at once. The interval is of
    statistics.clustered_correlation, over other such sources.

    Args:
      folder: with <score>_<kind>.csv and AUCs_<kind>.csv.

    Returns:
      DataFrame with COLUMNS.

    Raises:
      FileNotFoundError, ValueError: a table is not there, or lacks sources.
    """
    rows = []
    for kind in KINDS:
        aucs = _table(folder, AUCS, kind)
        for score in SCORES:
            scores = _table(folder, score, kind)
            rows += [
                {"kind": kind, "score": score, **row}
                for row in of_score(scores, aucs)
            ]
    return tables.frame(rows, columns=COLUMNS)


def of_score(scores, aucs):
    """Rows (dicts of COLUMNS but kind and score), the mean of targets last.

    Args:
      scores, aucs: DataFrames, a row a source, a column a target; pairs that
        either lacks are left out.
    """
    if list(scores.index) != list(aucs.index):
        raise ValueError(
            "Scores and AUCs must have the same sources in the same order. "
            f"Received: {list(scores.index)} and {list(aucs.index)}"
        )
    targets = [target for target in scores if target in aucs]
    rows = []
    for target in targets:
        found = clustered_correlation.summarize(
            "spearman", scores[target], aucs[target], scores.index
        )
        rows.append(
            {
                "target": target,
                **{key: found[key] for key in COLUMNS[3:8]},
                "num_sources": found["num_points"],
                "note": "" if found["value"] is not None else found["note"],
            }
        )
    means = [
        _mean(scores.drop(source), aucs.drop(source), targets)
        for source in scores.index
    ]
    return [
        *rows,
        {
            "target": MEAN,
            "value": _mean(scores, aucs, targets),
            "low": None,
            "high": None,
            "leave_one_out_low": min(means),
            "leave_one_out_high": max(means),
            "num_sources": len(scores),
            "note": "",
        },
    ]


def _mean(scores, aucs, targets):
    """The mean over the targets in which it is defined; NaN in none."""
    values = []
    for target in targets:
        x, y = scores[target].to_numpy(float), aucs[target].to_numpy(float)
        keep = ~(np.isnan(x) | np.isnan(y))
        value = clustered_correlation.spearman(x[keep], y[keep])
        values += [] if value is None else [value]
    return float(np.mean(values)) if values else float("nan")


def _table(folder, name, kind):
    path = pathlib.Path(folder) / f"{name}_{kind}.csv"
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: there is no such table; give the folder of the tables "
            "of Juodelyte et al. 2024."
        )
    table = tables.read_text(path)
    if "source" not in table:
        raise ValueError(f"{path} has no column `source`.")
    table = table.set_index("source")
    numbers = [name for name in table if name]
    return table[numbers].replace("", "nan").astype(float)
