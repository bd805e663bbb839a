"""Tests of the names of columns; of reading see test_tables_in_practice."""

import pandas as pd
import pytest

from transfusion_tf.data import csv_text

TABLE = pd.DataFrame(columns=["path", "", "label"])


def test_columns_that_are_missing_and_those_there_are():
    csv_text.check_columns(TABLE, "t.csv", ("label", "path"))
    with pytest.raises(ValueError) as raised:
        csv_text.check_columns(TABLE, "t.csv", ("path", "x"), "classes")
    assert str(raised.value) == (
        "t.csv has no column 'x', as --classes has it; it has path, label."
    )
    with pytest.raises(ValueError, match="no column 'x'; it has path, label"):
        csv_text.check_columns(TABLE, "t.csv", ("x",))
