"""Figures show what the rows say; their pixels are for the eye."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from PIL import Image

from transfusion_tf.reporting import figures


def curves(num_pairs=2, measures=("cca", "svcca")):
    """Rows of a view with values 0.9, 0.8, ... from stage to stage."""
    return pd.DataFrame(
        [
            {
                "run": "a-run-with-a-rather-long-name-seed0",
                "step": 0,
                "other_run": f"other-{pair}",
                "other_step": 50,
                "stage": f"conv{index + 1}",
                "stage_index": index,
                "measure": measure,
                "value": 0.9 - 0.1 * index - 0.01 * pair,
                "chance": 0.05,
                "layout": 0.2,
            }
            for pair, index, measure in itertools.product(
                range(num_pairs), range(4), measures
            )
        ]
    )


def test_a_panel_per_measure_with_the_values_and_floors_of_every_pair():
    figure = figures.stage_curves(curves())
    assert [p.get_title() for p in figure.axes] == ["mean CCA", "mean SVCCA"]
    for panel in figure.axes:
        lines = panel.get_lines()
        assert len(lines) == 2 * 3
        np.testing.assert_allclose(lines[0].get_ydata(), [0.9, 0.8, 0.7, 0.6])
        np.testing.assert_allclose(lines[1].get_ydata(), 0.2)
        np.testing.assert_allclose(lines[2].get_ydata(), 0.05)
        ticks = [tick.get_text() for tick in panel.get_xticklabels()]
        assert ticks == ["conv1", "conv2", "conv3", "conv4"]


def test_undefined_values_leave_a_gap():
    table = curves(1, ["cca"])
    table.loc[table["stage"] == "conv2", "value"] = np.nan
    line = figures.stage_curves(table).axes[0].get_lines()[0]
    assert list(np.isnan(line.get_ydata())) == [False, True, False, False]


def test_curves_can_be_told_apart():
    figure = figures.stage_curves(curves(49, ["cca"]))
    lines = figure.axes[0].get_lines()[::3]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 49


@pytest.mark.parametrize("num_pairs", [1, 15])
def test_nothing_is_cut_off_and_the_legend_covers_nothing(num_pairs):
    figure = figures.stage_curves(curves(num_pairs))
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    whole = figure.bbox
    assert whole.x0 <= legend.x0 and legend.x1 <= whole.x1
    assert whole.y0 <= legend.y0
    for panel in figure.axes:
        box = panel.get_tightbbox()
        assert not box.overlaps(legend)
        assert whole.x0 <= box.x0 and box.x1 <= whole.x1
        assert box.y1 <= whole.y1
        assert panel.bbox.height > 150


def test_saved_figure_is_a_whole_png(tmp_path):
    path = figures.save(figures.stage_curves(curves()), tmp_path / "f.png")
    with Image.open(path) as picture:
        picture.load()
        assert min(picture.size) > 400
    assert list(tmp_path.iterdir()) == [path]


def test_pyplot_is_left_alone():
    figures.stage_curves(curves())
    assert pyplot.get_fignums() == []
