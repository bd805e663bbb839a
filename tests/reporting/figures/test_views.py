"""Figures of the views, from made tables."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from tests.reporting.figures.view_tables import (
    INITS,
    STAGES,
    TABLES,
    before_after,
    draw,
    falling,
    rows,
)
from transfusion_tf.analysis.views import selection
from transfusion_tf.reporting.figures import style as figures
from transfusion_tf.reporting.figures import views as similarity_figures


@pytest.mark.parametrize("view", TABLES)
def test_nothing_is_cut_off(view):
    figure = draw(view)
    figure.draw_without_rendering()
    whole = figure.bbox
    for panel in figure.axes:
        box = panel.get_tightbbox()
        assert whole.x0 - 1 <= box.x0 and box.x1 <= whole.x1 + 1
        assert whole.y0 - 1 <= box.y0 and box.y1 <= whole.y1 + 1
        assert panel.bbox.height > 60 and panel.bbox.width > 15
    for legend in figure.legends:
        box = legend.get_window_extent()
        assert whole.y0 - 1 <= box.y0 and box.x1 <= whole.x1 + 1


def test_every_view_has_a_figure():
    assert (
        set(similarity_figures.FIGURES) == set(selection.VIEWS) == set(TABLES)
    )


def test_pretrained_is_shown_above_the_mean_of_random():
    curves, aside, *_ = draw("before_after").axes
    labels = [t.get_text() for t in curves.figure.legends[0].get_texts()]
    assert labels[:2] == ["random: mean of 2", "pretrained: mean of 2"]
    (line,) = [x for x in aside.get_lines() if len(x.get_xdata()) == 4]
    np.testing.assert_allclose(line.get_ydata(), 0.2)
    thick = [x for x in curves.get_lines() if x.get_linewidth() == 2]
    np.testing.assert_allclose(thick[0].get_ydata(), [0.62, 0.52, 0.42, 0.32])


@pytest.mark.parametrize(
    "view, curves", [("before_after", 4), ("between", 6), ("movement", 4)]
)
def test_every_curve_has_whiskers_in_the_colour_of_its_start(view, curves):
    axes = draw(view).axes[0]
    found = [
        (bars, bars.get_segments())
        for bars in axes.collections
        if isinstance(bars, LineCollection)
    ]
    assert len(found) == curves
    for _, segments in found:
        heights = [np.ptp(segment[:, 1]) for segment in segments]
        np.testing.assert_allclose(heights, [0.04] * len(STAGES))
    if view == "between":
        return  # There a colour is that of a pair of starts.
    colors = [to_hex(bars.get_color()[0]).upper() for bars, _ in found]
    assert colors == [figures.PALETTE[i] for i in (0, 0, 1, 1)]


def test_runs_of_one_start_differ_in_their_marker():
    styles = figures.styles_by_start(INITS)
    assert styles["r0"]["color"] == styles["r1"]["color"]
    assert styles["r0"]["color"] != styles["p0"]["color"]
    assert len({style["marker"] for style in styles.values()}) >= 3
    assert styles["r0"]["marker"] != styles["r1"]["marker"]


def test_reuse_has_whiskers_for_starts_and_ends():
    axes = draw("reuse").axes[0]
    bars = [x for x in axes.collections if isinstance(x, LineCollection)]
    assert len(bars) == 4  # Two runs, each at its start and trained.


def test_thin_curves_are_explained_only_where_there_are_some():
    one_each = pd.DataFrame(
        rows("r0", "r0", falling(0.6)) + rows("p0", "p0", falling(0.8))
    )
    for table, thin in ((one_each, 0), (pd.DataFrame(before_after()), 2)):
        figure = similarity_figures.before_after(table)
        labels = [t.get_text() for t in figure.legends[0].get_texts()]
        assert sum(label.startswith("thin") for label in labels) == bool(thin)
        assert sum("mean of" in label for label in labels) == thin
        assert labels[0] == (
            "random: mean of 2" if thin else "random: one pair"
        )


def test_one_init_is_shown_as_curves_alone():
    table = pd.DataFrame(rows("r0", "r0", falling(0.6)))
    figure = similarity_figures.before_after(table)
    assert [a.get_title() for a in figure.axes] == ["mean CCA", "mean SVCCA"]


def test_the_top_two_stages_are_averaged_by_kind():
    figure = draw("between")
    aside = figure.axes[1]
    kinds = [tick.get_text() for tick in aside.get_xticklabels()]
    assert kinds == [
        "random\nand random",
        "pretrained\nand random",
        "pretrained\nand pretrained",
    ]
    first = aside.get_lines()[0]
    # The first pair starts at 0.6; conv3 and conv4 are at 0.4 and 0.3.
    np.testing.assert_allclose(first.get_ydata(), [0.35])
    assert len(aside.get_lines()[1].get_ydata()) == 4
    assert aside.get_ylabel() == "mean of conv3 and conv4"


def test_matrix_holds_every_pair_twice_and_ones():
    figure = draw("matrix")
    values = figure.axes[0].get_images()[0].get_array()
    np.testing.assert_allclose(values, values.T)
    np.testing.assert_allclose(np.diag(values), 1.0)
    expected = [0.6 + 0.05 * place for place in range(6)]
    above = values[np.triu_indices(4, 1)]
    np.testing.assert_allclose(np.sort(above), expected)
    names = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert sorted(names) == sorted(INITS)
    # The two most alike, p0 and p1, are neighbours.
    assert abs(names.index("p0") - names.index("p1")) == 1


def test_dynamics_has_stages_from_bottom_to_top_and_steps_in_order():
    axes = draw("dynamics").axes[0]
    steps = [t.get_text() for t in axes.get_xticklabels()]
    assert steps == ["0", "1", "4", "16", "50"]
    assert [t.get_text() for t in axes.get_yticklabels()] == STAGES
    image = axes.get_images()[0]
    assert image.origin == "lower"
    np.testing.assert_allclose(
        image.get_array()[0], [0.4, 0.41, 0.44, 0.56, 0.9]
    )


def test_points_have_start_and_end():
    axes = draw("start_against_end").axes[0]
    for drawn in axes.get_lines()[:3]:
        points = drawn.get_xydata()
        np.testing.assert_allclose(points[:, 1] - points[:, 0], 0.1)
    assert axes.get_title() == "conv1, $R^2$ 1.00, 6 marks"
