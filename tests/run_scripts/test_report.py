"""The binary: the verdict and the page, and mistakes in one line."""

import shutil

import pytest

from tests.study.report import small_studies

SCRIPT = "run_scripts/report.py"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study of two seeds, whose records are gone."""
    root = tmp_path_factory.mktemp("report") / "study"
    return small_studies.make(root, values={"seeds": 2})


def test_the_verdict_and_the_page(binary, study, tmp_path):
    root = shutil.copytree(study, tmp_path / "study")
    done = binary(SCRIPT, f"--study_dir={root}")
    assert done.returncode == 0, done.stderr
    *said, path = done.stdout.splitlines()
    assert path == str(root / "report" / "index.html")
    assert "cbr_tiny pretrained textures" in said[0]
    assert said[0] in (root / "report" / "index.html").read_text()


@pytest.mark.parametrize(
    "make, flags, said",
    [
        (lambda root: None, (), "Give --study_dir=DIR"),
        (
            lambda root: shutil.rmtree(root),
            ("--study_dir={root}",),
            "is not a study (it has no study.json)",
        ),
        (
            lambda root: (root / "verdict.json").unlink(),
            ("--study_dir={root}",),
            "none of its runs is finished",
        ),
        (
            lambda root: (root / "arms.csv").write_text("a,b\n1\n"),
            ("--study_dir={root}",),
            "arms.csv is damaged",
        ),
        (
            lambda root: None,
            ("--study_dir={root}", "--output_dir={root}/study.csv"),
            "study.csv is a file; give a directory",
        ),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    binary, study, tmp_path, make, flags, said
):
    root = shutil.copytree(study, tmp_path / "study")
    make(root)
    done = binary(SCRIPT, *(flag.format(root=root) for flag in flags))
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and said in done.stderr
    assert done.stderr.count("\n") == 1 and not done.stdout
    assert not (root / "report").exists()
