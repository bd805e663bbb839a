"""Pictures of the views of interventions show what their tables say."""

import itertools

import numpy as np
import pandas as pd
import pytest

from tests.reporting.figures.interventions import tables_of_views
from transfusion_tf.reporting.figures.interventions import (
    barrier,
    criticality,
    resilience,
)

PICTURES = {
    "resilience": (resilience.stages, tables_of_views.of_resilience),
    "resilience_path": (resilience.path, tables_of_views.of_resilience),
    "criticality": (criticality.stages, tables_of_views.of_criticality),
    "barrier": (barrier.lines, tables_of_views.of_barrier),
    "barrier_arms": (barrier.heights, tables_of_views.of_barrier),
}


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_is_cut_off(name):
    draw, made = PICTURES[name]
    figure = draw(made())
    figure.draw_without_rendering()
    whole = figure.bbox
    for panel in figure.axes:
        box = panel.get_tightbbox()
        assert whole.x0 - 1 <= box.x0 and box.x1 <= whole.x1 + 1
        assert whole.y0 - 1 <= box.y0 and box.y1 <= whole.y1 + 1
        assert panel.bbox.height > 40
    for legend in figure.legends:
        box = legend.get_window_extent()
        assert whole.y0 - 1 <= box.y0 and box.x1 <= whole.x1 + 1


def test_twelve_arms_with_long_names_find_room():
    arms = [
        f"cbr_large_tall transfusion:conv2:mean_var of imagenet, fold {number}"
        for number in range(12)
    ]
    figure = criticality.stages(tables_of_views.of_criticality(arms))
    figure.draw_without_rendering()
    (axes,), (legend,) = figure.axes, figure.legends
    box = legend.get_window_extent()
    assert figure.bbox.x0 - 1 <= box.x0 and box.x1 <= figure.bbox.x1 + 1
    assert figure.bbox.y0 - 1 <= box.y0 and box.y1 < axes.bbox.y0
    assert axes.bbox.height > 150
    # Arms of a stage are apart, and nearer to it than to the next.
    marks = [line for line in axes.get_lines() if line.get_markersize() == 5]
    places = np.array([line.get_xdata() for line in marks])
    assert places.shape == (12, 3)
    pixels = np.diff(axes.transData.transform(places[:, :1] * [[1, 0]])[:, 0])
    assert (pixels > 4).all()
    assert (abs(places - np.arange(3)) < 0.4).all()
    texts = [label.get_text() for label in legend.get_texts()]
    assert texts[:12] == arms


def test_zero_and_beyond_have_places_of_their_own():
    figure = criticality.stages(tables_of_views.of_criticality())
    (axes,) = figure.axes
    lines = axes.get_lines()
    medians = [x.get_ydata() for x in lines if x.get_markersize() == 5]
    zero, *_, beyond = axes.get_yticks()
    for values in medians:
        np.testing.assert_allclose(values, [zero, 3, beyond])
    first, *powers, last = [t.get_text() for t in axes.get_yticklabels()]
    assert first.startswith("0") and last.startswith("beyond")
    assert powers == [f"$10^{{{power}}}$" for power in range(1, 6)]
    assert zero < 1 and 5 < beyond  # Lowest and highest power.
    runs = [x.get_ydata() for x in lines if x.get_marker() == "_"]
    logs = np.log10([40, 10, 1e3, 1e5, 2e4])
    np.testing.assert_allclose(
        runs[0], [zero, zero, *logs, beyond, beyond], rtol=1e-6
    )


def marks_of(axes):
    """[y values of each line of marks that is drawn]."""
    return [
        line.get_ydata()
        for line in axes.get_lines()
        if len(line.get_xdata()) > 2
    ]


def test_each_arm_has_its_losses_in_both_panels():
    figure = resilience.stages(tables_of_views.of_resilience())
    start, fresh = figure.axes
    assert start.get_title() == "one stage back at its start"
    assert fresh.get_title() == "one stage at fresh random weights"
    for values in marks_of(start):
        np.testing.assert_allclose(values, [0.1, 0.2, 0.3])
    for values in marks_of(fresh):
        np.testing.assert_allclose(values, [0.4] * 3)
    assert len(marks_of(start)) == len(marks_of(fresh)) == 2
    texts = [t.get_text() for t in figure.legends[0].get_texts()]
    assert texts == [
        "cbr_tiny random",
        "cbr_tiny pretrained",
        "bars: 95% interval, over other patients and seeds",
    ]


def test_of_one_seed_bars_do_not_speak_of_seeds():
    figure = resilience.stages(tables_of_views.of_resilience(seeds=1))
    *_, bars = figure.legends[0].get_texts()
    assert bars.get_text() == "bars: 95% interval, over other patients"


def test_a_path_ends_at_the_trained_stage_where_nothing_is_lost():
    figure = resilience.path(tables_of_views.of_resilience())
    assert [axes.get_title() for axes in figure.axes] == [
        "cbr_tiny random",
        "cbr_tiny pretrained",
    ]
    lines = marks_of(figure.axes[0])
    np.testing.assert_allclose(
        lines, [[0.1, 0.0, 0.0], [0.2, 0.05, 0.0], [0.3, 0.1, 0.0]]
    )


def test_a_column_for_each_arm_and_one_for_two_arms():
    figure = barrier.lines(tables_of_views.of_barrier())
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:3] == [
        "cbr_tiny random",
        "cbr_tiny pretrained",
        "runs of two arms",
    ]
    trained, matched = figure.axes[0].get_lines()
    np.testing.assert_allclose(trained.get_ydata(), [0.9, 0.6, 0.9])
    np.testing.assert_allclose(matched.get_ydata(), [0.9, 0.9, 0.9])
    assert (trained.get_linestyle(), matched.get_linestyle()) == ("-", "--")
    np.testing.assert_allclose(
        figure.axes[3].get_lines()[0].get_ydata(), [0.4, 0.7, 0.4]
    )


def test_lines_of_many_arms_are_laid_out_one_below_the_other():
    table = tables_of_views.of_barrier()["barrier"]
    one = table[table["arm"] == table["other_arm"].iloc[0]]
    one = one[one["kind"] == "within"]
    arms = [f"cbr_tiny {letter} weights_of_a_source.h5" for letter in "abcdef"]
    many = pd.concat([one.assign(arm=arm, other_arm=arm) for arm in arms])
    figure = barrier.lines({"barrier": many})
    figure.draw_without_rendering()
    assert figure.get_figwidth() < 13
    titled = [axes for axes in figure.axes if axes.get_title()]
    assert [" ".join(axes.get_title().split()) for axes in titled] == arms
    boxes = [axes.title.get_window_extent() for axes in titled[:4]]
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))
    assert len([a for a in figure.axes if a.get_visible()]) == 12
    assert len({axes.get_ylim() for axes in titled}) == 1


def test_the_matrix_has_both_orders_of_two_arms():
    figure = barrier.heights(tables_of_views.of_barrier())
    trained, matched = (axes.images[0].get_array() for axes in figure.axes[:2])
    np.testing.assert_allclose(trained, [[0.3, 0.2], [0.2, 0.0]])
    np.testing.assert_allclose(matched, np.zeros((2, 2)))
