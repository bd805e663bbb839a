"""The picture of comparisons where numbers are missing."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from transfusion_tf.analysis.comparing import paired_table
from transfusion_tf.reporting.figures.comparing import comparisons


def arm(name, value):
    return {
        **dict.fromkeys(paired_table.ARM_COLUMNS, float("nan")),
        "arm": name,
        "dataset": "lungs",
        "metric": "AUC of sick",
        "value": value,
        "low": value - 0.01,
        "high": value + 0.01,
        "num_seeds": 2,
        "seed_values": f"{value}",
    }


def comparison(difference):
    return {
        **dict.fromkeys(paired_table.COLUMNS, float("nan")),
        "arm": "a",
        "reference": "b",
        "dataset": "lungs",
        "split": "test",
        "num_images": 40,
        "margin": 0.01,
        "verdict": "cannot_tell",
        "difference": difference,
    }


@pytest.mark.parametrize("known", [0.95, float("nan")])
def test_what_is_not_known_is_written_within_the_axes(known):
    arms = pd.DataFrame([arm("a", float("nan")), arm("b", known)])
    table = pd.DataFrame([comparison(float("nan"))])
    figure = comparisons.differences(table, arms)
    figure.draw_without_rendering()
    for axes in figure.axes:
        texts = [t for t in axes.texts if t.get_text() == "n/a"]
        assert texts
        for text in texts:
            box = text.get_window_extent()
            assert axes.bbox.x0 < box.x0 and box.x1 < axes.bbox.x1


@pytest.mark.parametrize(
    "name", ["a", "squeezenet pretrained squeezenet_v1.1_imagenet_notop.h5"]
)
@pytest.mark.parametrize("low, high", [(-0.01, 0.01), (0.017, 0.12)])
def test_numbers_of_the_axes_do_not_touch(name, low, high):
    arms = pd.DataFrame([arm(name, 0.5), arm("b", 0.52)])
    found = {**comparison(low), "arm": name, "low": low, "high": high}
    table = pd.DataFrame([found])
    figure = comparisons.differences(table, arms)
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [
            label.get_window_extent()
            for label in axes.get_xticklabels()
            if label.get_text()
        ]
        for left, right in zip(boxes, boxes[1:], strict=False):
            assert left.x1 < right.x0


def test_no_interval_is_drawn_beyond_its_ends():
    """A 90% interval within the margin must not seem to leave it."""
    arms = pd.DataFrame([arm("a", 0.5), arm("b", 0.52)])
    ends = {"low": -0.02, "high": 0.02, "low_90": -0.01, "high_90": 0.01}
    table = pd.DataFrame([{**comparison(0.0), **ends}])
    figure = comparisons.differences(table, arms)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    axes = figure.axes[1]
    x, y = axes.transData.transform((0.01, 0.0))
    pixels = np.asarray(canvas.buffer_rgba())
    # Above the thin line of the 95% interval, within the thick one's width.
    row = pixels[round(pixels.shape[0] - y) - 2, :, 0]
    assert row[round(x) - 3] < 80  # The interval is there,
    assert row[round(x) + 2] > 200  # and here the margin's grey has ended.
