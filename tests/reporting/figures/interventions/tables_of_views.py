"""Tables of the views of interventions, made by hand."""

import itertools

import pandas as pd

from transfusion_tf.analysis.interventions import (
    barrier,
    criticality_tables,
    resilience,
)

STAGES = ("conv1", "conv2", "conv3")
ABOUT = {
    "dataset": "chest",
    "model": "cbr_tiny",
    "split": "test",
    "metric": "AUC of pneumonia",
    "level": 0.95,
    "num_images": 60,
    "num_patients": 30,
    "num_batch_norm_images": 160,
}


def of_resilience(arms=("cbr_tiny random", "cbr_tiny pretrained"), seeds=3):
    """Lost: 0.1 at conv1, 0.2 at conv2 ...; half of it half way; 0.4 fresh."""
    rows = []
    for arm, (index, stage) in itertools.product(arms, enumerate(STAGES)):
        lost = 0.1 * (index + 1)
        for by, alpha, value in (
            ("start", 0.0, lost),
            ("start", 0.5, lost / 2 - 0.05),
            ("fresh", None, 0.4),
        ):
            rows.append(
                {
                    **dict.fromkeys(resilience.ARM_COLUMNS),
                    **ABOUT,
                    "arm": arm,
                    "stage": stage,
                    "stage_index": index,
                    "replaced_by": by,
                    "alpha": alpha,
                    "num_seeds": seeds,
                    "reference_auc": 0.9,
                    "auc": 0.9 - value,
                    "lost": value,
                    "low": value - 0.02,
                    "high": value + 0.02,
                    "note": "",
                }
            )
    table = pd.DataFrame(rows)[list(resilience.ARM_COLUMNS)]
    table["alpha"] = table["alpha"].astype(float)
    return {"resilience_arms": table}


# Of the runs of an arm at conv1, conv2, conv3; None is beyond the noises.
CRITICAL = ((0.0, 0.0, 40.0), (10.0, 1e3, 1e5), (2e4, None, None))


def of_criticality(arms=("cbr_tiny random", "cbr_tiny pretrained")):
    """Three runs of each arm: medians 0, 1,000 and beyond."""
    rows = [
        {
            **dict.fromkeys(criticality_tables.COLUMNS),
            **{k: ABOUT[k] for k in criticality_tables.COLUMNS if k in ABOUT},
            "run": f"{arm} {seed}",
            "arm": arm,
            "seed": seed,
            "stage": stage,
            "stage_index": index,
            "criticality": value,
            "margin": 0.01,
            "reference_auc": 0.9,
            "note": criticality_tables.BEYOND if value is None else "",
        }
        for arm in arms
        for index, stage in enumerate(STAGES)
        for seed, value in enumerate(CRITICAL[index])
    ]
    return criticality_tables.make_tables(rows)


def of_barrier(arms=("cbr_tiny random", "cbr_tiny pretrained")):
    """Two seeds of each arm; the first arm has a barrier of 0.3 until matched.

    Runs of both arms have one of 0.2, and are matched as well.
    """
    named = [(arm, f"{arm[9:]}-{seed}") for arm in arms for seed in (0, 1)]
    pairs = [
        ("within", *named[:2]),
        ("within", *named[2:]),
        ("between", named[0], named[2]),
    ]
    rows, means = [], []
    for place, (kind, (arm, run), (other_arm, other)) in enumerate(pairs):
        for channels in ("as trained", "matched"):
            height = (0.3, 0.0, 0.2)[place] if channels == "as trained" else 0
            pair = {
                **ABOUT,
                "kind": kind,
                "run": run,
                "arm": arm,
                "other_run": other,
                "other_arm": other_arm,
                "channels": channels,
            }
            for alpha in (0.0, 0.5, 1.0):
                here = height if alpha == 0.5 else 0.0
                rows.append(
                    {
                        **dict.fromkeys(barrier.COLUMNS),
                        **pair,
                        "alpha": alpha,
                        "loss": 0.4 + here,
                        "auc": 0.9 - here,
                    }
                )
            means.append(
                {
                    **dict.fromkeys(barrier.ARM_COLUMNS),
                    **{k: pair[k] for k in barrier.ARM_COLUMNS if k in pair},
                    "num_pairs": 1,
                    "note": "",
                    **dict.fromkeys(
                        (
                            "auc_barrier",
                            "lowest_auc_barrier",
                            "highest_auc_barrier",
                            "loss_barrier",
                            "lowest_loss_barrier",
                            "highest_loss_barrier",
                        ),
                        height,
                    ),
                }
            )
    return {
        "barrier": pd.DataFrame(rows)[list(barrier.COLUMNS)],
        "barrier_arms": pd.DataFrame(means)[list(barrier.ARM_COLUMNS)],
    }
