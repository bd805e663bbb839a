"""Finds the numbers of a page that none of its tables has.

    python -m tests.study.report.page_numbers PAGE STUDY_DIR [RECORDS_DIR]

A number on a page is one of the CSV files beside it, of the study's tables,
verdict.json, study.json, a run's config.json or metrics.json or the data card,
to the digits that are printed; or 100 times one where it is a percentage. Not
looked at are code, references (years, arXiv and DOI numbers, tables of papers)
and levels that are words of the text, as in "95% interval".
"""

import csv
import html.parser
import json
import pathlib
import re
import sys

_NUMBER = re.compile(
    r"(?<![\w.@/#-])[-+\u2212]?(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d+)"
    r"(?:\.\d+)?(?:e[-+]?\d+)?)"
    r"(?P<percent>\s?%)?(?![\w@]|\.\d|-\w)"
)
_VERSION = re.compile(r"(?<![\w.])\d+(?:\.\d+){2,}\w*")
_REFERENCE = re.compile(
    r"arXiv:\S+|doi:?\s?\S+|\b(?:19|20)\d\d\b(?![.%])"
    r"|\b(?:Tables?|Figures?|Section) \d+\w?\b",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
_WORDS = {"95%", "90%", "80%", "100", "0.05", "0.5", "1", "0"}
_SILENT = {"code", "pre", "style", "script", "title"}


class _Text(html.parser.HTMLParser):
    """Collects the visible texts of a page, one for each element."""

    def __init__(self):
        super().__init__()
        self.texts, self._silent = [], []

    def handle_starttag(self, tag, attrs):
        """Follows the elements whose text does not count."""
        if tag in _SILENT:
            self._silent.append(tag)

    def handle_endtag(self, tag):
        """As `handle_starttag`."""
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data):
        """Keeps a text."""
        if not self._silent and data.strip():
            self.texts.append(" ".join(data.split()))


def unfounded(page, sources):
    """Numbers of a page that none of its sources has, with their texts.

    Args:
      page: path of the HTML.
      sources: paths of CSV and JSON files, or directories of such.

    Returns:
      List of (number as printed, text that it stands in).
    """
    known, words = _known(sources)
    parser = _Text()
    parser.feed(pathlib.Path(page).read_text())
    found = []
    for text in parser.texts:
        rest = _REFERENCE.sub(" ", text)
        for version in _VERSION.findall(rest):
            if version not in words:
                found.append((version, text))
        for match in _NUMBER.finditer(_VERSION.sub(" ", rest)):
            if not _is_known(match, known):
                found.append((match[0], text))
    return found


def _is_known(match, known):
    printed = match["digits"].replace(",", "")
    if printed + (match["percent"] or "").strip() in _WORDS:
        return True
    value = float(printed)
    mantissa, _, exponent = printed.partition("e")
    digits = len(mantissa.partition(".")[2]) - int(exponent or 0)
    if digits <= 0:
        # Whole numbers are counts; what is rounded to them has more digits.
        half = 0.5 if value >= 10 else 0.0
    else:
        half = 0.5 * 10.0**-digits
    scales = (1, 100) if match["percent"] else (1,)
    return any(
        abs(scale * one - value) <= half * (1 + 1e-6)
        for one in known
        for scale in scales
    )


def _known(sources):
    """(absolute values of all numbers, all texts) of files."""
    numbers, texts = set(), []
    for path in _files(sources):
        if path.suffix == ".csv":
            with path.open(newline="", encoding="utf-8") as stream:
                values = [cell for row in csv.reader(stream) for cell in row]
        else:
            values = list(_leaves(json.loads(path.read_text())))
        for value in values:
            texts.append(str(value))
            if isinstance(value, int | float):
                numbers.add(abs(float(value)))
            else:
                numbers.update(map(float, _IN_TEXT.findall(str(value))))
    return numbers, "\n".join(texts)


def _files(sources):
    for source in map(pathlib.Path, sources):
        if source.is_dir():
            yield from sorted(source.glob("*.csv"))
            yield from sorted(source.glob("*.json"))
        else:
            yield source


def _leaves(value):
    """Keys and values of JSON."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    elif value is not None:
        yield value


def sources_of(page, study_dir, records_dir=None):
    """The files that the page of a study has its numbers from."""
    study = pathlib.Path(study_dir)
    runs = sorted(path for path in (study / "runs").iterdir() if path.is_dir())
    cards = ()
    if records_dir:
        cards = sorted(pathlib.Path(records_dir).rglob("data_card.json"))
    return [
        pathlib.Path(page).parent,
        study,
        *(run / n for run in runs for n in ("config.json", "metrics.json")),
        *cards,
    ]


def main(argv):
    """Prints the numbers that are unfounded; 1 if there are any."""
    found = unfounded(argv[1], sources_of(*argv[1:]))
    for number, text in found:
        print(f"{number}: {text[:160]}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
