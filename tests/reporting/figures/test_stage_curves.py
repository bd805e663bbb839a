"""Curves by stage show what the rows say; their pixels are for the eye."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from transfusion_tf.reporting.figures import stage_curves
from transfusion_tf.reporting.published import lookup

WHAT = "similarity by stage"


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
                "low": 0.85 - 0.1 * index - 0.01 * pair,
                "high": 0.95 - 0.1 * index - 0.01 * pair,
                "interval": "jackknife",
                "level": 0.95,
                "chance": 0.05,
                "layout": 0.2,
                "num_images": 1000,
                "model": "cbr_tiny",
                "dataset": "lungs",
                "split": "test",
                "num_patients": 500,
            }
            for pair, index, measure in itertools.product(
                range(num_pairs), range(4), measures
            )
        ]
    )


def test_a_panel_per_measure_with_the_values_and_floors_of_every_pair():
    figure = stage_curves.draw(curves(), WHAT)
    assert [p.get_title() for p in figure.axes] == ["mean CCA", "mean SVCCA"]
    assert figure.get_suptitle() == (
        "cbr_tiny: similarity by stage\nlungs, test: 1,000 images of 500 "
        "patients"
    )
    for panel in figure.axes:
        lines = panel.get_lines()
        assert len(lines) == 2 * 3
        np.testing.assert_allclose(lines[0].get_ydata(), [0.9, 0.8, 0.7, 0.6])
        np.testing.assert_allclose(lines[1].get_ydata(), 0.2)
        np.testing.assert_allclose(lines[2].get_ydata(), 0.05)
        ticks = [tick.get_text() for tick in panel.get_xticklabels()]
        assert ticks == ["conv1", "conv2", "conv3", "conv4"]


def test_unequal_numbers_of_images_are_said():
    table = curves()
    table.loc[table["stage"] == "conv1", "num_images"] = 39
    assert stage_curves.title(table, WHAT).endswith(
        "lungs, test: 1,000 images of 500 patients; of stages with large maps "
        "fewer images are drawn"
    )


def test_the_legend_says_what_the_bars_are():
    def labels(**columns):
        figure = stage_curves.draw(curves().assign(**columns), WHAT)
        return [text.get_text() for text in figure.legends[0].get_texts()]

    assert "bars: 95% interval, over other such images" in labels()
    drawn = labels(interval="range of draws", level=np.nan)
    assert [t for t in drawn if t.startswith("bars")] == [
        "bars: smallest to largest draw of the same images, no interval"
    ]
    assert not [t for t in labels(low=np.nan) if t.startswith("bars")]


def test_published_curves_are_pale_labelled_and_of_their_measure():
    table = curves()
    table["stage"] = table["stage_index"].map(
        dict(enumerate(["block1", "conv1", "block3", "block2"]))
    )
    references = lookup.curves(["chest:random_random", "isic:random_random"])
    figure = stage_curves.draw(table, WHAT, references)
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
    line = stage_curves.draw(table, WHAT).axes[0].get_lines()[0]
    assert list(np.isnan(line.get_ydata())) == [False, True, False, False]


def test_curves_can_be_told_apart():
    figure = stage_curves.draw(curves(49, ["cca"]), WHAT)
    lines = figure.axes[0].get_lines()[::3]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 49


@pytest.mark.parametrize("num_pairs", [1, 15])
def test_nothing_is_cut_off_and_the_legend_covers_nothing(num_pairs):
    figure = stage_curves.draw(curves(num_pairs), WHAT)
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


def test_pyplot_is_left_alone():
    stage_curves.draw(curves(), WHAT)
    assert pyplot.get_fignums() == []
