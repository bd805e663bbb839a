"""Marks that several figures have."""

import itertools

import pytest
from matplotlib.figure import Figure

from transfusion_tf.reporting.figures import marks

_LONG = (
    "mobilenet_v2 transfusion mobilenet_v2_imagenet_torchvision.safetensors "
    "through block1, mean_var above"
)


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("loc", ["center", "left"])
def test_titles_of_panels_do_not_reach_into_the_next(columns, loc):
    figure = Figure(figsize=(3 * columns, 3), layout="constrained")
    panels = figure.subplots(1, columns, squeeze=False)[0]
    for axes in panels:
        marks.panel_title(axes, _LONG, loc=loc)
    figure.draw_without_rendering()
    texts = [getattr(a, _TEXT[loc]) for a in panels]
    boxes = [text.get_window_extent() for text in texts]
    assert boxes[-1].x1 <= figure.bbox.x1
    for one, other in itertools.pairwise(boxes):
        assert one.x1 < other.x0
    for text in texts:  # Every letter is there.
        assert "".join(text.get_text().split()) == "".join(_LONG.split())


_TEXT = {"center": "title", "left": "_left_title"}


def test_a_title_may_span_columns_and_keeps_its_own_lines():
    axes = Figure(figsize=(9, 3)).subplots(1, 3)[0]
    marks.panel_title(
        axes, "a name of a run of more than forty letters\nrate 1"
    )
    assert axes.get_title().count("\n") == 2
    marks.panel_title(
        axes, "a name of a run of more than forty letters\nrate 1", span=3
    )
    assert axes.get_title().count("\n") == 1
