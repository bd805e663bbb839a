"""What figures of the views say beside their points."""

import numpy as np
import pandas as pd
import pytest

from tests.reporting.figures.view_tables import TABLES, before_after, draw
from transfusion_tf.reporting.figures import views as similarity_figures


def test_only_stages_with_values_are_averaged_and_named():
    table = pd.DataFrame(TABLES["between"])
    of_cca = table["measure"] == "cca"
    table.loc[of_cca & (table["stage"] == "conv4"), "value"] = np.nan
    first = (table["run"] == "r0") & (table["other_run"] == "r1")
    of_svcca = table["measure"] == "svcca"
    table.loc[of_svcca & first & (table["stage"] == "conv3"), "value"] = np.nan
    curves, cca, _, svcca = similarity_figures.between(table).axes
    assert cca.get_ylabel() == "conv3 (conv4: n/a)"
    np.testing.assert_allclose(cca.get_lines()[0].get_ydata(), [0.4])
    marks = [text.get_text() for text in curves.texts]
    assert marks == ["n/a"]
    # The one pair of its kind lacks a value in one of the two stages.
    assert svcca.get_ylabel() == "mean of conv3 and conv4"
    assert [text.get_text() for text in svcca.texts] == ["n/a"]
    assert len(svcca.get_lines()[0].get_ydata()) == 0

    table.loc[table["stage_index"] >= 2, "value"] = np.nan
    _, cca, *_ = similarity_figures.between(table).axes
    assert cca.get_ylabel() == "conv3 and conv4: n/a"


@pytest.mark.parametrize(
    "view", ["before_after", "between", "start_against_end", "reuse"]
)
def test_panels_of_one_kind_have_one_scale(view):
    figure = draw(view)
    panels = {
        "before_after": [figure.axes[::2], figure.axes[1::2]],
        "between": [figure.axes],
        "start_against_end": [figure.axes],
        "reuse": [figure.axes[:-1]],
    }[view]
    for alike in panels:
        assert len({axes.get_ylim() for axes in alike}) == 1
    if view == "start_against_end":
        assert len({axes.get_xlim() for axes in figure.axes}) == 1


def test_negative_similarities_are_not_cut_off():
    table = pd.DataFrame(before_after())
    table.loc[0, ["value", "low"]] = -0.3, -0.4
    assert similarity_figures.before_after(table).axes[0].get_ylim()[0] < -0.4


def test_kinds_of_pairs_differ_in_colour_and_marker():
    axes = draw("start_against_end").axes[0]
    points = [li for li in axes.get_lines() if li.get_linestyle() == "None"]
    assert [len(li.get_xdata()) for li in points] == [1, 4, 1]
    assert len({li.get_color() for li in points}) == 3
    assert len({li.get_marker() for li in points}) == 3
    names = [t.get_text() for t in axes.figure.legends[0].get_texts()]
    assert names[:2] == ["random and random", "pretrained and random"]


@pytest.mark.parametrize("view", ["dynamics", "matrix"])
def test_cells_without_a_value_say_so(view):
    table = pd.DataFrame(TABLES[view])
    table.loc[0, "value"] = np.nan
    figure = similarity_figures.FIGURES[view](table)
    texts = [t.get_text() for t in figure.axes[0].texts]
    # A pair of runs has two cells of a matrix.
    assert texts.count("n/a") == (2 if view == "matrix" else 1)
    others = [t.get_text() for a in figure.axes[1:] for t in a.texts]
    assert "n/a" not in others


@pytest.mark.parametrize("view", ["between", "matrix", "movement", "reuse"])
def test_steps_are_named_where_runs_differ_in_them(view):
    table = pd.DataFrame(TABLES[view])
    assert "step" not in all_text(similarity_figures.FIGURES[view](table))
    for side in ("", "other_"):
        later = (table[f"{side}run"] == "p0") & (table[f"{side}step"] == 50)
        table.loc[later, f"{side}step"] = 70
    text = all_text(similarity_figures.FIGURES[view](table))
    expected = ("steps 50 to 70",) if view == "between" else ("step 70",)
    assert all(part in text for part in expected)


def all_text(figure):
    """What the legends and the ticks of a figure say."""
    texts = [t for legend in figure.legends for t in legend.get_texts()]
    for axes in figure.axes:
        texts += axes.get_yticklabels()
    return " ".join(text.get_text() for text in texts)


def test_floors_are_explained_where_they_are_drawn():
    text = all_text(draw("before_after"))
    assert "layout floor: " in text and "chance floor: " in text
    table = pd.DataFrame(before_after()).assign(chance=np.nan, layout=np.nan)
    assert "floor" not in all_text(similarity_figures.before_after(table))
    assert "layout floor" not in all_text(draw("reuse"))
