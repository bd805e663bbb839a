"""What setup.py asks for, and whether a version is within its bounds.

Nothing outside of Python's own library is needed, since what is installed is
in question.
"""

import ast
import dataclasses
import importlib.metadata
import operator
import pathlib
import re

PACKAGE = "transfusion_tf"
_SETUP = pathlib.Path(__file__).parents[2] / "setup.py"
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[^]]*\])?\s*\(?([^;)]*)")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
_COMPARISONS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclasses.dataclass(frozen=True)
class Requirements:
    """The bounds of versions.

    Attributes:
        python: bounds of Python, as in ">=3.11,<3.14".
        packages: {name: bounds} of what is always needed.
        extras: {extra: {name: bounds}}.
    """

    python: str
    packages: dict
    extras: dict


def read(setup=_SETUP):
    """Returns the Requirements of a checkout, or of the installed package.

    Args:
        setup: setup.py of the checkout; where it is not there, the package is
            an installed one, and its metadata count.

    Raises:
        LookupError: there is neither.
    """
    if pathlib.Path(setup).is_file():
        return _of_setup(pathlib.Path(setup).read_text(encoding="utf-8"))
    try:
        return _of_metadata(importlib.metadata.metadata(PACKAGE))
    except importlib.metadata.PackageNotFoundError as error:
        raise LookupError(f"no metadata of {PACKAGE}") from error


def _of_setup(text):
    """The Requirements in the text of setup.py, which is not run."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            given = {word.arg: word.value for word in node.keywords}
            if "install_requires" in given:
                break
    else:
        raise LookupError("setup.py has no install_requires")
    extras = ast.literal_eval(given["extras_require"])
    return Requirements(
        ast.literal_eval(given["python_requires"]),
        dict(map(_parsed, ast.literal_eval(given["install_requires"]))),
        {extra: dict(map(_parsed, of)) for extra, of in extras.items()},
    )


def _of_metadata(metadata):
    """The Requirements of an installed package."""
    packages, extras = {}, {}
    for line in metadata.get_all("Requires-Dist") or ():
        name, bounds = _parsed(line)
        extra = _EXTRA.search(line)
        of = extras.setdefault(extra[1], {}) if extra else packages
        of[name] = bounds
    return Requirements(metadata["Requires-Python"], packages, extras)


def _parsed(text):
    """Returns name and bounds of "name[extra]>=1,<2; marker"."""
    name, bounds = _REQUIREMENT.match(text).groups()
    return name, bounds.replace(" ", "")


def fits(version, bounds):
    """Whether a version is within bounds.

    Args:
        version: as in "2.21.0"; what follows its numbers (rc1) does not count.
        bounds: as in ">=2.20,<2.22"; "" allows all.
    """
    return all(
        _COMPARISONS[sign](*_padded(_numbers(version), _numbers(bound)))
        for sign, bound in re.findall(r"([<>=!]=?)([^,]+)", bounds)
    )


def _numbers(version):
    found = re.match(r"\d+(\.\d+)*", version)
    return [int(part) for part in found[0].split(".")] if found else [0]


def _padded(one, other):
    length = max(len(one), len(other))
    return [x + [0] * (length - len(x)) for x in (one, other)]


def installed(name):
    """Returns the version of an installed package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
