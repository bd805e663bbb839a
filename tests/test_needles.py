"""What looks for secrets finds them wherever they are."""

import pytest

from tests import needles


def test_find_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(needles, "_CHUNK", 64)
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.bin").write_bytes(b"x" * 60 + b"DOE^JOHN" + b"y" * 100)
    (tmp_path / "sub/b.bin").write_bytes("4711-A".encode("utf-16-le"))
    (tmp_path / "sub/DOE^JOHN").write_bytes(b"")
    (tmp_path / "clean").write_bytes(b"DOE JOHN" * 50)
    found = needles.find_bytes(tmp_path, ["DOE^JOHN", "4711-A", b"absent"])
    assert found == [
        ("a.bin", "DOE^JOHN"),
        ("sub/DOE^JOHN", "DOE^JOHN"),
        ("sub/b.bin", "4711-A"),
    ]
    assert needles.find_bytes(tmp_path / "clean", [b"DOE^JOHN"]) == []
    assert needles.find_bytes(tmp_path / "clean", [b"JOHNDOE"]) == [
        (".", b"JOHNDOE")
    ]


@pytest.mark.parametrize("wanted", [[], [""], ["a", b""]])
def test_find_bytes_takes_no_empty_needle(tmp_path, wanted):
    with pytest.raises(ValueError, match="not empty"):
        needles.find_bytes(tmp_path, wanted)
