"""Tests of the private table of which file is behind each id."""

import csv
import stat

import pytest

from tests.conversion_data import ORIGINAL, id_of, make_manifest
from transfusion_tf.conversion import convert, id_table
from transfusion_tf.data import records

BROKEN = "DOE^JOHN/1.png"  # Readable bytes that are no image.


def read(path):
    """The rows of a table, without its header."""
    with open(path, newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["id", "private_file"]
    return rows


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """(version directory, table) of a conversion that asked for one."""
    folder = tmp_path_factory.mktemp("converted")
    table = folder / "private.csv"
    options = convert.ConvertOptions(id_table=str(table), max_bad_fraction=0.1)
    manifest = make_manifest(60, copies=(), replaced={BROKEN: b"no image"})
    return convert.convert(manifest, folder / "records", options), table


def test_every_id_leads_to_the_file_with_these_bytes(converted):
    images = make_manifest(60, copies=()).store.images
    images[BROKEN] = b"no image"
    rows = read(converted[1])
    assert rows == sorted([id_of(data), name] for name, data in images.items())


def test_it_is_for_its_owner_alone_and_nothing_else_names_a_file(converted):
    root, table = converted
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert set(table.parent.iterdir()) == {root.parent, table}
    for path in root.iterdir():
        assert b"DOE" not in path.read_bytes(), path
    assert "private" not in str(records.read_card(root).to_json())


def test_records_that_are_there_get_their_table(converted, tmp_path):
    root, table = converted
    before = table.read_bytes()
    changed = {path: path.stat().st_mtime_ns for path in root.iterdir()}
    table.unlink()
    manifest = make_manifest(60, copies=(), replaced={BROKEN: b"no image"})
    options = convert.ConvertOptions(id_table=str(table), max_bad_fraction=0.1)
    convert.convert(manifest, root.parent, options)
    assert table.read_bytes() == before
    convert.convert(manifest, root.parent, options)  # It may replace its own.
    assert table.read_bytes() == before
    assert {p: p.stat().st_mtime_ns for p in root.iterdir()} == changed


def test_identical_images_have_ids_of_their_own(tmp_path):
    manifest = make_manifest(copies=["DOE^JOHN/7.png"])
    options = convert.ConvertOptions(id_table=str(tmp_path / "t.csv"))
    convert.convert(manifest, tmp_path / "out", options)
    same = id_of(manifest.store.images[ORIGINAL])
    found = {name: i for i, name in read(tmp_path / "t.csv")}
    both = {found[ORIGINAL], found["DOE^JOHN/7.png"]}
    assert both == {same, f"{same}-2"}


def test_places_that_are_refused(tmp_path):
    out = tmp_path / "out"
    (out / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(out)
    (tmp_path / "labels.csv").write_text("path,label\n")
    for place, message in (
        (out / "ids.csv", "is in the directory of the records"),
        (out / "deep" / "ids.csv", "is in the directory of the records"),
        (tmp_path / "link" / "ids.csv", "is in the directory of the records"),
        (out, "is in the directory of the records"),
        (tmp_path / "none" / "ids.csv", "there is no directory"),
        (tmp_path / "labels.csv", "is there already, and is no table of ids"),
        (tmp_path, "is there already"),
        ("gs://bucket/ids.csv", "is not on a disk"),
    ):
        with pytest.raises(ValueError, match=message) as raised:
            id_table.check(str(place), str(out))
        assert "\n" not in str(raised.value)
    id_table.check(str(tmp_path / "ids.csv"), str(out))
    assert (tmp_path / "labels.csv").read_text() == "path,label\n"
