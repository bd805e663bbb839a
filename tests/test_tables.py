"""CSV tables: undefined values, whole files, names of runs."""

import pytest

from transfusion_tf import tables


def test_written_table_reads_back(tmp_path):
    rows = [
        {"run": "NA", "count": 3, "value": 0.1 + 0.2, "note": "a, b"},
        {"run": "b", "count": None, "value": float("nan"), "note": ""},
    ]
    path = tmp_path / "t.csv"
    assert tables.write(path, rows, columns=list(rows[0])) == path
    assert path.read_text() == (
        'run,count,value,note\nNA,3,0.30000000000000004,"a, b"\nb,n/a,n/a,\n'
    )
    table = tables.read(path)
    # A run may be called NA; only n/a is undefined.
    assert list(table["run"]) == ["NA", "b"]
    assert table["value"][0] == 0.1 + 0.2
    assert list(table["value"].isna()) == [False, True]
    assert list(table["note"]) == ["a, b", ""]


def test_table_without_rows_has_its_header(tmp_path):
    path = tables.write(tmp_path / "t.csv", [], columns=["run", "value"])
    assert path.read_text() == "run,value\n"


def test_other_columns_are_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"\['run', 'value'\].*\['run'\]"):
        tables.write(
            tmp_path / "t.csv", [{"run": "a"}], columns=["run", "value"]
        )
    assert list(tmp_path.iterdir()) == []


def test_a_frame_is_written_as_its_rows_are(tmp_path):
    rows = [
        {"count": 3, "some": 1, "value": None, "mixed": 1, "none": None},
        {"count": 4, "some": None, "value": 0.1, "mixed": 0.5, "none": None},
    ]
    table = tables.frame(rows, columns=list(rows[0]))
    assert [kind.kind for kind in table.dtypes] == list("iOfOf")
    (path,) = tables.write_all(tmp_path / "new", {"t": table})
    assert path == tmp_path / "new" / "t.csv"
    named = {"u": (rows, list(rows[0]))}
    (other,) = tables.write_rows(tmp_path / "newer", named)
    assert other == tmp_path / "newer" / "u.csv"
    assert path.read_bytes() == other.read_bytes()
    assert path.read_text().splitlines()[1:] == [
        "3,1,n/a,1,n/a",
        "4,n/a,0.1,0.5,n/a",
    ]


def test_text_is_read_as_it_stands(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b'id,patient\r\n007,"a, b"\r\nn/a,\r\n')
    found = tables.read_text(path)
    assert found.to_dict("list") == {
        "id": ["007", "n/a"],
        "patient": ["a, b", ""],
    }
    path.write_bytes(b"id,patient\n1,2\n3\n")
    with pytest.raises(ValueError, match="row 3 has 1 fields, the first has 2"):
        tables.read_text(path)


@pytest.mark.parametrize(
    "paths, expected",
    [
        (["runs/a", "runs/b/"], ["a", "b"]),
        (["x/a", "y/a", "y/b"], ["x/a", "y/a", "b"]),
        (["x/a", "x/a", "x/a"], ["x/a", "x/a#2", "x/a#3"]),
    ],
)
def test_run_names_differ(paths, expected):
    assert tables.run_names(paths) == expected


def test_run_names_need_runs():
    with pytest.raises(ValueError, match="at least one run"):
        tables.run_names([])
