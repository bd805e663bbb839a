"""What takes long shows how far it is."""

import numpy as np
import pytest

from tests.analysis.views.test_rows import A, B, rows_of, stage
from tests.reporting.arm_trees import make_run
from transfusion_tf import progress
from transfusion_tf.analysis import auc_table, probability_tables
from transfusion_tf.analysis.filters import gabor_fit


@pytest.fixture
def shown(monkeypatch):
    """List of (what, total, number done), one for each bar that ended."""
    bars = []

    class Bar:
        def __init__(self, what, total, **how):
            self.what, self.total, self.done = what, total, 0

        def update(self, number=1):
            self.done += number

        def __enter__(self):
            return self

        def __exit__(self, *error):
            bars.append((self.what, self.total, self.done))

    monkeypatch.setattr(progress, "bar", Bar)
    return bars


def test_measures_of_stages(shown):
    rows_of(stage(), pair=(A, B))
    assert shown == [("Measuring", 1, 1)]


def test_fits_of_filters(shown):
    patterns = np.random.default_rng(0).normal(size=(3, 5, 5))
    gabor_fit.r_squared(patterns)
    assert shown == [("Fitting", 3, 3)]


def test_probabilities_of_runs(shown, tmp_path):
    run = make_run(tmp_path / "run", seed=0, signal=1.0)
    probability_tables.run(auc_table.load([run], "test"))
    assert shown == [("Calibration", 1, 1)]
