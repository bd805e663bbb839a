"""Published scores against published AUCs, and a table made by hand."""

import pathlib

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.benchmarks import published_source_scores
from transfusion_tf import tables
from transfusion_tf.analysis.sources import published

ROOT = pathlib.Path(__file__).parents[3]
PAGE = ROOT / "docs/sources.md"
SOURCES = ["a", "b", "c", "d", "e"]


def frame(**columns):
    return pd.DataFrame(columns, index=pd.Index(SOURCES, name="source"))


def test_spearman_of_each_target_and_its_range():
    scores = frame(x=[1.0, 2, 3, 4, 5], y=[1.0, 2, 3, 4, 5])
    aucs = frame(x=[0.5, 0.7, 0.6, 0.8, 0.9], y=[0.9, 0.8, 0.7, 0.6, np.nan])
    first, second, mean = published.of_score(scores, aucs)
    # One exchange of neighbours of five: 1 - 6 * 2 / (5 * 24).
    assert first["value"] == pytest.approx(0.9)
    without = [
        stats.spearmanr(
            *(np.delete(t["x"].to_numpy(), i) for t in (scores, aucs))
        ).statistic
        for i in range(5)
    ]
    assert first["leave_one_out_low"] == pytest.approx(min(without))
    assert first["leave_one_out_high"] == pytest.approx(1)
    assert (second["value"], second["num_sources"]) == (pytest.approx(-1), 4)
    assert mean["target"] == published.MEAN
    assert mean["value"] == pytest.approx((0.9 - 1) / 2)
    # Without a source, the mean over targets is that of the other four.
    assert mean["leave_one_out_high"] == pytest.approx((1 - 1) / 2)


def test_a_score_that_is_equal_for_all_sources_has_no_order():
    scores = frame(x=[1.0] * 5)
    only, mean = published.of_score(scores, frame(x=[0.5, 0.6, 0.7, 0.8, 0.9]))
    assert only["value"] is None and "all of one" in only["note"]
    assert np.isnan(mean["value"])


def test_other_sources_and_missing_tables_are_refused(tmp_path):
    with pytest.raises(ValueError, match="the same sources in the same order"):
        published.of_score(frame(x=[1.0] * 5).iloc[::-1], frame(x=[1.0] * 5))
    with pytest.raises(FileNotFoundError, match="AUCs_dataset.csv: there is"):
        published.run(tmp_path)
    (tmp_path / "AUCs_dataset.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="has no column `source`"):
        published.run(tmp_path)


def test_the_result_is_that_of_the_published_tables(shared):
    folder = shared / "reference/dataset_transferability_results"
    if not folder.is_dir():
        pytest.skip(f"no published tables at {folder}")
    found = published.run(folder)
    kept = tables.read(published_source_scores.RESULT)
    pd.testing.assert_frame_equal(
        found.fillna("").astype({"note": str}),
        kept.fillna(""),
        check_dtype=False,
        rtol=1e-9,
    )
    # By another program: 14 sources of PneumoniaMNIST, without itself.
    logme = pd.read_csv(folder / "logme_dataset.csv", index_col="source")
    aucs = pd.read_csv(folder / "AUCs_dataset.csv", index_col="source")
    rho = stats.spearmanr(
        logme["pneumoniamnist"], aucs["pneumoniamnist"], nan_policy="omit"
    ).statistic
    row = kept.query(
        "kind == 'dataset' & score == 'logme' & target == 'pneumoniamnist'"
    ).iloc[0]
    assert row["value"] == pytest.approx(rho)
    assert row["num_sources"] == 14


def test_the_page_has_the_result():
    kept = tables.read(published_source_scores.RESULT)
    lines = PAGE.read_text().splitlines()
    for row in published_source_scores.page_rows(kept):
        assert row in lines
