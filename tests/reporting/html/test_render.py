"""The HTML of a page: what is escaped, embedded, broken and refused."""

import base64
import dataclasses
import html.parser
import re

import pytest
from PIL import Image

from tests.reporting.html import every_block
from transfusion_tf.reporting.html import page as pages
from transfusion_tf.reporting.html import render


class Elements(html.parser.HTMLParser):
    """Elements of a page as (name, attributes), and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def of(self, name):
        return [attributes for tag, attributes in self.found if tag == name]


def page_of(*blocks, anchor="one"):
    section = pages.Section(anchor=anchor, title="One", blocks=blocks)
    return pages.Page(
        title="T", subtitle="", verdicts=(), sections=(section,), footer=""
    )


def figure(**changes):
    fields = {
        name: name for name in ("name", "title", "sentence", "reading", "alt")
    }
    return pages.Figure(**fields | changes)


def table(**changes):
    fields = {"caption": "c", "headings": ("a", "b"), "rows": (("1", "2"),)}
    return pages.Table(**fields | changes)


def test_pictures_are_embedded_at_the_size_of_their_resolution(tmp_path):
    page = every_block.make(tmp_path)
    images = Elements(render.render(page, tmp_path)).of("img")
    sources = [
        base64.b64decode(x["src"].removeprefix("data:image/png;base64,"))
        for x in images
    ]
    names = ("wide.png", "tall.png")
    assert sources == [(tmp_path / name).read_bytes() for name in names]
    sizes = [(image["width"], image["height"]) for image in images]
    # 1125 x 600 at 150 an inch is 7.5 x 4 inches of 96 pixels; the other
    # picture names no resolution.
    assert sizes == [("720", "384"), ("300", "3000")]


def test_nothing_beside_the_page_is_needed(tmp_path):
    found = Elements(render.render(every_block.make(tmp_path), tmp_path)).found
    assert not {"script", "link", "iframe"} & {tag for tag, _ in found}


def test_texts_are_escaped_and_markup_is_not(tmp_path):
    blocks = (
        pages.Text(text="a < b & <i>x</i>"),
        pages.Text(text=pages.joined("see ", pages.link("<x>", "#y"))),
    )
    drawn = render.render(page_of(*blocks), tmp_path)
    assert "<p>a &lt; b &amp; &lt;i&gt;x&lt;/i&gt;</p>" in drawn
    assert '<p>see <a href="#y">&lt;x&gt;</a></p>' in drawn


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("short_name", "short_name"),
        ("cbr_tiny-pretrained", "cbr_<wbr>tiny-<wbr>pretrained"),
        ("+0.0123 [-0.0045, 0.0291]", "+0.0123 [-0.0045, 0.0291]"),
        ("a_long_option=1e-3--4", "a_<wbr>long_<wbr>option=<wbr>1e-<wbr>3--4"),
        ("more (--seeds)", 'more <span class="option">(--seeds</span>)'),
        (
            "--learning_rates_of=1",
            '<span class="option">--learning_<wbr>rates_<wbr>of</span>=<wbr>1',
        ),
        ("<nobody_knows_it>", "&lt;nobody_<wbr>knows_<wbr>it&gt;"),
        ("a/b<c&d&e", "a/b&lt;c&amp;d&amp;e"),
    ],
)
def test_long_words_may_be_broken_at_their_joints(text, drawn):
    assert render.breakable(text) == drawn


def test_options_of_commands_are_whole_words(tmp_path):
    command = "python a.py --x=<1> \\\n  -v one-two"
    drawn = render.render(
        page_of(pages.Code(text=command, label="l")), tmp_path
    )
    code = re.search("<pre.*?<code>(.*?)</code>", drawn, re.DOTALL).group(1)
    assert code == (
        "python a.py <span>--x=&lt;1&gt;</span> \\\n  <span>-v</span> one-two"
    )
    assert command in Elements(drawn).text


def test_marks_have_a_shape_each(tmp_path):
    words = {"up": "good", "down": "bad", "alike": "same", "?": "open"}
    rows = tuple(("arm", word) for word in words)
    drawn = render.render(page_of(table(rows=rows, marks=words)), tmp_path)
    shapes = {x["d"] for x in Elements(drawn).of("path")}
    assert len(shapes) == 4
    classes = [x.get("class") for x in Elements(drawn).of("span")]
    assert {f"mark {kind}" for kind in words.values()} <= set(classes)


def test_blocks_within_details_are_drawn(tmp_path):
    inner = pages.Details(title="in", blocks=(pages.Text(text="deep"),))
    outer = pages.Details(title="out", blocks=(inner,))
    elements = Elements(render.render(page_of(outer), tmp_path))
    assert "deep" in elements.text
    assert len(elements.of("summary")) == 3  # With that of the contents.


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (figure(name="auc", alt=" "), "The figure 'auc' has no `alt`"),
        (
            pages.Details(title="d", blocks=(figure(name="in", alt=""),)),
            "The figure 'in' has no `alt`",
        ),
        (table(rows=(("1",),)), "The table 'c' has 2 headings. Received"),
        (table(marks={"x": "fine"}), r"`marks` are of .* Received \['fine'\]"),
    ],
)
def test_refuses(block, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        render.render(page_of(block), tmp_path)


def test_refuses_two_sections_of_one_anchor(tmp_path):
    page = page_of()
    page = dataclasses.replace(page, sections=page.sections * 2)
    with pytest.raises(ValueError, match="Two sections have the anchor 'one'"):
        render.render(page, tmp_path)


def test_a_missing_picture_leaves_the_old_page(tmp_path):
    Image.new("L", (2, 2)).save(tmp_path / "name.png")
    before = render.write(page_of(figure()), tmp_path).read_text()
    (tmp_path / "name.png").unlink()
    with pytest.raises(FileNotFoundError):
        render.write(page_of(figure()), tmp_path)
    assert (tmp_path / "index.html").read_text() == before
