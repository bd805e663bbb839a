"""Pictures of filters show the numbers of the tables."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.analysis.filters import changes
from transfusion_tf.reporting.figures import filters, style

ABOUT = "cbr_tiny trained on eyes"


def kernels(values):
    """Rows for {run: {step: kernel}}."""
    rows = []
    for run, of_run in values.items():
        changed = changes.changes(*of_run.values(), run=run)
        for step, kernel in of_run.items():
            rows += changes.kernel_rows(kernel, changed, step=step)
    return pd.DataFrame(rows)


def picture_of(axes):
    return axes.get_images()[0].get_array()


def test_networks_and_data_are_named_once_in_the_title():
    table = pd.DataFrame(
        {"model": ["cbr_tiny"] * 3, "dataset": ["eyes", "lungs", "eyes"]}
    )
    assert filters.subject(table) == "cbr_tiny trained on eyes, lungs"


def test_filters_are_sorted_and_share_a_scale():
    before = np.zeros((2, 2, 3, 3))
    after = before.copy()
    after[..., 1] = 1.0  # The most changed: comes first, white.
    after[..., 2] = -0.5  # Then this, at a quarter of the range.
    figure = filters.filter_grids(kernels({"r": {0: before, 60: after}}), ABOUT)
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
    figure = filters.filter_grids(
        kernels({"r": {0: before, 9: 1.01 * before}}), ABOUT
    )
    np.testing.assert_allclose(picture_of(figure.axes[0])[1, 1], 1 / 2.02 + 0.5)
    np.testing.assert_allclose(picture_of(figure.axes[2])[1, 1], 1.0)


def test_colours_are_those_of_the_channels():
    before = np.zeros((3, 3, 3, 1))
    after = before.copy()
    after[1, 2, 0] = 2.0
    figure = filters.filter_grids(kernels({"r": {0: before, 1: after}}), ABOUT)
    picture = picture_of(figure.axes[1])
    # One line of white above and left of the tile.
    np.testing.assert_allclose(picture[2, 3], [1.0, 0.5, 0.5])


def test_all_zero_kernels_are_grey():
    zero = np.zeros((3, 3, 3, 2))
    figure = filters.filter_grids(kernels({"r": {0: zero, 1: zero}}), ABOUT)
    assert [picture_of(axes)[1, 1, 0] for axes in figure.axes] == [0.5] * 3


def test_runs_share_a_scale_or_have_their_own():
    weak, strong = np.full((2, 2, 3, 1), 0.2), np.full((2, 2, 3, 1), 0.8)
    table = kernels(
        {"weak": {0: 0 * weak, 1: weak}, "strong": {0: 0 * strong, 1: strong}}
    )
    for scale, expected in (("all", 0.625), ("run", 1.0)):
        figure = filters.filter_grids(table, ABOUT, scale=scale)
        after = picture_of(figure.axes[1])[1, 1]
        difference = picture_of(figure.axes[2])[1, 1]
        np.testing.assert_allclose([after, difference], expected)
        np.testing.assert_allclose(picture_of(figure.axes[4])[1, 1], 1.0)


def test_channels_are_grey_and_before_and_after_side_by_side():
    before = np.zeros((3, 3, 3, 1))
    before[1, 2] = np.array([[1.0], [0.5], [-1.0]])  # Red, green, blue.
    figure = filters.channel_grids(
        kernels({"r": {0: before, 60: 0.5 * before}}), ABOUT
    )
    found = [picture_of(axes)[2, 3] for axes in figure.axes]
    expected = np.array([1.0, 0.75, 0.75, 0.625, 0.0, 0.25])
    np.testing.assert_allclose(found, np.repeat(expected[:, None], 3, axis=1))
    titles = [axes.get_title() for axes in figure.axes[1:]]
    assert titles == [
        "red, step 60, ±1",
        "green, step 0, ±1",
        "green, step 60, ±1",
        "blue, step 0, ±1",
        "blue, step 60, ±1",
    ]
    assert figure.axes[0].get_title(loc="left") == "r\nred, step 0, ±1"


@pytest.mark.parametrize("draw", [filters.filter_grids, filters.channel_grids])
def test_runs_of_other_networks_have_a_line_each(draw, tmp_path):
    rng = np.random.default_rng(0)
    small, large = rng.normal(size=(3, 3, 3, 20)), rng.normal(size=(7, 7, 3, 9))
    figure = draw(
        kernels({"a": {0: small, 9: small}, "b": {0: large, 5: -large}}), ABOUT
    )
    shapes = {picture_of(axes).shape[:2] for axes in figure.axes}
    assert shapes == {(3 * 4, 8 * 4), (2 * 8, 8 * 8)}
    assert style.save(figure, tmp_path / "f.png").is_file()
