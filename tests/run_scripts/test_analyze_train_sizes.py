"""The binary end to end, on predictions of known quality."""

from tests.analysis.comparing.test_train_sizes import (
    PRETRAINED,
    RANDOM,
    make_size,
)
from tests.run_scripts.outputs import check_picture, check_tables
from transfusion_tf import tables
from transfusion_tf.analysis.comparing import train_sizes
from transfusion_tf.reporting import size_report

SCRIPT = "run_scripts/analyze_train_sizes.py"


def test_tables_picture_and_sentences(binary, tmp_path):
    for size, signals in ((50, (0.2, 3.0)), (None, (3.0, 3.0))):
        make_size(tmp_path / "runs", size, signals)
    out = tmp_path / "out"
    done = binary(
        SCRIPT,
        f"--runs={tmp_path}/runs/*",
        "--margin=0.2",
        f"--output_dir={out}",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        f"{PRETRAINED} against {RANDOM}: a difference is shown at up to 50 "
        "training images; equivalent within 0.2 from 800 on.\n"
    )
    check_tables(
        out,
        {
            "train_sizes": train_sizes.ARM_COLUMNS,
            "train_sizes_differences": train_sizes.COLUMNS,
            "train_sizes_limits": train_sizes.LIMIT_COLUMNS,
        },
    )
    check_picture(out / "train_sizes.png")


def test_arms_without_a_reference_are_drawn_and_named(tmp_path):
    for size in (50, None):
        make_size(tmp_path / "runs", size)
    found = train_sizes.compare([tmp_path / "runs" / "pretrained-*"])
    text = size_report.write(found, tmp_path / "out")
    assert text.startswith("There is nothing to compare.\n")
    assert text.count(f"{PRETRAINED}: no runs from random weights") == 2
    assert len(tables.read(tmp_path / "out" / "train_sizes.csv")) == 2
    check_picture(tmp_path / "out" / "train_sizes.png")
