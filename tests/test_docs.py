"""What the pages mention exists: files, folders, links, anchors, modules."""

import functools
import json
import pathlib
import re

import pytest

from transfusion_tf import __main__ as commands
from transfusion_tf.reporting import reading

ROOT = pathlib.Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("*/*.ipynb")]
)
# History names what was there once.
TODAYS = [page for page in PAGES if page.name != "CHANGELOG.md"]
TREES = ("transfusion_tf", "data_prep", "run_scripts", "tests", "docs")
# `tests/benchmarks/views.sh`, `data_prep/`, `names.py`.
_PATH = re.compile(
    rf"(?<![\w/<.-])(?:(?:{'|'.join(TREES)})/[\w./-]*|[\w/-]+\.(?:py|sh)\b)"
)
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
_CODE = re.compile(r"^```.*?^```$", re.M | re.S)
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


@functools.cache
def text_of(page):
    """The Markdown of a page or notebook, without its code blocks."""
    text = page.read_text()
    if page.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join(
            "".join(cell["source"])
            for cell in cells
            if cell["cell_type"] == "markdown"
        )
    return _CODE.sub("", text)


@functools.cache
def anchors(page):
    """What #... can name of a page, as GitHub makes it of its headings."""
    found = []
    for heading in re.findall(r"^#+ (.*)$", text_of(page), flags=re.M):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        name = words.replace(" ", "-")
        count = sum(
            re.fullmatch(rf"{name}(-\d+)?", x) is not None for x in found
        )
        found.append(f"{name}-{count}" if count else name)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    dead = []
    for path, anchor in _LINK.findall(text_of(page)):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(f"{path}#{anchor}")
    assert not dead


def test_anchors_are_those_that_a_browser_finds(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# `verdict.json`: what, if not 1.5?\n## A b-c\n## A b-c\n"
        "```\n# No heading\n```\n"
    )
    names = ["verdictjson-what-if-not-15", "a-b-c", "a-b-c-1"]
    assert anchors(page) == names


def questions(page):
    """{question: its commands}, with links as from the root."""
    _, _, text = page.read_text().partition("## Which command for which")
    rows = re.findall(r"^\| (.+\?\**) \| (.+) \|$", text, flags=re.M)
    folder = page.parent
    return {
        question: re.sub(
            r"\]\(([^)#]+)",
            lambda m: f"]({(folder / m[1]).resolve().relative_to(ROOT)}",
            answer,
        )
        for question, answer in rows
    }


def test_both_pages_name_the_same_commands_for_the_same_questions():
    table = questions(ROOT / "README.md")
    assert table == questions(ROOT / "docs/index.md")
    named = set(re.findall(r"(\w+)\.py", " ".join(table.values())))
    assert named == commands.scripts().keys()


def test_the_index_lists_every_page():
    listed = {
        path for path, _ in _LINK.findall(text_of(ROOT / "docs/index.md"))
    }
    pages = {path.name for path in PAGES if path.parent.name == "docs"}
    assert pages - {"index.md"} <= listed


def test_the_map_has_every_folder():
    _, _, text = (ROOT / "README.md").read_text().partition("## Map")
    rows = dict(re.findall(r"^\| `([\w/]+)/` \| (.*) \|$", text, flags=re.M))
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for tree in ("transfusion_tf", "data_prep")
        for path in (ROOT / tree).rglob("__init__.py")
    }
    # Those inside of others are named in the others' line.
    for folder in folders - rows.keys() - {"transfusion_tf"}:
        parents = map(str, pathlib.PurePath(folder).parents)
        outer = next((parent for parent in parents if parent in rows), None)
        assert outer, folder
        assert f"`{folder.removeprefix(f'{outer}/')}/`" in rows[outer], folder
    assert all((ROOT / row).is_dir() for row in rows)


def test_the_page_of_figures_has_the_report_s_texts():
    page = (ROOT / "docs/figures.md").read_text()
    sections = re.split(r"^#+ (.*)$", page, flags=re.M)[1:]
    texts = {
        heading.strip("`").removesuffix(".png").removesuffix("_<measure>"): text
        for heading, text in zip(sections[::2], sections[1::2], strict=True)
        if heading.startswith("`")
    }
    assert texts.keys() == reading.READING.keys()
    for name, text in reading.READING.items():
        assert " ".join(texts[name].split()).endswith(f". {text}"), name
