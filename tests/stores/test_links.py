"""Tests of links, pipes and repeated names in directories and archives."""

import io
import os
import stat
import tarfile
import zipfile

import pytest

from data_prep import sources
from tests.data_prep.trees import folder_of
from transfusion_tf.stores import archives

NOWHERE = "a link that leads nowhere"
LOOP = "a link to a folder that it lies in"
NO_FILE = "no file, but a pipe or device"
LINKS_MODULE = "transfusion_tf.stores.archive_links"
IMAGES = {"a/1.png": b"one", "b/2.png": b"two"}
# What links there are, by what they lead to; and what else these bring.
LINKS = {
    "a/file.png": "1.png",
    "a/other.png": "../b/2.png",
    "a/up": "..",  # A folder it lies in: nothing more.
    "a/b": "../b",
    "b/a": "../a",  # Together without end.
    "chain.png": "a/other.png",
    "gone.png": "nowhere.png",
    "out.png": "../../../../../../../../etc/passwd",
    "self.png": "self.png",
}
FOUND = {
    **IMAGES,
    "a/file.png": b"one",
    "a/other.png": b"two",
    "chain.png": b"two",
    "a/b/2.png": b"two",
    "b/a/1.png": b"one",
    "b/a/file.png": b"one",
    "b/a/other.png": b"two",
}
BROKEN = {"gone.png", "out.png", "self.png"}


def directory(folder):
    for name, data in IMAGES.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(data)
    for name, target in LINKS.items():
        if name != "out.png":  # Directories may lead out.
            (folder / name).symlink_to(target)
    os.mkfifo(folder / "a" / "pipe.png")
    return folder


def tar(path):
    with tarfile.open(path, "w") as archive:
        for name, data in IMAGES.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for name, target in LINKS.items():
            archive.addfile(special(name, tarfile.SYMTYPE, target))
        archive.addfile(special("a/pipe.png", tarfile.FIFOTYPE))
        archive.addfile(special("a/disk.png", tarfile.BLKTYPE))
    return path


def special(name, kind, target=""):
    """A member of a .tar that is no file."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in IMAGES.items():
            archive.writestr(name, data)
        for name, target in LINKS.items():
            archive.writestr(of_kind(name, stat.S_IFLNK), target)
        archive.writestr(of_kind("a/pipe.png", stat.S_IFIFO), "")
    return path


def of_kind(name, kind):
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = 3, (kind | 0o644) << 16
    return member


@pytest.mark.parametrize("make", [directory, tar, zipped])
def test_links_are_followed_and_nothing_vanishes(make, tmp_path, caplog):
    store = archives.open_files(make(tmp_path / "raw"))
    found = {name: store.read(name) for name in store.names()}
    assert found == FOUND
    left_out = dict(store.left_out)
    broken = {n for n, r in left_out.items() if r == NOWHERE}
    absent = {"out.png"} if make is directory else set()
    # Seen once more where the linked folder has them, too.
    assert {n for n in broken if n.count("/") < 2} == BROKEN - absent
    assert left_out["a/up"] == left_out["a/b/a"] == LOOP
    assert left_out["a/pipe.png"] == NO_FILE
    assert ("a/disk.png" in left_out) == (make is tar)
    store.names()
    (line,) = caplog.messages  # Once.
    assert f"{len(broken)} x a link that leads nowhere" in line
    with pytest.raises(archives.ReadError):
        store.read("a/pipe.png")  # At once: nobody writes to it.


def test_hard_links_in_a_tar(tmp_path):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("./all/1.png")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"one"))
        archive.addfile(
            special("train/a/1.png", tarfile.LNKTYPE, "./all/1.png")
        )
        archive.addfile(special("l", tarfile.SYMTYPE, "train"))
        archive.addfile(special("2.png", tarfile.LNKTYPE, "../../etc/passwd"))
    store = archives.open_files(path)
    assert store.names() == ["all/1.png", "l/a/1.png", "train/a/1.png"]
    assert store.read("l/a/1.png") == b"one"
    assert dict(store.left_out) == {"2.png": NOWHERE}


def test_a_sparse_member_is_not_read_as_what_it_is_not(tmp_path):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (("a.png", tarfile.REGTYPE), ("b.png", b"S")):
            member = special(name, kind)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"one"))
    data = bytearray(path.read_bytes())
    place = data.index(b"b.png")
    data[place + 483 : place + 495] = (
        b"00000000003\0"  # Its size without holes.
    )
    header = data[place : place + 512]
    header[148:156] = b" " * 8
    data[place + 148 : place + 156] = b"%06o\0 " % sum(header)
    path.write_bytes(data)
    store = archives.open_files(path)
    assert store.names() == ["a.png"]
    with pytest.raises(
        archives.ReadError, match="sparse member.*pack it without"
    ):
        store.read("b.png")


@pytest.mark.parametrize("above", [".", "raw"])
def test_a_link_to_a_folder_above(tmp_path, above):
    root = folder_of(tmp_path / "raw", "a/1.png", "b/2.png")
    (root / "a" / "x").symlink_to(tmp_path / above)
    manifest = sources.get("image_folder")(input=root)
    assert manifest.table["image"].tolist() == ["a/1.png", "b/2.png"]


def test_links_that_multiply_end(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{LINKS_MODULE}.MAX_LINKED", 1_000)
    path = tmp_path / "x.tar"
    for level in range(30):
        for side in "ab":
            link = tmp_path / "raw" / f"l{level}" / side
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"../l{level + 1}")
    folder_of(tmp_path / "raw", "l30/1.png")
    with tarfile.open(path, "w") as archive:
        archive.add(tmp_path / "raw", ".")
    for place in (tmp_path / "raw", path):
        with pytest.raises(ValueError, match="make more than 1,000 names"):
            archives.open_files(place).names()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_name_that_stands_twice(tmp_path, kind, caplog):
    path = tmp_path / f"x.{kind}"
    if kind == "tar":
        with tarfile.open(path, "w") as archive:
            for name, data in (("a.png", b"old"), ("./a.png", b"new")):
                member = tarfile.TarInfo(name)
                member.size = 3
                archive.addfile(member, io.BytesIO(data))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.png", b"old")
            archive.writestr("a.png", b"new")
    store = archives.open_files(path)
    assert store.names() == ["a.png"]
    assert store.read("a.png") == b"new"  # As unpacking it would have it.
    assert "1 x a name that stands once more" in caplog.text


def test_a_pipe_is_no_archive(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="is not a directory, a .zip or an"):
        archives.open_files(tmp_path / "pipe")


def test_images_that_cannot_be_reached_are_bad(tmp_path):
    root = folder_of(tmp_path / "raw", "a/1.png", "b/2.png")
    (root / "b" / "3.png").symlink_to("nowhere.png")
    os.mkfifo(root / "a" / "4.png")
    (root / "notes").symlink_to("nowhere.txt")
    manifest = sources.get("image_folder")(input=root)
    manifest.check()
    assert dict(manifest.bad) == {
        "b/3.png": NOWHERE,
        "a/4.png": NO_FILE,
    }
    labels = tmp_path / "labels.csv"
    labels.write_text("path,label\na/1.png,1\nb/2.png,0\na/4.png,1\n")
    manifest = sources.get("csv")(input=root, labels=labels)
    assert manifest.bad == (("a/4.png", NO_FILE),)
