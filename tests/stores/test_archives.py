"""Tests of reading images from directories and archives, in place."""

import copy
import io
import tarfile
import zipfile

import numpy as np
import pytest

from transfusion_tf import files
from transfusion_tf.images import limits
from transfusion_tf.stores import archives, npz

FILES = {"a.txt": b"first", "b/c.txt": b"second" * 100, "b/d.txt": b""}


def make_store(kind, folder):
    """A store of FILES, as `kind` of archive."""
    for name, data in FILES.items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if kind == "directory":
        return archives.open_files(folder / "files")
    path = folder / f"files.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in FILES:
                archive.write(folder / "files" / name, name)
    else:
        with tarfile.open(path, "w") as archive:
            archive.add(folder / "files", ".")
    return archives.open_files(path)


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
class TestFileStore:
    def test_reads_all_files_in_any_order(self, kind, tmp_path):
        store = make_store(kind, tmp_path)
        assert store.names() == sorted(FILES)
        for name in reversed(FILES):
            assert store.read(name) == FILES[name]

    def test_can_be_sent_to_another_process(self, kind, tmp_path):
        store = make_store(kind, tmp_path)
        store.read("a.txt")  # Opened, and not to be sent so.
        again = copy.deepcopy(store)  # By the means of pickle.
        assert again.read("b/c.txt") == FILES["b/c.txt"]

    def test_what_is_not_there_is_a_read_error(self, kind, tmp_path):
        with pytest.raises(archives.ReadError, match="^absent$"):
            make_store(kind, tmp_path).read("b/x.txt")

    def test_checksum_is_that_of_the_archive(self, kind, tmp_path):
        checksum = make_store(kind, tmp_path).checksum()
        if kind == "directory":
            assert checksum is None
        else:
            path = tmp_path / f"files.{kind}"
            assert checksum == files.file_sha256(path)


def test_a_damaged_zip_member_is_a_read_error(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"intact")
        archive.writestr("b", b"to be damaged")
    path.write_bytes(path.read_bytes().replace(b"to be d", b"to be D"))
    store = archives.open_files(path)
    assert store.read("a") == b"intact"
    with pytest.raises(archives.ReadError, match="damaged archive member"):
        store.read("b")


def test_a_zip_member_that_is_absurdly_large(tmp_path, monkeypatch):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"0" * 1_000)
        archive.writestr("b", b"0" * 1_001)
    monkeypatch.setattr(archives, "MAX_MEMBER_BYTES", 1_000)
    store = archives.open_files(path)
    assert len(store.read("a")) == 1_000
    with pytest.raises(archives.ReadError, match="absurdly large"):
        store.read("b")


def test_a_zip_member_that_grows_out_of_all_proportion(tmp_path, monkeypatch):
    """Zeros shrink a thousandfold; what an image is worth is looked at."""
    monkeypatch.setattr(limits, "HARMLESS_BYTES", 1_000)
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"0" * 1_000)
        archive.writestr("b", b"0" * 1_000_000)
    store = archives.open_files(path)
    assert len(store.read("a")) == 1_000
    with pytest.raises(
        archives.ReadError, match="declares 1,000,000 bytes and"
    ):
        store.read("b")


def test_a_zip_member_that_claims_to_be_larger_than_the_archive(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"data")
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\x01\x02") + 20  # Its compressed size.
    data[place : place + 4] = (2**31).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(archives.ReadError, match="larger than the archive"):
        archives.open_files(path).read("a")


def test_a_file_with_a_hole(tmp_path):
    """Files can be larger than the disk that they are on."""
    with open(tmp_path / "a.png", "wb") as file:
        file.truncate(2**40)
    with pytest.raises(archives.ReadError, match="large: 1,099,511,627,776 b"):
        archives.open_files(tmp_path).read("a.png")


