"""Made tables of the views `probes` and `shortcut`."""

import itertools

from transfusion_tf import tables
from transfusion_tf.analysis.interventions import probe_tables, shortcut_tables

STAGES = ("conv1", "conv2", "conv3", "conv4")
_SUBJECT = {"dataset": "eyes", "model": "cbr_tiny", "split": "test"}
_COUNTS = {"num_images": 600, "num_patients": 300}
# {(network, arm): AUC of each stage}
PROBES = {
    ("source", "imagenet"): (0.70, 0.80, 0.85, 0.75),
    ("start", "pretrained imagenet"): (0.70, 0.80, 0.85, 0.75),
    ("trained", "pretrained imagenet"): (0.72, 0.84, 0.91, 0.90),
    ("start", "random"): (0.66, 0.65, 0.62, 0.60),
    ("trained", "random"): (0.68, 0.74, 0.80, 0.86),
    ("random", probe_tables.FLOOR): (0.66, 0.64, 0.62, 0.58),
}
# {(arm, kind): AUC lost at each strength}
LOST = {
    ("pretrained imagenet", "block_shuffle"): (0.001, 0.02, 0.10, 0.25),
    ("pretrained imagenet", "low_pass"): (0.00, 0.01, 0.05, 0.20),
    ("pretrained imagenet", "high_pass"): (0.30, 0.25, 0.10, 0.05),
    ("random", "block_shuffle"): (0.001, 0.01, 0.03, 0.08),
    ("random", "low_pass"): (0.02, 0.08, 0.20, 0.30),
    ("random", "high_pass"): (0.28, 0.26, 0.12, 0.04),
}
STRENGTHS = {
    "block_shuffle": (2.0, 4.0, 8.0, 16.0),
    "low_pass": (1 / 128, 1 / 64, 1 / 32, 1 / 16),
    "high_pass": (1 / 128, 1 / 64, 1 / 32, 1 / 16),
}
AUCS = {"pretrained imagenet": 0.92, "random": 0.88}


def probes():
    """{stem: DataFrame} as of analysis.interventions.probes."""
    arms, peaks = [], []
    for ((kind, arm), aucs), probe in itertools.product(
        PROBES.items(), ("linear", "knn")
    ):
        aucs = [auc - (0.02 if probe == "knn" else 0) for auc in aucs]
        about = {
            **_SUBJECT,
            "arm": arm,
            "network": kind,
            "probe": probe,
            "metric": "AUC of ill",
            "num_networks": 3,
            "level": 0.95,
            "note": "",
        }
        floor = PROBES["random", probe_tables.FLOOR]
        arms += [
            {
                **about,
                **_COUNTS,
                "num_train_images": 4000,
                "stage": stage,
                "stage_index": index,
                "num_channels": 64,
                "value": auc,
                "low": auc - 0.03,
                "high": auc + 0.03,
                **_over(None if kind == "random" else auc - floor[index]),
            }
            for index, (stage, auc) in enumerate(zip(STAGES, aucs, strict=True))
        ]
        peak = max(range(4), key=aucs.__getitem__)
        above = aucs[peak] - aucs[3]
        peaks.append(
            {
                **about,
                "peak_stage": STAGES[peak],
                "peak_index": peak,
                "peak_auc": aucs[peak],
                "last_stage": STAGES[3],
                "last_index": 3,
                "last_auc": aucs[3],
                "above_last": above,
                "low": above - 0.02 if above else None,
                "high": above + 0.02 if above else None,
            }
        )
    return {
        "probes_arms": tables.frame(arms, columns=probe_tables.ARM_COLUMNS),
        "probes_peaks": tables.frame(peaks, columns=probe_tables.PEAK_COLUMNS),
    }


def _over(value):
    ends = (None, None) if value is None else (value - 0.03, value + 0.03)
    return {
        "over_random": value,
        "over_random_low": ends[0],
        "over_random_high": ends[1],
    }


def distorted():
    """{stem: DataFrame} as of analysis.interventions.shortcut."""
    arms, contrasts = [], []
    for (arm, kind), lost in LOST.items():
        for strength, value in zip(STRENGTHS[kind], lost, strict=True):
            about = {
                **_SUBJECT,
                "arm": arm,
                "distortion": kind,
                "strength": strength,
                "pixels": 96 // strength if strength >= 1 else 96 * strength,
                "metric": "AUC of ill",
                "level": 0.95,
                "note": "",
            }
            arms.append(
                {
                    **about,
                    **_COUNTS,
                    "init": arm,
                    "num_seeds": 3,
                    "reference_auc": AUCS[arm],
                    "auc": AUCS[arm] - value,
                    "lost": value,
                    "low": value - 0.008,
                    "high": value + 0.008,
                }
            )
            if arm == "random":
                continue
            other = LOST["random", kind][STRENGTHS[kind].index(strength)]
            del about["model"]
            contrasts.append(
                {
                    **about,
                    "reference": "random",
                    "arm_lost": value,
                    "reference_lost": other,
                    "difference": value - other,
                    "low": value - other - 0.04,
                    "high": value - other + 0.04,
                    "p_value": 0.5,
                    "num_seeds": 3,
                    "num_reference_seeds": 3,
                }
            )
    return {
        "shortcut_arms": tables.frame(
            arms, columns=shortcut_tables.ARM_COLUMNS
        ),
        "shortcut_contrasts": tables.frame(
            contrasts, columns=shortcut_tables.CONTRAST_COLUMNS
        ),
    }
