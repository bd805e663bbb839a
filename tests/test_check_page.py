import contextlib

import pytest

from tests import check_page
from tests.reporting.html import browser as browsers
from tests.reporting.html import chromium
from transfusion_tf.reporting.html import page, render


def test_prints_faults_and_fails(browser, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(
        browsers, "started", lambda _: contextlib.nullcontext(browser)
    )
    table = page.Table(caption="c", headings=("a",), rows=(), files=("a.csv",))
    section = page.Section(anchor="one", title="One", blocks=(table,))
    good = render.write(
        page.Page(
            title="t",
            subtitle="s",
            verdicts=(),
            sections=(section,),
            footer="f",
        ),
        tmp_path,
    )
    (tmp_path / "a.csv").touch()
    assert check_page.main([str(good)]) == 0
    assert capsys.readouterr().out == f"{good}: no fault\n"
    (tmp_path / "a.csv").unlink()
    assert check_page.main([str(good)]) == 1
    gone = tmp_path / "a.csv"
    assert capsys.readouterr().out == (
        f"{good}: a link to {gone}, which is not there\n"
    )


def test_prints_the_first_faults_of_many(monkeypatch, tmp_path, capsys):
    class Faulty:
        def faults(self, page):
            return [f"fault {number}" for number in range(1, 33)]

    monkeypatch.setattr(chromium, "find", lambda: "chromium")
    monkeypatch.setattr(
        browsers, "started", lambda _: contextlib.nullcontext(Faulty())
    )
    page = tmp_path / "page.html"
    page.touch()
    assert check_page.main([str(page)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [f"{page}: fault 30", f"{page}: and 2 more"]


def test_says_that_nothing_is_checked(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    page = tmp_path / "page.html"
    page.touch()
    assert check_page.main([str(page)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Pages are not checked: no browser that starts")


def test_refuses_a_page_that_is_not_there(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        check_page.main([str(tmp_path / "gone.html")])
    assert "there is no page" in capsys.readouterr().err
