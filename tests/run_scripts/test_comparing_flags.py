"""Mistakes in the flags that the binaries share which compare arms."""

import pytest

SCRIPTS = (
    "analyze_convergence.py",
    "analyze_network_sizes.py",
    "analyze_train_sizes.py",
)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    "flags, message",
    [
        ([], "Give --runs="),
        (["--runs=/no/such/*", "--output_dir=x"], "matches nothing"),
        # Before anything is computed.
        (
            ["--runs=/no/such/*", "--output_dir=/dev/null/x"],
            "--output_dir=/dev/null/x: /dev/null is no directory; give another",
        ),
    ],
)
def test_mistakes_are_one_line(binary, script, flags, message, tmp_path):
    done = binary(f"run_scripts/{script}", *flags, cwd=tmp_path)
    assert done.returncode == 2 and message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
