"""The files of a folder, an archive or a table."""

import zipfile

import pytest

from transfusion_tf.using import inputs


@pytest.fixture
def folder(tmp_path):
    for name in ("b.png", "a/IM001", "notes.txt", ".hidden", "__MACOSX/b.png"):
        path = tmp_path / "input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "input"


def test_every_file_that_is_not_hidden_counts_sorted(folder, tmp_path):
    assert inputs.find(folder).files == ("a/IM001", "b.png", "notes.txt")
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    found = inputs.find(packed)
    assert found.files == ("a/IM001", "b.png", "notes.txt")
    assert found.store.read("a/IM001") == b"a/IM001"


def test_what_cannot_be_reached_is_among_them(folder):
    (folder / "link.png").symlink_to("nowhere.png")
    found = inputs.find(folder)
    assert "link.png" in found.files and found.left_out.keys() == {"link.png"}


def test_a_table_names_files_beside_it(folder):
    table = folder / "table.csv"
    table.write_text("scan;age\nb.png;3\na\\IM001;4\nb.png;3\nc.png;1\n")
    found = inputs.find(table, path_column="scan")
    assert found.files == ("a/IM001", "b.png", "c.png")
    assert found.store.read("b.png") == b"b.png"


@pytest.mark.parametrize(
    "text, column, reason",
    [
        ("scan\nb.png\n", None, "no column 'path'.* it has scan"),
        ("path,age\nb.png,1\n,2\n", None, "1 rows without a path"),
        ("path\n/etc/passwd\n", None, "paths that leave the directory"),
        ("path\n../b.png\n", None, "paths that leave the directory"),
        ("path\n", None, "no row beside its header"),
    ],
)
def test_tables_that_are_refused(folder, text, column, reason):
    (folder / "table.csv").write_text(text)
    with pytest.raises(ValueError, match=reason):
        inputs.find(folder / "table.csv", path_column=column)


def test_places_that_are_refused(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="has no files. Give a folder"):
        inputs.find(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match="no file or directory"):
        inputs.find(tmp_path / "absent")
    with pytest.raises(ValueError, match="is not a directory, a .zip"):
        inputs.find(folder / "b.png")
    with pytest.raises(ValueError, match="--path_column=x goes with a CSV"):
        inputs.find(folder, path_column="x")
