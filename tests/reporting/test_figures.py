"""Figures show what the rows say; their pixels are for the eye."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from PIL import Image

from transfusion_tf.analysis import filters
from transfusion_tf.reporting import figures, published


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


def kernels(values):
    """Rows for {run: {step: kernel}}."""
    rows = []
    for run, of_run in values.items():
        changed = filters.changes(*of_run.values(), run=run)
        for step, kernel in of_run.items():
            rows += filters.kernel_rows(kernel, changed, step=step)
    return pd.DataFrame(rows)


def picture_of(axes):
    return axes.get_images()[0].get_array()


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


def test_published_curves_are_pale_labelled_and_of_their_measure():
    table = curves()
    table["stage"] = table["stage_index"].map(
        dict(enumerate(["block1", "conv1", "block3", "block2"]))
    )
    references = published.curves(["chest:random_random", "isic:random_random"])
    figure = figures.stage_curves(table, references)
    cca, svcca = figure.axes
    pale = [line for line in cca.get_lines() if line.get_color() == "0.72"]
    # In the order of the table's stages, and only where it has them.
    rows = [
        line.get_xydata()[:, 1][line.get_xdata().argsort()] for line in pale
    ]
    np.testing.assert_allclose(rows[0], [0.426, 0.579, 0.421, 0.413])
    assert len(rows) == 2
    assert pale[0].get_marker() != pale[1].get_marker()
    assert pale[0].get_zorder() < cca.get_lines()[0].get_zorder()
    drawn = [line for line in svcca.get_lines() if len(line.get_xdata())]
    assert "0.72" not in {line.get_color() for line in drawn}
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert list(references["label"].unique()) == labels[-2:]
    assert "Juodelyte et al. 2023" in labels[-1]


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


def test_filters_are_sorted_and_share_a_scale():
    before = np.zeros((2, 2, 3, 3))
    after = before.copy()
    after[..., 1] = 1.0  # The most changed: comes first, white.
    after[..., 2] = -0.5  # Then this, at a quarter of the range.
    figure = figures.filter_grids(kernels({"r": {0: before, 60: after}}))
    left, right, difference = map(picture_of, figure.axes)
    tiles = [right[1, 1], right[1, 4], right[1, 7]]
    np.testing.assert_allclose(tiles, [[1.0] * 3, [0.25] * 3, [0.5] * 3])
    np.testing.assert_allclose(left[1, 1:9:3], 0.5)
    np.testing.assert_allclose(difference, right)  # Since it began with zeros.
    titles = [axes.get_title() for axes in figure.axes[1:]]
    assert titles == ["step 60, ±1", "difference, ±1"]
    assert figure.axes[0].get_title(loc="left") == "r\nstep 0, ±1"


def test_difference_has_its_own_scale():
    before = np.ones((2, 2, 3, 1))
    figure = figures.filter_grids(kernels({"r": {0: before, 9: 1.01 * before}}))
    np.testing.assert_allclose(picture_of(figure.axes[0])[1, 1], 1 / 2.02 + 0.5)
    np.testing.assert_allclose(picture_of(figure.axes[2])[1, 1], 1.0)


def test_colours_are_those_of_the_channels():
    before = np.zeros((3, 3, 3, 1))
    after = before.copy()
    after[1, 2, 0] = 2.0
    figure = figures.filter_grids(kernels({"r": {0: before, 1: after}}))
    picture = picture_of(figure.axes[1])
    # One line of white above and left of the tile.
    np.testing.assert_allclose(picture[2, 3], [1.0, 0.5, 0.5])


def test_all_zero_kernels_are_grey():
    zero = np.zeros((3, 3, 3, 2))
    figure = figures.filter_grids(kernels({"r": {0: zero, 1: zero}}))
    assert [picture_of(axes)[1, 1, 0] for axes in figure.axes] == [0.5] * 3


def test_saved_figure_is_a_whole_png(tmp_path):
    path = figures.save(figures.stage_curves(curves()), tmp_path / "f.png")
    with Image.open(path) as picture:
        picture.load()
        assert min(picture.size) > 400
    assert list(tmp_path.iterdir()) == [path]


def test_pyplot_is_left_alone():
    figures.stage_curves(curves())
    assert pyplot.get_fignums() == []
