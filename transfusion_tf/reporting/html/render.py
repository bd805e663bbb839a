"""Draws a page.Page as one file of HTML that needs nothing beside it."""

import base64
import dataclasses
import io
import itertools
import pathlib
import re

import jinja2
import markupsafe
from PIL import Image

from transfusion_tf import files
from transfusion_tf.reporting.html import page as pages

MARKS = ("good", "bad", "same", "open")
_TEMPLATES = pathlib.Path(__file__).parent / "templates"
_STYLES = ("style.css", "print.css")
# A word may be broken behind these, once it is longer than a column is wide.
_JOINTS = re.compile(r"([_/:=,]+|(?<=\w)-)(?=\w)")
_LONG_WORD = re.compile(r"\S{17,}")
_FLAG = re.compile(r"(?<!\S)\(?--\w+(?:<wbr>\w+)*")
_OPTION = re.compile(r"((?<!\S)-\S+)")
_PIXELS_PER_INCH = 96  # Of CSS, whatever the screen.


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Picture:
    """A picture to embed, its size in CSS pixels."""

    source: str
    width: int
    height: int


def render(page, folder):
    """Returns the HTML of a Page, its pictures embedded.

    Args:
      page: page.Page.
      folder: directory of its pictures and tables.

    Raises:
      FileNotFoundError: a picture is missing.
      ValueError: a picture has no description, a row of a table another
        length than its headings, a mark is unknown, or two sections have one
        anchor.
    """
    _check(page)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.tests["kind"] = lambda block, name: type(block).__name__ == name
    environment.filters["breakable"] = breakable
    environment.filters["command"] = _command
    numbers = itertools.count(1)
    return environment.get_template("page.html.j2").render(
        page=page,
        style="\n".join((_TEMPLATES / name).read_text() for name in _STYLES),
        picture=lambda name: _picture(pathlib.Path(folder) / f"{name}.png"),
        number=lambda: next(numbers),
    )


def write(page, folder):
    """Writes <folder>/index.html, whole or not at all; returns its path."""
    path = pathlib.Path(folder) / "index.html"
    files.write_text(path, render(page, folder))
    return path


def breakable(text):
    """A plain text, escaped, whose long words may be broken at their joints.

    Names of arms and files would else be wider than a column or a telephone;
    copied, they are what they were. A flag (--seeds) is not broken behind its
    dashes. What is markup already is returned as is.
    """
    if hasattr(text, "__html__"):
        return text
    pieces = _LONG_WORD.sub(
        lambda word: _JOINTS.sub("\\1\0", word.group()), str(text)
    ).split("\0")
    joined = markupsafe.Markup("<wbr>").join(pieces)
    return markupsafe.Markup(
        _FLAG.sub(r'<span class="option">\g<0></span>', str(joined))
    )


def _command(text):
    """A command, escaped, whose lines are not broken behind a "--"."""
    return markupsafe.Markup("").join(
        markupsafe.Markup("<span>{}</span>").format(word)
        if _OPTION.fullmatch(word)
        else word
        for word in _OPTION.split(text)
    )


def _picture(path):
    """A PNG as the page embeds it, as large as its resolution says."""
    data = path.read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        per_inch, _ = image.info.get("dpi", (_PIXELS_PER_INCH, None))
    scale = min(_PIXELS_PER_INCH / per_inch, 1)
    return _Picture(
        source="data:image/png;base64," + base64.b64encode(data).decode(),
        width=round(width * scale),
        height=round(height * scale),
    )


def _check(page):
    """Raises ValueError for what would be drawn wrong."""
    anchors = [section.anchor for section in page.sections]
    for anchor in anchors:
        if anchors.count(anchor) > 1:
            raise ValueError(f"Two sections have the anchor {anchor!r}.")
    for section in page.sections:
        for block in _all_blocks(section.blocks):
            if isinstance(block, pages.Figure) and not block.alt.strip():
                raise ValueError(
                    f"The figure {block.name!r} has no `alt`: describe it to "
                    "those who cannot see it."
                )
            if isinstance(block, pages.Table):
                _check_table(block)


def _check_table(table):
    for row in table.rows:
        if len(row) != len(table.headings):
            raise ValueError(
                f"The table {table.caption!r} has {len(table.headings)} "
                f"headings. Received a row of {len(row)}: {row}"
            )
    unknown = set(table.marks.values()) - set(MARKS)
    if unknown:
        raise ValueError(
            f"`marks` are of {MARKS}. Received {sorted(unknown)} in the table "
            f"{table.caption!r}."
        )


def _all_blocks(blocks):
    """Yields blocks and those within them."""
    for block in blocks:
        yield block
        if isinstance(block, pages.Details):
            yield from _all_blocks(block.blocks)
