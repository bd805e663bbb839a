"""The binaries under one command: `transfusion train --model=cbr_tiny`.

    transfusion                      # Lists the commands.
    transfusion train --help         # The flags of one.
    python -m transfusion_tf train   # The same where nothing is installed.

A command is a binary of `run_scripts` or `data_prep` by its file name, and is
run as `python run_scripts/train.py` would run it. An installed package has the
two folders inside itself (setup.py), a checkout beside itself.
"""

import ast
import pathlib
import runpy
import sys

FOLDERS = ("data_prep", "run_scripts")
# What setup.py calls the folder of an installed package that holds FOLDERS.
INSTALLED = "binaries"
EXIT_USER_ERROR = 2
_WIDTH = 24
_ENDING = "cli.run(main"  # The call with which every binary ends.


def scripts():
    """{command: file} of all binaries, sorted by command."""
    root = _root()
    found = (p for name in FOLDERS for p in (root / name).glob("*.py"))
    return {p.stem: p for p in sorted(found) if _ENDING in p.read_text()}


def main():
    """Runs the command that sys.argv names, with the arguments behind it."""
    commands = scripts()
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("-h", "-help", "--help"):
        print(_listing(commands))
        return 0
    if name not in commands:
        print(
            f"error: Unknown command {name!r}; known: {', '.join(commands)}.",
            file=sys.stderr,
        )
        return EXIT_USER_ERROR
    # The packages `data_prep` and `run_scripts` lie where their binaries do.
    sys.path.insert(0, str(_root()))
    sys.argv = [str(commands[name]), *arguments]
    runpy.run_path(sys.argv[0], run_name="__main__")
    return 0


def _root():
    package = pathlib.Path(__file__).resolve().parent
    inside = package / INSTALLED
    return inside if inside.is_dir() else package.parent


def _listing(commands):
    lines = [
        f"  {name:{_WIDTH}}{_summary(path)}" for name, path in commands.items()
    ]
    return "\n".join(
        ["usage: transfusion COMMAND [--help | --flag=value ...]", "", *lines]
    )


def _summary(path):
    """The first line of a binary's docstring, read without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
