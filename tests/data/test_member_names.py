"""Tests of names in directories and archives: encodings, forms, separators."""

import io
import os
import tarfile
import unicodedata
import zipfile

import pytest

from data_prep import sources
from tests.data_prep.trees import folder_of
from transfusion_tf.stores import archives

# U umlaut, decomposed and composed.
DECOMPOSED, COMPOSED = "Mu\u0308ller", "M\u00fcller"


def tar_of(path, *names, data=b"x"):
    """A .tar with files of these names (bytes are written as they are)."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name in names:
            member = tarfile.TarInfo(os.fsdecode(name))
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def zip_of(path, *names):
    """A .zip with files of these names, not marked as UTF-8 where bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(names):
            is_raw = isinstance(name, bytes)
            text = f"{number}".ljust(len(name), "_") if is_raw else name
            archive.writestr(text, str(number))
    data = path.read_bytes()
    for number, name in enumerate(names):
        if isinstance(name, bytes):
            data = data.replace(
                f"{number}".ljust(len(name), "_").encode(), name
            )
    path.write_bytes(data)
    return path


def image_folder(place, **options):
    return sources.get("image_folder")(input=place, **options)


@pytest.mark.parametrize(
    "file, encoding, classes, fits",
    [
        ("latin1.tar", "latin-1", ("normal", "prolif\u00e9ratif"), "cp1252"),
        ("gbk.zip", "gbk", ("\u6b63\u5e38", "\u80ba\u708e"), "gbk"),
    ],
)
def test_names_in_another_encoding(shared, file, encoding, classes, fits):
    place = shared / "cases" / "names" / file
    with pytest.raises(ValueError, match="names that are not UTF-8") as raised:
        image_folder(place)
    message = str(raised.value)
    assert f"{fits} reads " in message and "--encoding" in message
    assert "\n" not in message and "\udce9" not in message
    manifest = image_folder(place, encoding=encoding)
    manifest.check()
    assert manifest.classes == classes
    assert all(manifest.store.read(n) for n in manifest.table["image"])


@pytest.mark.parametrize("kind", ["directory", "tar", "zip"])
def test_an_encoding_is_asked_for_and_used(tmp_path, kind):
    raw = b"na\xefve/1.png", b"plain/1.png"
    if kind == "directory":
        for name in raw:
            path = os.fsencode(tmp_path / "raw") + b"/" + name
            os.makedirs(os.path.dirname(path))
            with open(path, "wb") as file:
                file.write(b"x")
        place = tmp_path / "raw"
    elif kind == "tar":
        place = tar_of(tmp_path / "x.tar", *raw)
    else:
        place = zip_of(tmp_path / "x.zip", *raw)
    with pytest.raises(ValueError, match=r"1 names .* 'na\\xefve/1.png'"):
        archives.open_files(place).names()
    with pytest.raises(ValueError, match="not gbk|reads"):
        archives.open_files(place, "ascii").names()
    store = archives.open_files(place, "cp1252")
    assert store.names() == ["na\u00efve/1.png", "plain/1.png"]
    assert store.read("na\u00efve/1.png")


def test_utf8_without_a_mark_in_a_zip(tmp_path):
    place = zip_of(tmp_path / "x.zip", "\u6b63/1.png".encode())
    assert archives.open_files(place).names() == ["\u6b63/1.png"]


def test_names_that_were_read_wrongly_once(tmp_path):
    wrong = "prolif\u00e9".encode().decode("cp1252")  # As mail programs do.
    place = tar_of(tmp_path / "x.tar", f"{wrong}/1.png".encode())
    with pytest.raises(ValueError, match="utf-8 reads 'prolif\u00e9/1.png'"):
        archives.open_files(place).names()
    store = archives.open_files(place, "utf-8")
    assert store.names() == ["prolif\u00e9/1.png"]


def test_an_encoding_that_is_none(tmp_path):
    for name in ("latin-99", "hex"):
        with pytest.raises(ValueError, match=f"--encoding={name} is no encod"):
            archives.open_files(tmp_path, name)


@pytest.mark.parametrize("kind", ["directory", "tar", "zip"])
def test_names_come_composed_and_with_slashes(tmp_path, kind):
    written = f"A\\{DECOMPOSED}.png"
    if kind == "directory":
        (tmp_path / "raw").mkdir()
        (tmp_path / "raw" / written).write_bytes(b"x")
        place = tmp_path / "raw"
    elif kind == "tar":
        place = tar_of(tmp_path / "x.tar", written.encode())
    else:
        place = zip_of(tmp_path / "x.zip", written)
    store = archives.open_files(place)
    assert store.names() == [f"A/{COMPOSED}.png"]
    assert store.read(f"A/{COMPOSED}.png") in (b"x", b"0")


def test_two_files_whose_names_differ_in_form_alone(tmp_path):
    for name in (DECOMPOSED, COMPOSED):
        (tmp_path / name).write_text(name)
    store = archives.open_files(tmp_path)
    assert len(store.names()) == 2
    assert {store.read(name).decode() for name in store.names()} == {
        DECOMPOSED,
        COMPOSED,
    }


def test_decomposed_names_and_a_composed_table(shared, tmp_path):
    place = shared / "cases" / "names" / "nfd.tar"
    store = archives.open_files(place)
    labels = tmp_path / "t.csv"
    labels.write_bytes(store.read("nfd/t.csv"))
    assert unicodedata.is_normalized("NFC", labels.read_text())
    # Paths count from the folder nfd, in which the archive has all.
    manifest = sources.get("csv")(input=place, labels=labels)
    assert (len(manifest.table), manifest.bad) == (20, ())


def test_a_zip_with_backslashes(shared):
    manifest = image_folder(shared / "cases" / "names" / "win.zip")
    assert manifest.label_codes().tolist() == [0] * 10 + [1] * 10
    assert manifest.classes == ("A", "B")


def test_names_with_a_nul_are_left_out_and_said_to_be(tmp_path, caplog):
    place = zip_of(tmp_path / "x.zip", b"a/1\0.png", b"a/2.png")
    store = archives.open_files(place)
    assert store.names() == ["a/2.png"]
    assert dict(store.left_out) == {"a/1\0.png": "a NUL in its name"}
    assert r"1 x a NUL in its name ('a/1\x00.png')." in caplog.text


def test_a_class_with_a_line_end_is_refused(tmp_path):
    root = folder_of(tmp_path / "raw", "a\nb/1.png", "c/1.png")
    with pytest.raises(ValueError, match=r"no line ends.*a\\\\nb") as raised:
        image_folder(root).check()
    assert "\n" not in str(raised.value)


def test_of_a_name_without_end_the_beginning_is_shown(tmp_path):
    path = tmp_path / "x.zip"
    name = "\u2554" * 5_000 + ".png"  # A frame, as of a wrong encoding.
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"")
    with pytest.raises(ValueError, match="Give their encoding") as raised:
        archives.open_files(path).names()
    assert len(str(raised.value)) < 500
