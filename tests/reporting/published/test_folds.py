"""The published AUCs of five folds, through the functions that compare runs."""

import pathlib

import numpy as np
import pytest
import scipy.stats

from tests.benchmarks import published_folds
from transfusion_tf.metrics import seed_auc
from transfusion_tf.reporting.published import lookup

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def directory(shared):
    """The directory of the authors' result files."""
    return shared / "reference/revisiting_transfer_results"


@pytest.mark.parametrize("frozen_first", [False, True])
def test_arms_have_the_published_means_and_deviations(directory, frozen_first):
    aucs = published_folds.read(directory, frozen_first=frozen_first)
    assert len(aucs) == (14 if frozen_first else 21)
    for (target, source), values in aucs.items():
        (row,) = lookup.rows(
            quantity="auc",
            network="resnet50",
            dataset=target,
            of=source.lower() + "_frozen_first" * frozen_first,
        ).to_dict("records")
        found = seed_auc.over_seeds(published_folds.arm(values))
        assert found.value == pytest.approx(row["value"], abs=5.1e-4)
        assert np.std(found.values, ddof=1) == pytest.approx(
            row["spread"], abs=5.1e-4
        )
        # With no variance from images, that of a mean of five folds.
        assert found.variance == pytest.approx(np.var(values, ddof=1) / 5)


def test_comparisons_are_paired_t_tests_corrected_for_common_training(
    directory,
):
    aucs = published_folds.read(directory)
    rows = published_folds.rows(aucs)
    assert len(rows) == 21
    for row in rows:
        other = aucs[row["target"], row["source"]]
        first = aucs[row["target"], row["reference"]]
        plain = scipy.stats.ttest_rel(other, first)
        assert row["value"] == pytest.approx(np.mean(other - first))
        # The standard error is sqrt(2.25) = 1.5 times as large.
        expected = 2 * scipy.stats.t.sf(abs(plain.statistic) / 1.5, 4)
        assert row["p_value"] == pytest.approx(expected)
        interval = plain.confidence_interval(0.95)
        assert row["high"] - row["low"] == pytest.approx(
            1.5 * (interval.high - interval.low)
        )


def test_verdicts_are_those_of_the_documentation(directory):
    rows = published_folds.rows(published_folds.read(directory))
    page = (ROOT / "docs/statistics.md").read_text()
    assert "\n".join(published_folds.markdown(rows)) in page
    verdicts = [row["verdict"] for row in rows]
    assert verdicts.count("cannot_tell") == 17 and "hurts" not in verdicts
