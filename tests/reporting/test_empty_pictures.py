"""Where there is no value a picture says so; without any it is not written."""

import numpy as np
import pandas as pd

from tests.reporting.figures.test_gain import tables as gain_tables
from transfusion_tf.analysis import gain
from transfusion_tf.analysis.filters import tables as filter_tables
from transfusion_tf.reporting import filter_report, gain_report
from transfusion_tf.reporting.figures import auc


def test_a_measure_that_is_undefined_throughout(tmp_path, capsys):
    points, *_ = gain_tables()
    undefined = points.assign(measure="cka", similarity=np.nan, note="dead")
    points = pd.concat([points.assign(note=""), undefined])
    found = {
        "gain_points": points,
        "gain_correlations": pd.DataFrame(gain.correlations(points)),
    }
    paths = gain_report.write(found, tmp_path)
    assert [path.name for path in paths[2:]] == ["gain_cca.png"]
    assert not (tmp_path / "gain_cka.png").exists()
    assert capsys.readouterr().out == (
        "No gain_cka.png: there is no value to draw: dead\n"
    )


def test_an_auc_that_is_undefined_has_its_place():
    rows = [
        {
            "run": run,
            "dataset": "eyes",
            "model": "cbr_tiny",
            "init": "random",
            "seed": seed,
            "split": "test",
            "auc_of": name,
            "positive": "",
            "negative": "",
            "value": value,
            "low": value - 0.1,
            "high": value + 0.1,
            "level": 0.95,
            "num_images": 20,
            "num_patients": np.nan,
            "note": "",
        }
        for seed, run in enumerate(("a", "b"))
        for name, value in (("normal", 0.8), ("rare", np.nan))
    ]
    (axes,) = auc.intervals(pd.DataFrame(rows)).axes
    marks = [text for text in axes.texts if text.get_text() == "n/a"]
    # In the lower of the two bands, a run below the other.
    heights = [text.get_position()[1] for text in marks]
    assert len(heights) == 2 and 1 < heights[0] < heights[1] < 2


def test_kernels_that_are_too_small_for_gabor_fits(
    monkeypatch, tmp_path, capsys
):
    rng = np.random.default_rng(0)
    kernels = {step: rng.normal(size=(3, 3, 3, 4)) for step in (0, 9)}
    monkeypatch.setattr(filter_tables, "_kernels", lambda *args: kernels)
    monkeypatch.setattr(filter_tables.globs, "expanded", lambda runs: runs)
    subject = {"model": "cbr_tiny", "dataset": "eyes"}
    monkeypatch.setattr(filter_tables, "_subject", lambda run: subject)
    found = filter_tables.run([tmp_path / "run"], num_scrambles=5)
    paths = filter_report.write(found, tmp_path / "out")
    pictures = [path.name for path in paths if path.suffix == ".png"]
    assert pictures == ["filters.png", "filters_channels.png"]
    assert capsys.readouterr().out == (
        "No gabor_like.png: there is no value to draw: kernel 3x3 is smaller "
        "than 5x5\n"
    )
