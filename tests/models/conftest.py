"""The table of docs/networks.md, so that tests can hold it to the code."""

import pathlib
import re

import pytest

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "networks.md"


@pytest.fixture(scope="session")
def documented():
    """{network: {"stages": {stage: layer}, "min_size": ..., ...}}."""
    found = {}
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 5 or not cells[0].startswith("`"):
            continue
        name, ends, size, scaling, parameters = cells
        found[name.strip("`")] = {
            "stages": dict(re.findall(r"(\w+) `(\w+)`", ends)),
            "min_size": int(size),
            "scaling": scaling.strip("`"),
            "parameters": int(parameters.replace(",", "")),
        }
    return found
