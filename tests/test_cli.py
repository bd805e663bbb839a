"""How binaries end: help, mistakes of the user, and bugs."""

import pathlib
import subprocess
import sys
import textwrap

import pytest

ROOT = pathlib.Path(__file__).parents[1]
SCRIPTS = [
    f"{folder}/{path.name}"
    for folder in ("run_scripts", "data_prep")
    for path in sorted((ROOT / folder).glob("*.py"))
    if "cli.run(main" in path.read_text()
]


@pytest.fixture
def program(tmp_path):
    """Runs a binary whose main has the given body."""

    def run(body, *arguments):
        path = tmp_path / "program.py"
        path.write_text(
            textwrap.dedent('''
                """Does a thing."""
                from absl import flags
                from transfusion_tf import cli
                from transfusion_tf.config import flags as config_flags
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


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_of_every_binary(binary, script):
    done = binary(script, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\n\nFlags:\n  --" in done.stdout


@pytest.mark.parametrize(
    ("body", "arguments", "message"),
    [
        ("pass", ["--count=x"], "error: flag --count=x: invalid literal"),
        ("pass", ["--cuont=1"], "flag 'cuont'. Did you mean --count?"),
        # Not near to any: absl would take it for --frozen_learning_rate.
        ("pass", ["--foo=1"], "flag 'foo'. --help lists the flags."),
        ("pass", ["--num_epochs=1"], "Did you mean --epochs?"),
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


def test_a_bug_is_one_line_that_ends_with_where_its_traceback_is(
    program, tmp_path, monkeypatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    done = program("{}['key']")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: KeyError: 'key' (")
    (kept,) = tmp_path.glob("transfusion-error-*.txt")
    assert done.stderr.endswith(
        f"Traceback: {kept}; TRANSFUSION_DEBUG=1 in the environment shows it "
        "here.\n"
    )
    text = kept.read_text()
    assert "Traceback (most recent call last)" in text
    assert text.endswith("KeyError: 'key'\n")


def test_a_traceback_that_cannot_be_kept_is_shown(program):
    full = "lambda *_: open('/dev/null/full')"
    done = program(f"import tempfile; tempfile.mkstemp = {full}; {{}}['key']")
    assert done.returncode == 1
    *traceback, last = done.stderr.splitlines()
    assert traceback[0] == "Traceback (most recent call last):"
    assert last.startswith("error: KeyError: 'key'")
    assert "Traceback: above; TRANSFUSION_DEBUG=1" in last


@pytest.mark.parametrize("body", ["{}['key']", "raise ValueError('mistake')"])
def test_every_traceback_can_be_had(program, monkeypatch, body):
    monkeypatch.setenv("TRANSFUSION_DEBUG", "1")
    done = program(body)
    assert "Traceback (most recent call last)" in done.stderr
    assert "error: " not in done.stderr


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise KeyboardInterrupt", "interrupted.\n"),
        (
            "with cli.continued(): raise KeyboardInterrupt",
            "interrupted; the same command continues.\n",
        ),
    ],
)
def test_an_interruption_promises_only_what_is_so(program, body, message):
    done = program(body)
    assert (done.returncode, done.stderr) == (130, message)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
@pytest.mark.parametrize("flag", ["share", "learning_rate"])
def test_flags_that_are_no_finite_numbers_are_refused(program, flag, value):
    define = "flags.DEFINE_float('share', 0.5, 'x', lower_bound=0.0)"
    done = program(f"pass\n{define}", f"--{flag}={value}")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and flag in done.stderr
    assert done.stderr.count("\n") == 1


def test_configuration_from_flags(program):
    body = "print(config_flags.from_flags().data.augment)"
    done = program(body, "--augment=shift,horizontal_flip")
    assert done.stdout == "('horizontal_flip', 'shift')\n"


@pytest.mark.parametrize(
    ("script", "flag"),
    [
        ("data_prep/make_tfrecords.py", "--num_images=1000000000"),
        ("data_prep/make_tfrecords.py", "--image_size=1000000000"),
        ("data_prep/make_tfrecords.py", "--num_workers=1000000000"),
        ("run_scripts/analyze_filters.py", "--num_scrambles=1000000000"),
        ("run_scripts/analyze_predictions.py", "--num_resamples=1000000000"),
        ("run_scripts/probe_scaling.py", "--num_images=1000000000"),
    ],
)
def test_numbers_beyond_all_use_are_one_line(binary, script, flag):
    done = binary(script, flag)
    assert done.returncode == 2
    assert f"error: flag {flag}" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("script", "flag"),
    [
        ("run_scripts/describe_model.py", "learning_rate"),
        ("run_scripts/describe_model.py", "bn_momentum"),
        ("run_scripts/probe_scaling.py", "through"),
        ("run_scripts/probe_scaling.py", "input_scaling"),
        ("run_scripts/analyze_filters.py", "momentum"),
        ("data_prep/audit_dataset.py", "num_folds"),
    ],
)
def test_flags_of_imported_modules_that_are_not_read(
    binary, tmp_path, script, flag
):
    value = {"through": "conv1", "input_scaling": "tf"}.get(flag, "2")
    done = binary(script, f"--output_dir={tmp_path}", f"--{flag}={value}")
    assert done.returncode == 2
    assert f"error: Unknown command line flag '{flag}'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_ending_at_once_leaves_nothing_to_libraries(program):
    late = '__import__("atexit").register(print, "late")'
    for kind, stdout in (("ConnectionError", ""), ("OSError", "late\n")):
        done = program(
            f"{late}\n    with cli.ending_at_once(ConnectionError):\n"
            f'        raise {kind}("a worker has gone")'
        )
        assert (done.returncode, done.stdout) == (2, stdout)
        assert done.stderr == "error: a worker has gone\n"
