"""The figure of Gabor-like filters shows the counts and the distributions."""

import numpy as np
import pandas as pd

from transfusion_tf.reporting.figures import gabor, style

THRESHOLDS = (0.6, 0.7)


def counts(run, values, *, note=""):
    """Two rows, before and after; `values` are the numbers, or None."""
    return [
        {
            "run": run,
            "step": step,
            "num_filters": 4,
            "num_gabor_like": value,
            "expected_by_chance": None if value is None else 0.2,
            "threshold": None if value is None else threshold,
            "num_scrambles": 2,
            "note": note,
        }
        for step, value, threshold in zip(
            (0, 90), values, THRESHOLDS, strict=True
        )
    ]


def shares(run, before, after):
    """Rows with `r_squared` of two steps."""
    return [
        {"run": run, "step": step, "r_squared": value}
        for step, values in ((0, before), (90, after))
        for value in values
    ]


def drawn(rows, fits, scrambled):
    return gabor.counts_and_fits(
        *(
            pd.DataFrame(table).astype({name: float})
            for table, name in (
                (rows, "threshold"),
                (fits, "r_squared"),
                (scrambled, "r_squared"),
            )
        ),
        "cbr_tiny trained on eyes",
    )


def example():
    return drawn(
        counts("a-run", (1, 3)),
        shares("a-run", [0.2, 0.8, 0.4, None], [0.9, 0.8, 0.75, 0.1]),
        shares("a-run", [0.1, 0.3], [0.2, 0.4]),
    )


def test_bars_are_the_counts_and_ticks_what_chance_gives():
    left = example().axes[0]
    assert left.get_title(loc="left") == "a-run"
    assert [bar.get_width() for bar in left.patches] == [1, 3]
    assert [text.get_text() for text in left.texts] == ["1 of 4", "3 of 4"]
    assert [t.get_text() for t in left.get_yticklabels()] == [
        "step 0",
        "step 90",
    ]
    np.testing.assert_allclose(left.get_lines()[0].get_xdata(), [0.2, 0.2])


def test_curves_are_the_shares_that_reach_each_value():
    lines = example().axes[1].get_lines()
    filters, scrambled, threshold = lines[:3]
    # Three are defined: all reach 0.2, two 0.4, one 0.8.
    np.testing.assert_allclose(filters.get_xdata(), [0, 0.2, 0.4, 0.8, 1])
    np.testing.assert_allclose(filters.get_ydata(), [1, 1, 2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(scrambled.get_xdata(), [0, 0.1, 0.3, 1])
    assert list(threshold.get_xdata()) == [0.6, 0.6]
    assert list(lines[5].get_xdata()) == [0.7, 0.7]
    assert filters.get_color() != lines[3].get_color()


def test_a_run_that_was_not_fitted_says_why():
    note = "kernel 3x3 is smaller than 5x5"
    figure = drawn(
        counts("small", (None, None), note=note) + counts("a-run", (1, 3)),
        shares("small", [None], [None]) + shares("a-run", [0.2], [0.9]),
        shares("a-run", [0.1], [0.2]),
    )
    assert [t.get_text() for t in figure.axes[0].texts] == [f"n/a: {note}"]
    assert not figure.axes[1].get_lines()
    assert len(figure.axes[3].get_lines()) == 6


def test_nothing_is_cut_off(tmp_path):
    figure = example()
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    for panel in figure.axes:
        box = panel.get_tightbbox()
        assert not box.overlaps(legend)
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
    assert style.save(figure, tmp_path / "f.png").is_file()
