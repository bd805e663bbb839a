"""Pictures of distorted images, from made tables."""

import numpy as np

from tests.reporting import intervention_tables as made
from transfusion_tf.analysis.interventions.shortcut import Examples
from transfusion_tf.reporting.figures.interventions import shortcut


def test_a_panel_for_each_kind_and_a_line_for_each_arm():
    figure = shortcut.distortions(made.distorted())
    assert len(figure.axes) == 3
    kinds = ("block_shuffle", "low_pass", "high_pass")
    for axes, kind in zip(figure.axes, kinds, strict=True):
        drawn = [tuple(np.round(line.get_ydata(), 6)) for line in axes.lines]
        for arm in made.AUCS:
            assert made.LOST[arm, kind] in drawn
            # The ceiling: what there is to lose.
            ceiling = round(made.AUCS[arm] - 0.5, 6)
            assert (ceiling, ceiling) in drawn
        labels = [text.get_text() for text in axes.get_xticklabels()]
        assert len(labels) == 4
    blocks = [t.get_text() for t in figure.axes[0].get_xticklabels()]
    assert blocks == ["2\n48 px", "4\n24 px", "8\n12 px", "16\n6 px"]
    low = [t.get_text() for t in figure.axes[1].get_xticklabels()]
    assert low[0] == "0.78\n0.75 px"


def test_more_lost_is_lower():
    axes = shortcut.distortions(made.distorted()).axes[0]
    low, high = axes.get_ylim()
    assert low > high


def test_examples():
    images = {
        name: np.full((2, 8, 8, 3), value, np.float32)
        for name, value in (("as it is", 10.0), ("low-pass\n0.1", 300.0))
    }
    figure = shortcut.examples(
        Examples(images, np.array([0, 1]), ("well", "ill"), "eyes, test")
    )
    assert len(figure.axes) == 4
    assert [axes.get_title() for axes in figure.axes[:2]] == list(images)
    assert figure.axes[2].get_ylabel() == "ill"
    pixels = figure.axes[1].images[0].get_array()
    assert pixels.dtype == np.uint8 and (pixels == 255).all()
