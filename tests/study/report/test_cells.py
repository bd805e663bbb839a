"""Tables of the page from rows and declared columns."""

import pytest

from transfusion_tf.reporting.html import page
from transfusion_tf.study.report import cells

COLUMNS = (
    cells.Column("arm", "name"),
    cells.Column("AUC", lambda row: f"{row['auc']:.2f}", True),
    cells.Column("seeds", "seeds", True),
    cells.Column(cells.NOTE, "note"),
)


def _table(*notes):
    rows = [
        {"name": f"arm {index}", "auc": 0.5, "seeds": index, "note": note}
        for index, note in enumerate(notes)
    ]
    return cells.table(rows, COLUMNS, caption="Arms.", files=("arms.csv",))


def test_cells_are_texts_of_keys_and_functions():
    assert _table("few", None) == page.Table(
        caption="Arms.",
        headings=("arm", "AUC", "seeds", "note"),
        rows=(("arm 0", "0.50", "0", "few"), ("arm 1", "0.50", "1", "")),
        numbers=(1, 2),
        files=("arms.csv",),
    )


@pytest.mark.parametrize("nothing", [None, ""])
def test_notes_that_say_nothing_are_left_out(nothing):
    table = _table(nothing, nothing)
    assert table.headings == ("arm", "AUC", "seeds")
    assert table.rows == (("arm 0", "0.50", "0"), ("arm 1", "0.50", "1"))


def test_other_columns_stay_where_they_are_empty():
    rows = [{"name": "a", "value": ""}]
    columns = (cells.Column("what", "name"), cells.Column("value", "value"))
    table = cells.table(rows, columns, caption="", files=())
    assert table.headings == ("what", "value")


def test_links_stay_links():
    link = page.link("here", "#there")
    columns = (cells.Column("what", lambda row: link),)
    table = cells.table([{}], columns, caption="", files=())
    assert hasattr(table.rows[0][0], "__html__")
