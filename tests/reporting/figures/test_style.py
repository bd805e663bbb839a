"""What all figures share, and the figure of the scaling probe."""

import pandas as pd
import pytest
from matplotlib import pyplot
from PIL import Image

from transfusion_tf.reporting.figures import style


def probed():
    """Divergences of two scalings at three batch norms."""
    return pd.DataFrame(
        [
            {
                "run": "a",
                "scaling": scaling,
                "layer_index": index,
                "divergence": level * (1 + index),
            }
            for scaling, level in {"tf": 0.01, "torch": 0.3}.items()
            for index in range(3)
        ]
    )


def test_a_line_for_each_scaling():
    axes = style.scaling_probe(probed()).axes[0]
    tf, torch = axes.get_lines()
    assert (tf.get_label(), torch.get_label()) == ("tf", "torch")
    assert list(torch.get_ydata()) == pytest.approx([0.3, 0.6, 0.9])
    assert axes.get_yscale() == "log"


def test_saved_figure_is_a_whole_png(tmp_path):
    path = style.save(style.scaling_probe(probed()), tmp_path / "f.png")
    with Image.open(path) as picture:
        picture.load()
        assert min(picture.size) > 400
    assert list(tmp_path.iterdir()) == [path]


def test_both_files_of_a_figure_are_the_same_bytes_each_time(tmp_path):
    saved = []
    for name in ("a", "b"):
        paths = style.save_with_pdf(
            style.scaling_probe(probed()), tmp_path / name
        )
        assert paths == [tmp_path / f"{name}.png", tmp_path / f"{name}.pdf"]
        saved.append([path.read_bytes() for path in paths])
    assert saved[0] == saved[1]
    assert saved[0][1].startswith(b"%PDF") and b"Date" not in saved[0][1]


def test_a_picture_that_cannot_be_drawn_leaves_both_files(tmp_path):
    paths = style.save_with_pdf(style.scaling_probe(probed()), tmp_path / "f")
    before = [path.read_bytes() for path in paths]
    broken = style.scaling_probe(probed())
    broken.axes[0].set_title("$\\frac{$")
    with pytest.raises(ValueError):
        style.save_with_pdf(broken, tmp_path / "f")
    assert [path.read_bytes() for path in paths] == before
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_pyplot_is_left_alone():
    style.scaling_probe(probed())
    assert pyplot.get_fignums() == []


def test_styles_can_be_told_apart():
    styles = [tuple(style.style(index).values()) for index in range(49)]
    assert len(set(styles)) == 49
