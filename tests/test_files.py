"""Atomic writing: whole files, or what was there before."""

import pytest

from transfusion_tf import files


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="disk"):
        with files.atomic_write(path) as temporary:
            temporary.write_text("ha")
            raise RuntimeError("disk")
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "old"


def test_a_write_keeps_the_suffix_for_writers_that_look_at_it(tmp_path):
    with files.atomic_write(tmp_path / "a.weights.h5") as temporary:
        assert temporary.name.endswith(".weights.h5")
        assert temporary.parent == tmp_path
        temporary.write_text("new")
    assert (tmp_path / "a.weights.h5").read_text() == "new"


def test_a_disk_without_the_space_is_told_before_writing(tmp_path):
    files.require_space(tmp_path / "a", 1)
    with pytest.raises(OSError, match="No space left on device"):
        files.require_space(tmp_path / "a", 2**60)


def test_json_round_trip_and_undefined_numbers_refused(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"b": [1, 2], "a": None})
    assert files.read_json(path) == {"a": None, "b": [1, 2]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(path, {"auc": float("nan")})


@pytest.mark.parametrize(
    "text, reason",
    [
        ("[" * 100_000, "recursion"),
        ("1" * 5_000, "4300 digits"),
        ('{"auc": NaN}', "NaN is no number of JSON"),
        ("[" + " " * 99 + "]", "more than 64 bytes"),
    ],
)
def test_json_that_python_reads_or_dies_of(tmp_path, monkeypatch, text, reason):
    if "64" in reason:
        monkeypatch.setattr(files, "MAX_JSON_BYTES", 64)
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=f"a.json is not .* JSON .*{reason}"):
        files.read_json(tmp_path / "a.json")


def test_damaged_json_is_named(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("{")
    with pytest.raises(ValueError, match="a.json is not readable as JSON"):
        files.read_json(path)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("as it is", "as it is"),
        ("two\n  lines\n", "two lines"),
        ("x" * 201, "x" * 197 + "..."),
        ("x" * 200, "x" * 200),
    ],
)
def test_errors_on_one_line(text, expected):
    assert files.one_line(ValueError(text)) == expected
