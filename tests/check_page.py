"""Opens pages in Chromium and prints what is wrong with them.

    python -m tests.check_page runs/quickstart/report/index.html
    python -m tests.check_page --pictures=/tmp/looked_at DIR/report/index.html

Exits with 1 where a page has a fault. Where no Chromium is installed nothing is
checked: a line says so, and the status is 0.
"""

import argparse
import pathlib
import sys

from tests.reporting.html import browser, chromium

_MOST = 30  # Lines of a page; a table that is cut off has one a cell.


def main(arguments=None):
    """Checks the pages that are named; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.check_page")
    parser.add_argument("pages", nargs="+", type=pathlib.Path, metavar="PAGE")
    parser.add_argument(
        "--pictures",
        type=pathlib.Path,
        help="directory for pictures of the pages at two widths, and as PDF",
    )
    flags = parser.parse_args(arguments)
    for page in flags.pages:
        if not page.is_file():
            parser.error(f"there is no page {page}; write it with report.py.")
    binary = chromium.find()
    if binary is None:
        print(f"Pages are not checked: {chromium.MISSING}.")
        return 0
    faulty = 0
    with browser.started(binary) as started:
        for page in flags.pages:
            faults = started.faults(page)
            faulty += bool(faults)
            for line in faults[:_MOST] or ["no fault"]:
                print(f"{page}: {line}")
            if len(faults) > _MOST:
                print(f"{page}: and {len(faults) - _MOST} more")
            if flags.pictures:
                for path in started.pictures(page, flags.pictures):
                    print(path)
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
