"""The same configuration gives the same result, bit for bit, in any process."""

from transfusion_tf import files
from transfusion_tf.process import quiet
from transfusion_tf.runs.directory import RunDir

STEPS = 6


def test_the_binary_gives_the_bits_of_the_library(
    binary, tiny_dataset, tiny_runs, tmp_path
):
    done = binary(
        "run_scripts/train.py",
        f"--dataset={tiny_dataset}",
        "--model=cbr_tiny",
        f"--steps={STEPS}",
        "--batch_size=16",
        f"--run_dir={tmp_path / 'again'}",
    )
    assert done.returncode == 0, done.stderr
    again, *others = map(RunDir, (tmp_path / "again", *tiny_runs))
    for step in (0, STEPS):
        found, same, other = (
            run.weights(step).read_bytes() for run in (again, *others)
        )
        assert found == same != other
    assert (
        again.predictions("test").read_bytes()
        == others[0].predictions("test").read_bytes()
    )
    part = files.read_json(again.config)["parts"][0]
    assert part["onednn"] == (quiet.onednn_setting() == "on")
