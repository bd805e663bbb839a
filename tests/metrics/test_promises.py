"""Coverage and verdicts in simulated studies: a few cells of the benchmark.

All cells with 2,000 studies each are in docs/statistics.md, as
tests/benchmarks/measure_verdicts.py makes them.
"""

import pathlib

import numpy as np
import pytest
import scipy.stats

from tests.benchmarks import (
    measure_verdicts,
    simulated_studies,
    verdict_cells,
    verdict_hits,
)
from tests.benchmarks.simulated_studies import Truth
from transfusion_tf import tables
from transfusion_tf.metrics import auc, paired_auc

ROOT = pathlib.Path(__file__).resolve().parents[2]
NUM_STUDIES = 200
FAST = [
    cell
    for cell in verdict_cells.cells()
    if cell.needs is None
    and sum(cell.truth.counts) * cell.truth.num_seeds < 400
][::2]


@pytest.mark.parametrize("images_per_patient", [1, 2])
def test_many_studies_at_once_are_what_each_is_alone(images_per_patient):
    truth = Truth(
        num_positive=9,
        num_negative=14,
        auc=0.8,
        other_auc=0.9,
        num_seeds=3,
        seed_sd=0.3,
        images_per_patient=images_per_patient,
    )
    drawn = simulated_studies.scores(truth, 20, np.random.default_rng(0))
    arms = simulated_studies.studies(truth, 20, np.random.default_rng(0))
    for first, other, (found, found_other) in zip(*drawn, arms, strict=True):
        expected = paired_auc.over_seeds(
            truth.labels, first, other, truth.patients
        )
        compared = paired_auc.between(found, found_other)
        for name in ("value", "variance", "low", "high", "seed_variance"):
            assert getattr(compared, name) == pytest.approx(
                getattr(expected, name), abs=1e-12
            )
        value, sums = simulated_studies.first_network(truth, found)
        alone = auc.delong(truth.labels, first[0], truth.patients)
        assert auc.from_sums(value, sums, level=0.95).low == pytest.approx(
            alone.low
        )


def test_truths_are_what_studies_have_on_average():
    truth = Truth(
        num_positive=30,
        num_negative=30,
        auc=0.8,
        other_auc=0.9,
        num_seeds=2,
        seed_sd=1.0,
    )
    values = np.array(
        [
            (first.values.mean(), other.values.mean())
            for first, other in simulated_studies.studies(
                truth, 4000, np.random.default_rng(1)
            )
        ]
    )
    error = values.std(axis=0) / np.sqrt(len(values))
    expected = truth.expected(0.8), truth.expected(0.9)
    assert np.all(np.abs(values.mean(axis=0) - expected) < 4 * error)
    # By hand: seeds' AUCs are Phi((shift + sd z) / sqrt 2).
    z = np.random.default_rng(2).normal(size=200_000)
    of_seeds = [
        np.var(scipy.stats.norm.cdf((shift + z) / 2**0.5))
        for shift in (1.19024, 1.81239)
    ]
    assert truth.seed_variance == pytest.approx(sum(of_seeds) / 2, rel=0.02)


@pytest.mark.parametrize("number", range(len(FAST)))
def test_promises_are_kept(number):
    cell = FAST[number]
    _, share, known = verdict_hits.share(cell, NUM_STUDIES)
    # 3.5 Monte Carlo standard errors: one false alarm in about 2,000 cells.
    below, above = (
        3.5 * np.sqrt(limit * (1 - limit) / known)
        for limit in (cell.low, cell.high)
    )
    assert cell.low - below <= share <= cell.high + above


def test_the_documented_table_is_that_of_all_cells():
    rows = tables.read(ROOT / "docs/results/verdicts.csv")
    rows = rows.to_dict("records")
    kinds = [cell.kind for cell in verdict_cells.cells()]
    assert [row["kind"] for row in rows] == kinds
    page = (ROOT / "docs/statistics.md").read_text()
    for lines in (
        measure_verdicts.coverage_table(rows),
        measure_verdicts.verdict_table(rows),
    ):
        assert "\n".join(lines) in page
