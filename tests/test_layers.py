"""Holds every file to the floors: imports go down, and never in a circle.

A place is a folder of the package, with all folders in it, or a file in the
package's root. What it imports lies on a floor below its own or in the place
itself. A new place needs to stand on one of FLOORS.
"""

import ast
import graphlib
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
FOLDERS = ("transfusion_tf", "data_prep", "run_scripts")
# From the bottom to the top; places of one floor do not import each other.
FLOORS = (
    "checked names paths process progress",
    "cli files statistics",
    "config metrics tables",
    "images models",
    "data",
    "runs stores synthetic",
    "audit initialization",
    "conversion doctor",
    "datasets",
    "training",
    "analysis",
    "experiment reporting",
    "external study using",
    "data_prep run_scripts __main__",
)
FLOOR = {
    place: floor
    for floor, places in enumerate(FLOORS)
    for place in places.split()
}
# What `--help` does not wait for: imported once the flags are parsed.
HEAVY = "tensorflow keras tensorflow_datasets pandas sklearn scipy matplotlib"
# What a machine without TensorFlow can use: arrays and files in, numbers out.
WITHOUT_TENSORFLOW = ("metrics", "statistics", "images", "audit", "tables")
BINARIES = [
    path
    for folder in ("run_scripts", "data_prep")
    for path in sorted((ROOT / folder).glob("*.py"))
    if "cli.run(main" in path.read_text()
]


def _module(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {
    _module(path): path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def _place(module):
    """The place of a module: `images` of `transfusion_tf.images.dicom`."""
    top, _, inner = module.partition(".")
    return inner.partition(".")[0] if top == "transfusion_tf" else top


def _imported(path):
    """Yields the modules of this project that a file imports, anywhere."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in FILES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


IMPORTS = {
    module: {name for name in _imported(path) if _place(name)} & FILES.keys()
    for module, path in FILES.items()
}


@pytest.mark.parametrize("module", filter(_place, FILES))
def test_imports_go_down(module):
    place = _place(module)
    assert place in FLOOR, f"{place} stands on none of FLOORS"
    up = [
        name
        for name in sorted(IMPORTS[module])
        if _place(name) != place and FLOOR[_place(name)] >= FLOOR[place]
    ]
    assert not up, f"{module} imports {up}, not on a floor below {place}"


def test_every_place_of_the_floors_is_there():
    assert FLOOR.keys() == {_place(module) for module in FILES} - {""}


def test_no_module_imports_itself_in_a_circle():
    assert list(graphlib.TopologicalSorter(IMPORTS).static_order())


def _found_after(code, modules):
    """Which of `modules` are there once a new process has run `code`."""
    asked = f"print(*[m for m in {modules.split()!r} if m in sys.modules])"
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n{asked}"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_no_binary_imports_anything_heavy_before_its_flags_are_parsed():
    # Their flags have the same names: each forgets those of the one before.
    names = [_module(path) for path in BINARIES]
    code = f"""
import importlib
from absl import flags
for name in {names!r}:
    for flag in list(flags.FLAGS):
        delattr(flags.FLAGS, flag)
    for module in [m for m in sys.modules if m.partition(".")[0] in {FOLDERS}]:
        del sys.modules[module]
    importlib.import_module(name)
"""
    assert len(names) > 10
    assert _found_after(code, HEAVY) == []


def test_numbers_and_images_need_no_tensorflow():
    names = [m for m in FILES if _place(m) in WITHOUT_TENSORFLOW]
    code = "\n".join(f"import {name}" for name in names)
    assert _found_after(code, "tensorflow keras") == []


def test_what_is_looked_for_is_found():
    assert _found_after("import scipy", "scipy keras") == ["scipy"]


def test_reports_leave_it_to_the_analysis_to_start_tensorflow_quietly():
    names = [m for m in FILES if m.startswith("transfusion_tf.reporting.")]
    names.remove("transfusion_tf.reporting.network_text")  # It builds one.
    code = "\n".join(f"import {name}" for name in names)
    assert _found_after(code, "tensorflow keras") == []
