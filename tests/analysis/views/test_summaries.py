"""Means by kind of pair, worked out by hand."""

import numpy as np
import pandas as pd

from transfusion_tf.analysis.views import summaries


def test_means_leave_out_what_is_undefined():
    table = pd.DataFrame(
        {
            "measure": "svcca",
            "stage": ["conv1"] * 4 + ["conv2"] * 2,
            "stage_index": [0] * 4 + [1] * 2,
            "value": [0.2, 0.4, np.nan, 0.9, np.nan, np.nan],
            "chance": [0.1, 0.1, 0.4, 0.3, np.nan, np.nan],
            "layout": 0.5,
        }
    )
    found = summaries.by_kind(table, ["a", "a", "a", "b", "a", "a"])
    assert tuple(found.columns) == summaries.COLUMNS
    first, second, third = found.to_dict("records")
    assert (first["kind"], first["stage"]) == ("a", "conv1")
    assert (first["num_pairs"], first["num_undefined"]) == (3, 1)
    assert (first["lowest"], first["highest"]) == (0.2, 0.4)
    np.testing.assert_allclose([first["mean"], first["chance"]], [0.3, 0.2])
    assert (second["kind"], second["mean"], second["layout"]) == ("b", 0.9, 0.5)
    assert third["num_undefined"] == 2 and np.isnan(third["mean"])