def tar_with(path, data, **changes):
    """Writes a .tar with members `a`, of changed headers, and `b`."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        for name in "ab":
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    header = tarfile.TarInfo("a")
    header.size = len(data)
    for name, value in changes.items():
        setattr(header, name, value)
    whole = path.read_bytes()
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + whole[512:])
    return path


def test_a_tar_member_that_claims_more_than_there_is(tmp_path):
    path = tar_with(tmp_path / "x.tar", b"data", size=2**40)
    with pytest.raises(ValueError, match=r"x.tar is a damaged .tar \(unexpect"):
        archives.open_files(path)


def test_a_tar_header_that_claims_more_than_there_is(tmp_path):
    """The name of `b` would be a terabyte long; Python makes room for it."""
    kind = tarfile.GNUTYPE_LONGNAME
    path = tar_with(tmp_path / "x.tar", b"data", size=2**40, type=kind)
    with pytest.raises(ValueError, match="x.tar") as raised:
        archives.open_files(path).names()
    assert "\n" not in str(raised.value)


def test_a_sparse_tar_member_is_refused(tmp_path):
    """A header of 512 bytes can stand for a terabyte of zeros."""
    path = tmp_path / "x.tar"
    kind = tarfile.GNUTYPE_SPARSE
    data = bytearray(tar_with(path, b"data", type=kind).read_bytes())
    data[483:495] = b"%011o\0" % 2**32  # The size without the holes.
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    path.write_bytes(data)
    store = archives.open_files(path)
    with pytest.raises(archives.ReadError, match="a sparse member"):
        copy.deepcopy(store).read("a")
    assert store.read("b") == b"data"


def test_a_zip_of_a_version_that_is_not_known(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"data")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 6] = 99  # Version needed: 9.9.
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"x.zip is not a whole .zip file \(z"):
        archives.open_files(path).names()


def test_a_tar_that_is_cut_off(tmp_path):
    store = make_store("tar", tmp_path)
    offset, _ = store._place("b/c.txt")
    with open(store.path, "r+b") as file:
        file.truncate(offset + 10)
    with pytest.raises(archives.ReadError, match="ends in the middle"):
        store.read("b/c.txt")


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize(
    "name", ["../x.png", "a/../../x.png", "/x.png", "..\\x.png", "C:\\x.png"]
)
def test_members_that_leave_the_archive(tmp_path, kind, name):
    path = tmp_path / f"x.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.png", b"")
            member = zipfile.ZipInfo("b.png")
            member.filename = name
            archive.writestr(member, b"")
    else:
        with tarfile.open(path, "w") as archive:
            archive.addfile(tarfile.TarInfo("a.png"))
            archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(ValueError, match=f"x.{kind} has paths that leave") as e:
        archives.open_files(path).names()
    assert "\n" not in str(e.value) and "x.png" in str(e.value)


def test_names_with_dots_stay_inside(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("..a/b..png", b"")
        archive.writestr("a/../b.png", b"")
    assert len(archives.open_files(path).names()) == 2


def test_compressed_tar_is_refused_with_advice(tmp_path):
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz"):
        pass
    with pytest.raises(ValueError, match="Decompress a .tar.gz"):
        archives.open_files(path)


def test_missing_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file or directory"):
        archives.open_files(tmp_path / "nothing")


def test_npz_rows_and_heads(tmp_path):
    path = tmp_path / "x.npz"
    arrays = {
        "a": np.arange(24, dtype=np.uint16).reshape(2, 3, 4),
        "b": np.ones((1, 2, 2), np.uint8),
    }
    np.savez_compressed(path, **arrays)
    store = copy.deepcopy(npz.NpzStore(path))
    np.testing.assert_array_equal(store.read("a/1"), arrays["a"][1])
    np.testing.assert_array_equal(store.read("b/0"), arrays["b"][0])
    assert store.head("a") == ((2, 3, 4), np.dtype(np.uint16))


def test_a_damaged_npz_array_is_told(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, images=np.full((1, 8, 8), 77, np.uint8))
    path.write_bytes(path.read_bytes().replace(b"MMMM", b"MMMN", 1))
    with pytest.raises(ValueError, match="the array images is damaged"):
        npz.NpzStore(path).read("images/0")


def test_npz_arrays_that_declare_more_than_there_is(tmp_path):
    header = {"descr": "|u1", "fortran_order": False, "shape": (2**40, 2, 2)}
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(member, header)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("a.npy", member.getvalue())
    store = npz.NpzStore(tmp_path / "x.npz")
    for read in (store.array, store.head):
        with pytest.raises(ValueError, match="declares 4,398,046,511,104 by"):
            read("a")


def test_npz_arrays_that_grow_out_of_all_proportion(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "HARMLESS_BYTES", 1_000)
    np.savez_compressed(tmp_path / "x.npz", a=np.zeros((9, 99, 99), np.uint8))
    with pytest.raises(ValueError, match="declares 88,337 bytes and holds"):
        npz.NpzStore(tmp_path / "x.npz").array("a")
