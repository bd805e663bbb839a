"""Figures of similarity against gain show what the tables say."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.analysis import gain
from transfusion_tf.reporting.figures import gain as gain_figure

STAGES = ("conv1", "block1", "block2")


def tables(inits=("pretrained",), *, num_clusters=5, size=3):
    """(points, correlations, lines): gain = 2 similarity - 1."""
    rng = np.random.default_rng(0)
    rows = []
    for init in inits:
        for index, stage in enumerate(STAGES):
            for place in range(num_clusters * size):
                x = rng.random()
                rows.append(
                    {
                        "init": init,
                        "stage": stage,
                        "stage_index": index,
                        "measure": "cca",
                        "cluster": f"data set {place // size}",
                        "similarity": x,
                        "gain": 2 * x - 1,
                        "dataset": f"data set {place // size}",
                        "model": "cbr_tiny",
                        "split": "test",
                        "num_images": 60,
                        "num_patients": 30,
                    }
                )
    points = pd.DataFrame(rows)
    return of(points)


def of(points):
    """What `scatter` draws of points."""
    correlations = pd.DataFrame(gain.correlations(points))
    return points, correlations, gain.lines(points)


def line_of(axes):
    (line,) = [li for li in axes.get_lines() if li.get_color() == "0.3"]
    return line.get_xydata()


def test_a_panel_per_init_and_stage_with_points_line_and_coefficients():
    figure = gain_figure.scatter(*tables(("pretrained", "gabor")))
    assert len(figure.axes) == 2 * 3
    # Perfect ranks have no interval.
    assert "5 clusters. No intervals" in figure.get_suptitle()
    for axes, stage in zip(figure.axes, STAGES * 2, strict=True):
        title = axes.get_title().splitlines()
        assert title == [stage, "Pearson 1.00", "Spearman 1.00"]
        (left, low), (right, high) = line_of(axes)
        assert (high - low) / (right - left) == pytest.approx(2)
        of_cluster = axes.get_lines()[:5]
        assert [len(line.get_xdata()) for line in of_cluster] == [3] * 5
        styles = {(li.get_color(), li.get_marker()) for li in of_cluster}
        assert len(styles) == 5
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels[0].startswith("pretrained\n")
    assert labels[3].startswith("gabor\n")
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [*(f"data set {i}" for i in range(5)), "least squares line"]


def test_slopes_are_the_published_ones(shared):
    # Least squares slopes of the authors' regression plots.
    root = shared / "reference/revisiting_transfer_results"
    aucs = pd.read_csv(root / "AUC.csv").query("freeze == 'freezeFalse'")
    aucs = aucs.pivot(index=["target", "fold"], columns="source", values="AUC")
    gains = (aucs["RadImageNet"] - aucs["random"]) / aucs["random"]
    table = pd.read_csv(root / "simVSaucRadNet.csv")
    table = table.set_index(["stimuli", "fold"])
    points = pd.DataFrame(
        {
            "model": "resnet50",
            "dataset": table.index.get_level_values("stimuli"),
            "split": "test",
            "init": "radimagenet",
            "stage": "block3",
            "stage_index": 3,
            "measure": "cca",
            "cluster": table.index.get_level_values("stimuli"),
            "similarity": table["block3"].to_numpy(),
            "gain": gains[table.index].to_numpy(),
        }
    )
    figure = gain_figure.scatter(*of(points))
    (left, low), (right, high) = line_of(figure.axes[0])
    assert (high - low) / (right - left) == pytest.approx(-3.00, abs=0.005)
    title = figure.axes[0].get_title().splitlines()
    assert title[1].startswith("Pearson -0.56 [-0.91, 0.25]")
    assert "7 clusters. Brackets: 95% interval" in figure.get_suptitle()


def test_a_frozen_stage_has_no_line_and_no_coefficient():
    points, *_ = tables()
    points.loc[points["stage"] == "conv1", "similarity"] = 1.0
    points.loc[0, "gain"] = np.nan
    axes = gain_figure.scatter(*of(points)).axes[0]
    assert axes.get_title().splitlines()[1:] == ["Pearson n/a", "Spearman n/a"]
    assert not [li for li in axes.get_lines() if li.get_color() == "0.3"]
    assert len(axes.get_lines()[0].get_xdata()) == 2


def test_three_clusters_have_points_and_no_line():
    figure = gain_figure.scatter(*tables(num_clusters=3))
    for axes in figure.axes:
        assert sum(len(li.get_xdata()) for li in axes.get_lines()[:3]) == 9
        assert not [li for li in axes.get_lines() if li.get_color() == "0.3"]
        assert axes.get_title().splitlines()[1:] == [
            "Pearson n/a",
            "Spearman n/a",
        ]
    assert "No coefficients" in figure.get_suptitle()


def test_all_panels_have_one_scale_and_missing_points_are_counted():
    points, *_ = tables(("pretrained", "gabor"))
    points.loc[points["stage"] == "conv1", "similarity"] *= 0.1
    points.loc[[0, 1], "similarity"] = np.nan
    figure = gain_figure.scatter(*of(points))
    assert len({(a.get_xlim(), a.get_ylim()) for a in figure.axes}) == 1
    texts = [[t.get_text() for t in axes.texts] for axes in figure.axes]
    assert texts == [["n/a: 2 of 15"], *([[]] * 5)]


@pytest.mark.parametrize("num_clusters", [1, 12])
def test_nothing_is_cut_off(num_clusters):
    figure = gain_figure.scatter(*tables(num_clusters=num_clusters))
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert legend.y0 >= 0
    for panel in figure.axes:
        box = panel.get_tightbbox()
        assert not box.overlaps(legend)
        assert box.y1 <= figure.bbox.y1 and panel.bbox.height > 100
