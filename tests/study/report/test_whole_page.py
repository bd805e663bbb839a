"""Whole pages: every number stands in a table beside it, links resolve."""

import io
import json
import re

import pytest
from PIL import Image

from tests.study.report import page_numbers, small_studies
from transfusion_tf.reporting.figures import style
from transfusion_tf.study.report import build


def test_every_number_of_the_page_is_in_a_table(
    page_study, tiny_page, tiny_records
):
    sources = page_numbers.sources_of(tiny_page, page_study, tiny_records)
    assert page_numbers.unfounded(tiny_page, sources) == []


def test_links_work_from_any_directory(tiny_page):
    text = tiny_page.read_text()
    links = [x for x in re.findall(r'href="([^"#]+)"', text) if "//" not in x]
    assert any(link.endswith("/comparisons.csv") for link in links)
    for link in links:
        assert (tiny_page.parent / link).is_file(), link


@pytest.fixture
def undrawn(monkeypatch):
    """Makes every picture one point, since drawing takes most of the time."""
    point = io.BytesIO()
    Image.new("RGB", (1, 1)).save(point, "PNG")
    monkeypatch.setattr(
        style, "_draw", lambda _, path: path.write_bytes(point.getvalue())
    )


@pytest.mark.parametrize("kind", small_studies.KINDS)
def test_every_number_of_other_pages(study_of_kind, tmp_path, request, kind):
    # Pictures that have nothing to show are those that drawing breaks.
    if kind != "undefined_aucs":
        request.getfixturevalue("undrawn")
    page = build.run(study_of_kind(kind), output_dir=tmp_path / "report")
    sources = page_numbers.sources_of(page, study_of_kind(kind))
    assert page_numbers.unfounded(page, sources) == []


@pytest.mark.parametrize(
    "text, missing",
    [
        ("AUC 0.812 [0.790, 0.835]", []),
        ("AUC 0.813", ["0.813"]),
        ("AUC 0.81 of 1,234 images, p 1.2e-05", []),
        ("1,235 images", ["1,235"]),
        ("-0.021 and +0.02", []),
        ("3 of 40", ["3"]),
        ("40.0 and 41", ["41"]),
        ("81.2% and 81.3%", ["81.3%"]),
        ("the 95% interval, see Holm (1979), arXiv:1902.07208", []),
        ("Raghu et al. 2019, Table 3 and Figure 8b: 77, 7", ["77", "7"]),
        ("conv3, resnet50@block2, <code>77</code> and 50 images", []),
        ("version 2.21.0", []),
        ("version 2.22.0", ["2.22.0"]),
    ],
)
def test_what_counts_as_a_number_that_is_there(tmp_path, text, missing):
    (tmp_path / "a.csv").write_text(
        "name,value\nx,0.8124\nlow,0.79\nhigh,0.8351\n50 images,1234\n"
    )
    (tmp_path / "b.json").write_text(
        json.dumps({"p": 1.2e-5, "d": [-0.0206, 40], "v": "2.21.0"})
    )
    page = tmp_path / "index.html"
    page.write_text(f"<html><body><p>{text}</p></body></html>")
    found = page_numbers.unfounded(page, [tmp_path])
    assert [number.strip() for number, _ in found] == missing
