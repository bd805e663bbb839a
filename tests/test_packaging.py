"""The install files agree with each other and with what the code imports."""

import ast
import importlib.metadata
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]

# Imported name -> name to install, where they differ.
DISTRIBUTIONS = {
    "absl": "absl-py",
    "apache_beam": "apache-beam",
    "google": "protobuf",
    "google_crc32c": "google-crc32c",
    "imagehash": "ImageHash",
    "jinja2": "Jinja2",
    "markupsafe": "MarkupSafe",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "tensorflow_datasets": "tensorflow-datasets",
}
# Taken where it is there: the successor of TensorFlow's own TFLite interpreter.
OPTIONAL = {"ai_edge_litert"}


def requirements(option):
    """Returns the literal value of an option of setup() in setup.py."""
    tree = ast.parse((ROOT / "setup.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == option:
            return ast.literal_eval(node.value)
    raise LookupError(option)


def outer_imports():
    """Returns the packages outside the standard library that we import."""
    found = set()
    for folder in ("transfusion_tf", "data_prep", "run_scripts"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    found.add(node.module.split(".")[0])
    return (
        found
        - set(sys.stdlib_module_names)
        - {"transfusion_tf", "data_prep", "run_scripts"}
    )


def test_every_import_is_installed():
    listed = {
        re.match(r"[\w-]+", line).group()
        for line in requirements("install_requires")
    }
    listed |= {
        re.match(r"[\w-]+", line).group()
        for lines in requirements("extras_require").values()
        for line in lines
    }
    needed = {DISTRIBUTIONS.get(name, name) for name in outer_imports()}
    assert not needed - listed - OPTIONAL


def test_every_requirement_has_both_bounds():
    lines = list(requirements("install_requires"))
    for extra in requirements("extras_require").values():
        lines += [line for line in extra if line != "transfusion_tf[dicom]"]
    for line in lines:
        assert re.fullmatch(r"[\w-]+>=[\d.]+,<[\d.]+", line), line


@pytest.mark.parametrize("line", requirements("install_requires"))
def test_what_is_installed_lies_within_the_bounds(line):
    specifiers = pytest.importorskip("packaging.specifiers")
    name, bounds = re.match(r"([\w-]+)(.+)", line).groups()
    assert importlib.metadata.version(name) in specifiers.SpecifierSet(bounds)


def run_script(script, cwd):
    """Runs bash with setup_env.sh sourced, from another directory."""
    command = f'set -euo pipefail; source "{cwd}/run_scripts/setup_env.sh"; '
    return subprocess.run(
        ["bash", "-c", command + script],
        cwd=cwd.parent,
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )


def checkout(folder):
    """Makes a checkout whose .venv has a Python that only notes its use."""
    for name in ("run_scripts/setup_env.sh", "setup.py"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((ROOT / name).read_text())
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        "#!/usr/bin/env bash\n"
        f'if [[ "$1" == -m ]]; then echo "$*" >>"{folder}/calls"\n'
        f'  [[ "$3" == install && -e "{folder}/broken" ]] && exit 1; exit 0\n'
        f'fi\nexec "{sys.executable}" "$@"\n'
    )
    python.chmod(0o755)
    return folder


def installs(folder):
    """Returns how often pip was asked to install in a checkout."""
    calls = folder / "calls"
    return calls.read_text().count("pip install") if calls.exists() else 0


def test_installs_once_and_again_when_setup_py_changes(tmp_path):
    repo = checkout(tmp_path / "a repository")
    first = run_script('ensure_env; echo "$PYTHON"', repo)
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-1] == f"{repo}/.venv/bin/python"
    second = run_script("ensure_env", repo)
    assert (second.stdout, second.stderr) == ("", "")
    assert installs(repo) == 1
    with open(repo / "setup.py", "a") as file:
        file.write("# Another line.\n")
    run_script("ensure_env", repo)
    assert installs(repo) == 2


def test_a_failed_install_is_repeated(tmp_path):
    repo = checkout(tmp_path / "repository")
    (repo / "broken").touch()
    failed = run_script("ensure_env; echo not reached", repo)
    assert failed.returncode == 1
    assert "error: the install failed" in failed.stderr
    assert "not reached" not in failed.stdout
    (repo / "broken").unlink()
    assert run_script("ensure_env", repo).returncode == 0
    assert installs(repo) == 2


def test_a_moved_checkout_is_installed_again(tmp_path):
    repo = checkout(tmp_path / "repository")
    run_script("ensure_env", repo)
    moved = repo.rename(tmp_path / "moved")
    python = moved / ".venv" / "bin" / "python"
    python.write_text(python.read_text().replace(str(repo), str(moved)))
    run_script("ensure_env", moved)
    assert installs(moved) == 2


def test_no_fitting_python_is_one_line_and_status_2(tmp_path):
    repo = checkout(tmp_path / "repository")
    (repo / ".venv" / "bin" / "python").unlink()
    # Pythons of the path that answer like one that is too old.
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python"):
        (tools / name).write_text("#!/bin/sh\nexit 3\n")
        (tools / name).chmod(0o755)
    result = run_script(f'PATH="{tools}:$PATH"; ensure_env', repo)
    assert result.returncode == 2
    assert result.stderr.startswith("error: no Python that setup.py allows")
    assert result.stderr.count("\n") == 1
