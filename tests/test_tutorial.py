"""The tutorial's commands do what it says, and so do the notebook's cells."""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from transfusion_tf import tables
from transfusion_tf.data import records

ROOT = pathlib.Path(__file__).parents[1]
TUTORIAL = ROOT / "docs" / "tutorial.md"
NOTEBOOK = ROOT / "docs" / "tutorial.ipynb"


def commands():
    """The texts of the blocks that are marked as bash."""
    return re.findall(
        r"^```bash\n(.*?)^```$", TUTORIAL.read_text(), re.M | re.S
    )


def run(command, binary, folder):
    """Runs a block where its paths are below `folder`.

    Blocks of one of our binaries are run by the warm process.
    """
    words = shlex.split(command.replace("\\\n", ""))
    if words[:1] == ["python"] and words[1].endswith(".py"):
        return binary(words[1], *words[2:], cwd=folder)
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-c", command],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
    )


@pytest.fixture(scope="module")
def followed(binary, tmp_path_factory):
    """(folder, {first words of a command: what it has printed})."""
    folder = tmp_path_factory.mktemp("tutorial")
    printed = {}
    for command in commands():
        done = run(command, binary, folder)
        assert done.returncode == 0, f"{command}{done.stdout}{done.stderr}"
        name = command.split()[1] + (" --plan" if "--plan" in command else "")
        printed[name] = done.stdout
    return folder, printed


def test_the_files_that_it_names_are_there(followed):
    folder, _ = followed
    named = re.findall(
        r"`((?:data|studies)/scans[\w./]*)`", TUTORIAL.read_text()
    )
    assert "studies/scans/report/index.html" in named
    assert all((folder / path).exists() for path in named)
    card = records.read_card(folder / "data/scans/1.0.0")
    assert card.positive == "ill"
    assert card.grouped_by == "patient"
    # "Some seventy images", with as many for each patient.
    assert 60 <= card.num_examples["test"] <= 80


def test_the_plan_says_what_the_text_says(followed):
    _, printed = followed
    said = printed["run_scripts/run_study.py --plan"]
    assert "A margin of 0.05 cannot be shown at any" in said


def test_the_study_ends_with_the_verdict_that_the_page_shows(followed):
    folder, printed = followed
    rows = tables.read(folder / "studies/scans/comparisons.csv")
    assert list(rows["arm"]) == ["cbr_tiny@conv2 pretrained synthetic_textures"]
    assert rows["verdict"][0] in printed["run_scripts/run_study.py"]
    assert rows["verdict"][0] in TUTORIAL.read_text()
    page = (folder / "studies/scans/report/index.html").read_text()
    assert f"{rows['difference'][0]:+.4f}" in page


def test_the_notebook_does_the_same(tmp_path, monkeypatch, capsys):
    cells = [
        cell
        for cell in json.loads(NOTEBOOK.read_text())["cells"]
        if cell["cell_type"] == "code"
    ]
    assert not any(cell["outputs"] for cell in cells)
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__", "display": print}
    for cell in cells:
        code = "".join(cell["source"])
        exec(compile(code, "a cell of tutorial.ipynb", "exec"), namespace)
    assert len(namespace["found"].rows) == 1
    assert namespace["card"].positive == "ill"
    stages = namespace["similar"].query("value == value")["stage"]
    assert set(stages) == {"conv1", "conv2"}
    assert "against cbr_tiny@conv2 random" in capsys.readouterr().out
