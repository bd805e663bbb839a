"""The report as a whole: where it is written, and what it needs."""

import collections
import shutil

import pytest

from transfusion_tf.study.report import build, context
from transfusion_tf.study.report.findings import verdicts


@pytest.fixture
def short(monkeypatch):
    """Leaves out the sections that take long."""
    monkeypatch.setattr(build.sections, "SECTIONS", (verdicts.section,))


def test_a_report_that_is_made_again_is_the_same(short, tiny_study, tmp_path):
    made = []
    for _ in range(2):
        build.run(tiny_study, output_dir=tmp_path)
        made.append({p.name: p.read_bytes() for p in tmp_path.iterdir()})
    assert made[0].keys() >= {"index.html", "comparisons.pdf", "counts.csv"}
    assert made[0] == made[1]


def test_the_lines_for_the_terminal(short, tiny_study, tmp_path):
    *said, path = build.lines(tiny_study, output_dir=tmp_path)
    assert path == str(tmp_path / "index.html")
    assert 1 <= len(said) <= 3
    assert said[0].startswith("cbr_tiny pretrained textures does better than")
    page = (tmp_path / "index.html").read_text()
    assert all(sentence in page for sentence in said)


def test_a_full_disk_leaves_the_old_page(
    short, tiny_study, tmp_path, monkeypatch
):
    page = build.run(tiny_study, output_dir=tmp_path)
    old = page.read_bytes()
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: usage(2**40, 2**40, 2**20)
    )
    with pytest.raises(OSError, match="1 MB left, and a report may need 64"):
        build.run(tiny_study, output_dir=tmp_path)
    assert page.read_bytes() == old


def test_a_disk_that_becomes_full(short, tiny_study, tmp_path, monkeypatch):
    page = build.run(tiny_study, output_dir=tmp_path)
    old = page.read_bytes()

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build.render.files, "write_text", fail)
    with pytest.raises(OSError, match=r"index.html: No space left on device"):
        build.run(tiny_study, output_dir=tmp_path)
    assert page.read_bytes() == old


def test_directories_that_cannot_be_that_of_a_report(tiny_study, tmp_path):
    place = tmp_path / "file"
    place.touch()
    with pytest.raises(ValueError, match="is a file; give a directory"):
        build.run(tiny_study, output_dir=place)
    with pytest.raises(ValueError, match="is the directory of the study"):
        build.run(tiny_study, output_dir=tiny_study)
    with pytest.raises(OSError, match="Cannot write .*file/a: Not a directory"):
        build.run(tiny_study, output_dir=place / "a")


def test_other_records_are_not_taken_for_those_of_the_study(
    make_study, tiny_records
):
    root = make_study()
    config = (root / "study.json").read_text()
    gone = str(root.parent / "gone")
    (root / "study.json").write_text(config.replace(gone, str(tiny_records)))
    found = context.gather(root)
    assert found.card is None
    assert "another fingerprint" in found.records_gone
