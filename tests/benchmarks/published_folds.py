"""Prints what comparing arms says of the published AUCs of five folds.

    python -m tests.benchmarks.published_folds DIRECTORY

DIRECTORY holds AUC.csv of Juodelyte et al. 2023 (their repository, results/).
A fold is the unit: predictions were not published. Networks of different folds
share three quarters of their training images, so the variance between folds
is multiplied by 1 + K x tested / trained = 2.25 of five folds (Nadeau and
Bengio 2003, Machine Learning 52, 239-281, in its standard error).
"""

import dataclasses
import pathlib
import sys

import numpy as np
import pandas as pd

from transfusion_tf.metrics import paired_auc, seed_auc
from transfusion_tf.statistics import equivalence, variance_components

MARGIN = 0.01
NUM_FOLDS = 5
CORRECTION = 1 + NUM_FOLDS * (1 / 4)
COMPARISONS = (
    ("ImageNet", "random"),
    ("RadImageNet", "random"),
    ("ImageNet", "RadImageNet"),
)


def arm(values):
    """The seed_auc.Arm of AUCs of which no image is known."""
    scores = np.zeros((len(values), 4))
    without = seed_auc.scored([1, 1, 0, 0], scores, np.arange(4))
    return dataclasses.replace(without, values=np.asarray(values, float))


def read(directory, *, frozen_first=False):
    """{(data set, source): (5,) AUCs of folds 1 to 5}."""
    table = pd.read_csv(pathlib.Path(directory) / "AUC.csv")
    table = table[table["freeze"] == f"freeze{frozen_first}"]
    table = table.sort_values("fold")
    return {
        key: part["AUC"].to_numpy()
        for key, part in table.groupby(["target", "source"], sort=False)
    }


def rows(aucs):
    """Dicts of each comparison on each data set, adjusted for all of them."""
    found = []
    for source, reference in COMPARISONS:
        for target in dict.fromkeys(target for target, _ in aucs):
            compared = paired_auc.between(
                arm(aucs[target, reference]),
                arm(aucs[target, source]),
                paired_seeds=True,
            )
            found.append(_row(source, reference, target, compared))
    adjusted = equivalence.holm([row["p_value"] for row in found])
    return [
        {**row, "p_adjusted": p, "verdict": _verdict(row, p)}
        for row, p in zip(found, adjusted, strict=True)
    ]


def _row(source, reference, target, compared):
    variance, freedom = (
        CORRECTION * compared.variance,
        compared.degrees_of_freedom,
    )
    reach = np.sqrt(variance) * np.array(
        [
            variance_components.t_quantile(level, freedom)
            for level in (0.95, 0.9)
        ]
    )
    return {
        "source": source,
        "reference": reference,
        "target": target,
        "value": compared.value,
        "low": compared.value - reach[0],
        "high": compared.value + reach[0],
        "low_90": compared.value - reach[1],
        "high_90": compared.value + reach[1],
        "p_value": variance_components.p_value(
            compared.value, variance, freedom
        ),
    }


def _verdict(row, p_adjusted):
    return equivalence.verdict(
        row["value"],
        row["low_90"],
        row["high_90"],
        p_value=p_adjusted,
        margin=MARGIN,
    )


def markdown(found):
    """Lines of the table of docs/statistics.md, in AUC points."""
    lines = [
        "| compared | data set | difference [95%] | p, adjusted | verdict |",
        "|---|---|---|---|---|",
    ]
    for row in found:
        low, value, high = (
            f"{100 * row[name]:.1f}" for name in ("low", "value", "high")
        )
        lines.append(
            f"| {row['source']} - {row['reference']} | {row['target']} | "
            f"{value} [{low}, {high}] | {row['p_adjusted']:.3f} | "
            f"`{row['verdict']}` |"
        )
    return lines


if __name__ == "__main__":
    print("\n".join(markdown(rows(read(sys.argv[1])))))
