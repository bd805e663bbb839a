"""Each AUC of each arm: of classes, labels or thresholds, and their mean.

Tables 1 and 2 of Raghu et al. 2019 (arXiv:1902.07208) for one's own data.
"""

import numpy as np

from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import arms as comparing_arms
from transfusion_tf.analysis.comparing import paired_table
from transfusion_tf.metrics import seed_auc, summary

COLUMNS = (
    "arm",
    "model",
    "dataset",
    "split",
    "auc_of",
    "positive",
    "negative",
    *auc_table.ESTIMATE,
    "seed_sd",
    "num_seeds",
    *auc_table.SIZES,
    "num_positive",
    "num_negative",
    "seed_values",
    "note",
)
_NO_SIDES = {"positive": "", "negative": ""}  # A mean has none.


def rows(arms):
    """One row (dict of COLUMNS) for each AUC of each arm, the mean last.

    Args:
        arms: analysis.comparing.arms.Arms with settings.
    """
    found = []
    for arm in arms:
        parts, mean = paired_table.aucs_of(arm)
        named = [
            (summary.name_of(arm.task, arm.classes, index), scored)
            for index, scored in parts
        ]
        if len(named) > 1:
            name = auc_table.mean_name(name for name, _ in named)
            named.append((name, mean))
        sides = auc_table.sides(arm.task, arm.classes)
        about = _about(arm)
        found += [
            {
                **about,
                "auc_of": name,
                **sides.get(name, _NO_SIDES),
                **_numbers(arm, scored),
            }
            for name, scored in named
        ]
    return found


def _about(arm):
    patients = arm.patients
    return {
        "arm": arm.name,
        "model": comparing_arms.model_label(arm.settings),
        "dataset": arm.dataset,
        "split": arm.split,
        "num_seeds": len(arm.seeds),
        "num_images": len(arm.labels),
        "num_patients": None if patients is None else len(set(patients)),
    }


def _numbers(arm, scored):
    found = seed_auc.over_seeds(scored, level=paired_table.LEVEL)
    values = found.values
    return {
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "level": paired_table.LEVEL,
        "seed_sd": np.std(values, ddof=1) if len(values) > 1 else None,
        "num_positive": scored.num_positive,
        "num_negative": scored.num_negative,
        "seed_values": " ".join(f"{value:.6g}" for value in values),
        "note": paired_table.note(scored, found.reason, [arm]),
    }
