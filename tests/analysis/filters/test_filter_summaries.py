"""Medians and means by start, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.analysis.filters import summaries

INIT_OF = {"r0": "random", "r1": "random", "p0": "pretrained"}


def test_medians_over_filters_and_means_over_runs():
    filters = pd.DataFrame(
        {
            "run": ["r0", "r0", "r1", "r1", "p0", "p0"],
            "filter": [0, 1] * 3,
            "relative_change": [0.1, 0.2, 0.6, 0.9, 0.5, np.nan],
            "cosine": [1.0, 0.8, 0.4, 0.2, -1.0, -1.0],
        }
    )
    counts = pd.DataFrame(
        {
            "run": ["r0", "r0", "r1", "r1", "p0", "p0"],
            "step": [0, 9] * 3,
            "num_gabor_like": [1, 2, 3, 6, np.nan, np.nan],
            "expected_by_chance": [0.1] * 4 + [np.nan] * 2,
        }
    )
    random, pretrained = summaries.by_init(filters, counts, INIT_OF).to_dict(
        "records"
    )
    assert random == {
        "init": "random",
        "num_runs": 2,
        "num_filters": 2,
        "relative_change": 0.4,
        "cosine": pytest.approx(0.6),
        "gabor_like_before": 2.0,
        "gabor_like_after": 4.0,
        "expected_by_chance": 0.1,
    }
    assert (pretrained["relative_change"], pretrained["cosine"]) == (0.5, -1.0)
    assert np.isnan(pretrained["gabor_like_after"])
