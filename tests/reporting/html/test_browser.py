"""What Chromium finds on a page with every block, and on one made wrong."""

import zlib

import pytest

from tests.reporting.html import browser as browsers
from tests.reporting.html import chromium, every_block, printed_pages
from transfusion_tf.reporting.html import render

# (HTML that is wrong, what is said of it).
WRONG = {
    "sideways": (
        '<div style="width: 1400px; background: #eee">x</div>',
        "1280 px, light: the page is 14",
    ),
    "outside": (
        '<p style="position: absolute; left: -50px">far left</p>',
        '360 px, dark: outside the page: <p> "far left"',
    ),
    "long word": (
        f'<table style="table-layout: fixed; width: 90px"><caption>c</caption>'
        f'<tr><td id="long">{"w" * 20}</td><td>y</td></tr></table>',
        "1280 px, light: runs out of its box: <td#long>",
    ),
    "large text": (
        '<div style="width: 40rem" id="large">x</div>'
        '<p style="margin-left: 61rem; white-space: nowrap">twice as far</p>',
        'text of 200%: outside the page: <p> "twice as far"',
    ),
    "cut in print": (
        '<div style="overflow: auto; width: 200px"><p style="width: 2000px; '
        'text-align: right">scrolled</p></div>',
        'printed: outside the page: <p> "scrolled"',
    ),
    "folded in print": (
        "<details><summary>s</summary><p>under the fold</p></details>",
        'printed: not printed since folded: <p> "under the fold"',
    ),
    "folded in print, and not said where": (
        "<details class=unprinted><summary>s</summary><p>under it</p>"
        "</details><p>next</p>",
        'printed: not printed since folded: <p> "under it"',
    ),
    "pale in print": (
        '<p class="pale">pale ink</p>',
        'printed: contrast 1.6: <p> "pale ink"',
    ),
    "pale when light": (
        '<p style="color: #777777">nearly</p>',  # 4.48 on white.
        '1280 px, light: contrast 4.5: <p> "nearly"',
    ),
    "pale when dark": (
        '<p style="background: #222; color: #444" class="screen">dark</p>',
        "360 px, dark: contrast 1.6: <p",
    ),
    "empty sheet": (
        '<div style="break-before: page"></div>'
        '<div style="break-before: page">x</div>',
        "printed: page 2 of",
    ),
    "tab index": (
        '<a href="#here" id="skipped" tabindex="-1">skipped</a>',
        "the keyboard does not reach <a#skipped>",
    ),
    "focus": (
        '<a href="#here" id="unseen" style="outline: none">x</a>',
        "focus is not visible on <a#unseen>",
    ),
    "no alt": ('<img src="data:,no-alt">', "no alternative text: data:,no-alt"),
    "empty alt": (
        '<img src="data:,empty" alt=" ">',
        "no alternative text: data:,empty",
    ),
    "twice": ('<b id="d"></b><i id="d"></i>', "two elements have the id d"),
    "anchor": ('<a href="#gone">x</a>', "a link to #gone, which is not there"),
    "file": ('<a href="gone.csv">x</a>', "a link to /"),
    "scheme": ('<a href="ftp://x.org">x</a>', "a link of an unknown kind: ftp"),
    "image": (
        '<img alt="x" src="https://example.org/a.png">',
        "loads from elsewhere: https://example.org/a.png",
    ),
    "lazy": (
        '<iframe loading="lazy" style="margin-top: 9999px" '
        'src="//example.org/b" title="x"></iframe>',
        "loads from elsewhere: <iframe",
    ),
    "console": (
        "<script>console.error('a note of an error')</script>",
        "console: a note of an error",
    ),
    "exception": (
        "<script>throw new Error('thrown')</script>",
        "console: Error: thrown",
    ),
    "level": ("<h1>1</h1><h3>skips</h3>", "a level is left out: <h3>"),
    "second title": ("<h1>2</h1>", "2 <h1> where one should be"),
    "caption": (
        '<table id="bare"><tr><td>x</td></tr></table>',
        "a table without caption: <table#bare>",
    ),
    "scope": (
        "<table><caption>c</caption><tr><th>h</th></tr></table>",
        "a heading without scope: <th>",
    ),
    "label": (
        '<div id="unnamed" aria-labelledby="nobody"></div>',
        "nothing is aria-labelledby of <div#unnamed>",
    ),
    "nav": ("<nav>n</nav>", "a <nav> without label"),
}
_STYLE = "@media print { .pale { color: #ccc } }"


@pytest.fixture(scope="module")
def faults(browser, tmp_path_factory):
    path = tmp_path_factory.mktemp("wrong") / "page.html"
    body = "\n".join(html for html, _ in WRONG.values())
    path.write_text(
        f"<!doctype html><html><head><style>{_STYLE}</style></head>"
        f'<body id="here"><main>{body}</main></body></html>'
    )
    return browser.faults(path)


@pytest.mark.parametrize("name", WRONG)
def test_finds(faults, name):
    _, sentence = WRONG[name]
    assert any(fault.startswith(sentence) for fault in faults), faults


@pytest.mark.parametrize(
    "sentence",
    [
        "the page names no language",
        "the page has no title",
        "0 <header> where one should be",
        "0 <footer> where one should be",
    ],
)
def test_finds_what_the_page_lacks(faults, sentence):
    assert sentence in faults


def test_a_page_of_every_block_has_no_fault(browser, tmp_path):
    path = render.write(every_block.make(tmp_path), tmp_path)
    assert browser.faults(path) == []


def test_blank_pages_of_a_pdf():
    def content(number, stream):
        packed = zlib.compress(stream)
        return (
            b"%d 0 obj\n<</Filter /FlateDecode /Length %d>> stream\n%s\n"
            b"endstream\nendobj\n" % (number, len(packed), packed)
        )

    page = b"%d 0 obj\n<</Type /Page\n/Contents %d 0 R>>\nendobj\n"
    pdf = (
        b"%PDF-1.4\n1 0 obj\n<</Type /Pages /Count 3>>\nendobj\n"
        + content(5, b"BT /F4 12 Tf <0001> Tj ET")
        + content(6, b"q 0 0 10 10 re f Q")
        + content(7, b"q /X5 Do Q")
        + b"".join(page % (number, number + 3) for number in (2, 3, 4))
    )
    assert printed_pages.has_content(pdf) == [True, False, True]


def test_pictures_of_a_page(browser, tmp_path):
    page = tmp_path / "small.html"
    page.write_text("<!doctype html><p>Small.")
    made = browser.pictures(page, tmp_path / "pictures")
    assert {path.name for path in made} == {
        "small.pdf",
        *(f"small-{w}-{s}.png" for w, s in browsers.VIEWS),
    }
    assert all(path.stat().st_size for path in made)


def test_looks_for_a_browser_that_starts(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.find() is None
    for name, status in (("chromium", 1), ("google-chrome", 0)):
        binary = tmp_path / name
        binary.write_text(f"#!/bin/sh\nexit {status}\n")
        binary.chmod(0o755)
    assert chromium.find() == str(binary)
