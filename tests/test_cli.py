"""How binaries end: help, mistakes of the user, and bugs."""

import subprocess
import sys
import textwrap

import pytest


@pytest.fixture
def program(tmp_path):
    """Runs a binary whose main has the given body."""

    def run(body, *arguments):
        path = tmp_path / "program.py"
        path.write_text(
            textwrap.dedent('''
                """Does a thing."""
                from absl import flags
                from transfusion_tf import cli, config_flags
                FLAGS = flags.FLAGS
                flags.DEFINE_integer("count", 3, "how many")
                flags.adopt_module_key_flags(config_flags)
                def main(argv):
                    {}
                if __name__ == "__main__":
                    cli.run(main)
            ''').format(body)
        )
        return subprocess.run(
            [sys.executable, str(path), *arguments],
            capture_output=True,
            text=True,
        )

    return run


def test_flags_reach_main_and_the_status_is_zero(program):
    done = program("print(FLAGS.count)", "--count=5")
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")


def test_help_lists_own_and_configuration_flags(program):
    done = program("1 / 0", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Does a thing.")
    for text in ("--count\n", "how many (default: 3)", "--model\n", "cbr_tiny"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("body", "arguments", "message"),
    [
        ("pass", ["--count=x"], "error: flag --count=x: invalid literal"),
        ("pass", ["--cuont=1"], "error: Unknown command line flag 'cuont'"),
        ("pass", ["file"], "error: Unexpected arguments: file."),
        ("pass", ["--init=zero"], "value should be one of <random|pretrained|"),
        ("raise ValueError('two\\nlines')", [], "error: two lines"),
        (
            "import numpy; numpy.empty(2**60, numpy.uint8)",
            [],
            "error: There is not enough memory. Unable to allocate 1.00 EiB",
        ),
        ("open('/no/such')", [], "error: No such file or directory: /no/such"),
        ("config_flags.from_flags()", ["--epochs=1", "--steps=1"], "not both"),
    ],
)
def test_mistakes_are_one_line_and_status_two(
    program, body, arguments, message
):
    done = program(body, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_bug_keeps_its_traceback(program):
    done = program("{}['key']")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_configuration_from_flags(program):
    body = "print(config_flags.from_flags().data.augment)"
    done = program(body, "--augment=shift,horizontal_flip")
    assert done.stdout == "('shift', 'horizontal_flip')\n"
