"""What is printed and written beside the table of a view."""

import pandas as pd
import pytest

from tests.reporting.figures.view_tables import TABLES
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.reporting import view_report


def table(view, **columns):
    """The made table of a view, with all columns."""
    rows = pd.DataFrame(TABLES[view]).assign(view=view, note="")
    return rows.reindex(columns=view_rows.TABLE_COLUMNS).assign(
        **{"note": "", **columns}
    )


def test_nothing_is_said_of_a_whole_table():
    assert view_report.findings(table("between")) == []


def test_unequal_steps_and_few_groups_are_said_once():
    note = "Fewer groups of images (7) than --groups=10: too few; wider."
    found = table("between", note=f"Something else. {note}")
    found.loc[found["run"] == "r0", "step"] = 20
    steps, groups = view_report.findings(found)
    assert "at steps 20 to 50" in steps and "--checkpoint=last" in steps
    assert groups == note


@pytest.mark.parametrize("view", ["before_after", "matrix"])
def test_a_picture_without_a_value_is_not_written(view, tmp_path, capsys):
    stale = tmp_path / f"{view}.png"
    stale.touch()
    undefined = table(view, value=None, note="All is constant.")
    assert view_report.write(undefined, view, tmp_path) == [
        tmp_path / f"{view}.csv"
    ]
    assert not stale.exists()
    assert capsys.readouterr().out == (
        f"No {view}.png: there is no value to draw: All is constant.\n"
    )
    paths = view_report.write(table(view), view, tmp_path)
    assert [path.suffix for path in paths] == [".csv", ".png"]
