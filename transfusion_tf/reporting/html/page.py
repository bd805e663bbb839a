"""What a page of a report is made of: sections of blocks, without any HTML.

Texts are plain, or made by `code` and `link`; whatever else they hold is
escaped when the page is drawn (reporting.html.render).
"""

import dataclasses

import markupsafe


def code(text):
    """A word of code within a text."""
    return markupsafe.Markup("<code>{}</code>").format(text)


def link(text, target):
    """A link within a text: to an anchor of the page, a file beside it, a URL.

    Args:
      text: what is shown.
      target: "#anchor", a relative path, or a URL.
    """
    return markupsafe.Markup('<a href="{}">{}</a>').format(target, text)


def joined(*parts):
    """One text of texts, each escaped where it must be."""
    return markupsafe.Markup("").join(parts)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph."""

    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Code:
    """Commands, or a text to copy, on lines of their own.

    Attributes:
      text: its lines.
      label: what it is, for those who cannot see it.
    """

    text: str
    label: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bullets:
    """A list.

    Attributes:
      items: texts.
      kind: "plain", or "warning" where readers must not miss it.
    """

    items: tuple
    kind: str = "plain"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
    """A table.

    Attributes:
      caption: what it shows, in a sentence.
      headings: of the columns.
      rows: tuples of texts, as many as headings; the first names the row.
      numbers: indices of the columns that are set flush right.
      files: names of the CSV files beside the page that hold its numbers.
      marks: {text of a cell: "good", "bad", "same" or "open"}, for verdicts:
        each has a shape and a colour beside the text.
    """

    caption: str
    headings: tuple
    rows: tuple
    numbers: tuple = ()
    files: tuple = ()
    marks: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """A picture, which lies beside the page as <name>.png and <name>.pdf.

    Attributes:
      name: of the files, without suffix.
      title: what is drawn.
      sentence: what it shows here, in one sentence with its numbers.
      reading: how it is to be read.
      alt: what is to be seen, for those who cannot see it.
      files: names of the CSV files that hold its numbers.
    """

    name: str
    title: str
    sentence: str
    reading: str
    alt: str
    files: tuple = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Missing:
    """What could be here and is not.

    Attributes:
      title: of what is missing.
      why: why it is.
      command: that adds it; None where none does.
    """

    title: str
    why: str
    command: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Section:
    """A section.

    Attributes:
      anchor: its id in the page.
      title: its heading, and its line in the table of contents.
      blocks: Text, Code, Bullets, Table, Figure, Missing or Details, in order.
    """

    anchor: str
    title: str
    blocks: tuple


@dataclasses.dataclass(frozen=True, kw_only=True)
class Details:
    """Blocks that are folded away until a reader opens them.

    Attributes:
      title: what is inside.
      blocks: as of a Section.
      instead: name of a file beside the page that paper refers to instead of
        showing the blocks; "": they are printed.
    """

    title: str
    blocks: tuple
    instead: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """A report.

    Attributes:
      title: of the page.
      subtitle: data, networks and numbers, on one line.
      verdicts: at most three sentences: what was found.
      sections: Sections, in order.
      footer: a line: what made the page, from what.
    """

    title: str
    subtitle: str
    verdicts: tuple
    sections: tuple
    footer: str
