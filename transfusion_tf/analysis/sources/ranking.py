"""Sources in the order of what a linear probe finds in them."""

import numpy as np

from transfusion_tf import tables
from transfusion_tf.analysis.comparing import arms, paired_table
from transfusion_tf.analysis.sources import candidates, features
from transfusion_tf.analysis.sources.scores import (
    KNN,
    LEEP,
    LINEAR,
    LOGME,
)

COLUMNS = (
    "rank",
    "source",
    "kind",
    "stage",
    LINEAR,
    "low",
    "high",
    "level",
    "random_auc",
    "difference",
    "difference_low",
    "difference_high",
    "p_value",
    "p_adjusted",
    "verdict",
    KNN,
    LOGME,
    LEEP,
    "note",
)


def of_scores(target, table, scores, *, margin):
    """DataFrame of COLUMNS, the best source first, random last.

    A source stands for itself by the stage whose linear probe has the highest
    AUC (of random weights, in the mean over the draws).

    Args:
      target: target.Target.
      table: DataFrame of scores.COLUMNS.
      scores: {(name of a source, stage): list of (num_images, num_classes)
        of the linear probes of its networks}.
      margin: see statistics.equivalence.
    """
    probed = table[table["measure"] == LINEAR]
    means = probed.groupby(["source", "stage"], sort=False)["value"].mean()
    best = {
        name: of_source.droplevel(0).idxmax()
        for name, of_source in means.groupby(level=0, sort=False)
        if of_source.notna().any()
    }
    by_name = {
        name: _arm(target, name, scores[name, stage])
        for name, stage in best.items()
    }
    floor = by_name.get(candidates.RANDOM)
    pairs = [
        (arm, floor)
        for name, arm in by_name.items()
        if floor and name != candidates.RANDOM
    ]
    compared = {
        row["arm"]: row for row in paired_table.rows(pairs, margin=margin)
    }
    single = {
        row["arm"]: row for row in paired_table.arm_rows(by_name.values())
    }
    rows = [
        _ranked(of_source, best.get(name), single.get(name), compared.get(name))
        for name, of_source in table.groupby("source", sort=False)
    ]
    rows.sort(key=lambda row: -(row[LINEAR] if row[LINEAR] is not None else -1))
    sources = [row for row in rows if row["source"] != candidates.RANDOM]
    for rank, row in enumerate(sources, start=1):
        row["rank"] = rank
    floors = [row for row in rows if row["source"] == candidates.RANDOM]
    return tables.frame([*sources, *floors], columns=COLUMNS)


def _arm(target, name, scores):
    """The arms.Arm of the networks of one name, on the scored images."""
    card, questions = target.opened.card, target.questions
    return arms.Arm(
        name=name,
        settings={},
        dataset=card.name,
        split=target.split,
        task=card.task,
        classes=tuple(card.classes),
        seeds=tuple(map(str, range(len(scores)))),
        labels=questions.labels,
        scores=np.stack(scores),
        patients=questions.patients,
    )


def _ranked(table, stage, single, compared):
    """A row (dict of COLUMNS) of the scores of one source."""
    first = table.iloc[0]
    row = dict.fromkeys(COLUMNS)
    row |= {"source": first["source"], "kind": first["kind"], "stage": stage}
    if single is None:
        reasons = table["note"].dropna()
        return {**row, "note": next(filter(None, reasons), "")}
    row |= {
        LINEAR: single["value"],
        **{key: single[key] for key in ("low", "high", "level")},
        "note": (compared or single)["note"],
    }
    at = table[table["stage"].isin((stage, features.HEAD))]
    for measure in (KNN, LOGME, LEEP):
        values = at.loc[at["measure"] == measure, "value"].astype(float)
        row[measure] = None if values.isna().all() else float(values.mean())
    if compared:
        row |= {
            "random_auc": compared["reference_auc"],
            "difference": compared["difference"],
            "difference_low": compared["low"],
            "difference_high": compared["high"],
            **{k: compared[k] for k in ("p_value", "p_adjusted", "verdict")},
        }
    return row
