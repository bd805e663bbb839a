"""The binary end to end, on predictions of known quality."""

from tests.analysis.comparing.test_network_sizes import make_arm
from tests.run_scripts.outputs import check_picture, check_tables
from transfusion_tf import tables
from transfusion_tf.analysis.comparing import network_sizes

SCRIPT = "run_scripts/analyze_network_sizes.py"


def test_table_picture_and_answer(binary, tmp_path):
    for network, signal, val_auc in (
        ("cbr_tiny", 3.0, 0.9),
        ("cbr_tiny_slim", 3.0, 0.8),
        ("cbr_tiny@conv2", 0.5, 0.6),
    ):
        make_arm(tmp_path / "runs", network, signal, val_auc=val_auc)
    out = tmp_path / "out"
    done = binary(
        SCRIPT,
        f"--runs={tmp_path}/runs/*",
        "--margin=0.1",
        f"--output_dir={out}",
    )
    assert done.returncode == 0, done.stderr
    assert "the best on val is cbr_tiny random" in done.stdout
    assert (
        "The smallest not inferior to it within 0.1: cbr_tiny_slim random"
        in done.stdout
    )
    check_tables(out, {"network_sizes": network_sizes.COLUMNS})
    table = tables.read(out / "network_sizes.csv")
    assert list(table["network"]) == [
        *("cbr_tiny@conv2", "cbr_tiny_slim", "cbr_tiny")
    ]
    for kind in ("single", "batch"):
        assert (table[f"milliseconds_{kind}"] > 0).all()
    assert "TensorFlow" in table["machine"][0]
    check_picture(out / "network_sizes.png")
