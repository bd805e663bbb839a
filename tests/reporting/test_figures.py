"""Figures show what the rows say; their pixels are for the eye."""

import numpy as np
import pandas as pd
from PIL import Image

from transfusion_tf.analysis import filters
from transfusion_tf.reporting import figures


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
    zero = np.zeros((3, 3, 3, 2))
    drawn = figures.filter_grids(kernels({"r": {0: zero, 1: zero}}))
    path = figures.save(drawn, tmp_path / "f.png")
    with Image.open(path) as picture:
        picture.load()
        assert min(picture.size) > 150
    assert list(tmp_path.iterdir()) == [path]
