"""What the pages in *.md mention exists: files, folders, links, modules."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/*.md")])
# History names what was there once.
TODAYS = [page for page in PAGES if page.name != "CHANGELOG.md"]
TREES = ("transfusion_tf", "data_prep", "run_scripts", "tests", "docs")
# `tests/benchmarks/views.sh`, `data_prep/`, `names.py`.
_PATH = re.compile(
    rf"(?<![\w/<.-])(?:(?:{'|'.join(TREES)})/[\w./-]*|[\w/-]+\.(?:py|sh)\b)"
)
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_MODULE = re.compile(
    r"(?:from )?\btransfusion_tf(?:\.\w+)+(?: import [\w, ]+)?"
)


def exists(name):
    """Whether a path from the root, or the end of one, is there."""
    name = name.rstrip("/.")
    parts = pathlib.PurePath(name).parts
    return (ROOT / name).exists() or any(
        path.parts[-len(parts) :] == parts
        for tree in TREES
        for path in (ROOT / tree).rglob(parts[-1])
    )


def module_exists(name):
    """Whether a.b.c is a module, or something in the module a.b."""
    path = ROOT.joinpath(*name.split("."))
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    package = path.parent / "__init__.py"
    home = package if package.is_file() else path.parent.with_suffix(".py")
    return home.is_file() and re.search(
        rf"^(?:def |class )?{path.name}\b|\bas {path.name}$",
        home.read_text(),
        flags=re.M,
    )


@pytest.mark.parametrize("page", TODAYS, ids=lambda page: page.name)
def test_paths_exist(page):
    names = set(_PATH.findall(page.read_text()))
    assert not sorted(name for name in names if not exists(name))


@pytest.mark.parametrize("page", TODAYS, ids=lambda page: page.name)
def test_modules_exist(page):
    wrong = []
    for found in _MODULE.findall(page.read_text()):
        home, _, imported = found.removeprefix("from ").partition(" import ")
        names = [f"{home}.{name.strip()}" for name in imported.split(",")]
        wrong += [n for n in names if not module_exists(n.rstrip("."))]
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_exist(page):
    links = set(_LINK.findall(page.read_text()))
    assert not sorted(
        link for link in links if not (page.parent / link).exists()
    )


def test_the_map_has_every_folder():
    _, _, text = (ROOT / "README.md").read_text().partition("## Map")
    rows = dict(re.findall(r"^\| `([\w/]+)/` \| (.*) \|$", text, flags=re.M))
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for tree in ("transfusion_tf", "data_prep")
        for path in (ROOT / tree).rglob("__init__.py")
    }
    # Those inside of others are named in the others' line.
    inner = {f for f in folders if f.rpartition("/")[0] in rows}
    assert folders - inner - rows.keys() <= {"transfusion_tf"}
    for folder in inner - rows.keys():
        outer, _, name = folder.rpartition("/")
        assert f"`{name}/`" in rows[outer], folder
    assert all((ROOT / row).is_dir() for row in rows)
