"""Sentences on filters say what small tables hold."""

import numpy as np
import pandas as pd

from transfusion_tf.reporting.sentences import filters


def summary(**columns):
    return pd.DataFrame(
        {
            "init": ["random", "pretrained eyes"],
            "num_runs": [3, 1],
            "num_filters": 32,
            "relative_change": [0.812, 0.2],
            "gabor_like_before": [1.0, 12.0],
            "gabor_like_after": [2.333, 11.0],
            "expected_by_chance": 1.6,
            **columns,
        }
    )


def test_how_far_filters_moved():
    assert filters.changes(summary()) == (
        "Training changed the median filter by 0.81 of its norm for random (3 "
        "runs); 0.20 of its norm for pretrained eyes (1 run)."
    )


def test_how_many_are_gabor_like():
    assert filters.gabor_like(summary()) == (
        "Gabor-like filters of 32, mean over runs: random (3 runs) 1.0 before "
        "and 2.3 after training, where chance gives 1.6; pretrained eyes (1 "
        "run) 12.0 before and 11.0 after training, where chance gives 1.6."
    )


def test_undefined_numbers_are_said():
    nothing = summary(gabor_like_before=np.nan, relative_change=np.nan)
    assert filters.gabor_like(nothing) == (
        "Gabor-like filters of 32, mean over runs: random: n/a; pretrained "
        "eyes: n/a."
    )
    assert "n/a of its norm for random" in filters.changes(nothing)
