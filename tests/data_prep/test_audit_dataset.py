"""End-to-end tests of the binary that audits."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from data_prep import audit_dataset
from tests.data import damaged_records
from transfusion_tf.audit import audit

SCRIPT = "data_prep/audit_dataset.py"
OUTPUTS = {"audit.csv", "audit.json", "audit.png"}


def make_folder(root):
    """Images of two splits; one is in both, one is no image."""
    rng = np.random.default_rng(0)
    for i in range(12):
        split = "train" if i < 8 else "test"
        path = root / split / f"class_{i % 2}" / f"DOE{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (9, 9, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(path)
    leaked = (root / "train/class_0/DOE2.png").read_bytes()
    (root / "test/class_1/DOE9.png").write_bytes(leaked)
    (root / "train/class_0/DOE4.png").write_bytes(b"no image")
    return root


def test_records(binary, tiny_dataset, tmp_path):
    done = binary(
        SCRIPT,
        f"--records={tiny_dataset}",
        "--phi",
        "--distance=0",
        f"--output_dir={tmp_path / 'out'}",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        *OUTPUTS,
        "phi.csv",
    }
    report = json.loads((tmp_path / "out/audit.json").read_text())
    assert report["images"] == 260 and report["distance"] == 0
    assert report["counts"]["val"] == {"0": 20, "1": 20}
    assert report["grouped_by"] == "none" and report["phi"] == []
    lines = done.stdout.splitlines()
    assert lines[0] == str(tmp_path / "out")
    assert lines[1] == "train: 160 images (0 80, 1 80)"
    assert "nothing in 260 records looks like an identity" in lines
    assert lines[-1] == (
        "No identical pixels are in more than one split; who the patients are "
        "is not known."
    )


def test_raw_images(binary, tmp_path):
    root = make_folder(tmp_path / "raw")
    done = binary(
        SCRIPT,
        "--source=image_folder",
        f"--input={root}",
        r"--patient_pattern=DOE(\d)",  # DOE1 is in train, DOE10 in test.
        "--max_pairs=1",
        f"--output_dir={tmp_path / 'out'}",
    )
    assert done.returncode == 0, done.stderr
    assert {p.name for p in (tmp_path / "out").iterdir()} == OUTPUTS
    (row,) = pd.read_csv(tmp_path / "out/audit.csv").to_dict("records")
    assert (row["kind"], row["split_a"], row["split_b"]) == (
        "exact",
        "train",
        "test",
    )
    assert (row["label_a"], row["label_b"]) == ("class_0", "class_1")
    assert row["action"] == "listed" and not row["same_label"]
    lines = done.stdout.splitlines()
    assert "images that cannot be used: 1" in lines
    assert "identical images under different labels: 2 in 1 groups" in lines
    assert lines[-1] == (
        "The splits leak: 1 train images have the pixels of val or test "
        "images; 1 patients are in train and test."
    )
    for path in (tmp_path / "out").iterdir():
        assert b"DOE" not in path.read_bytes()


def test_identities_are_told_without_quoting_them(
    binary, tiny_dataset, tmp_path
):
    def change(place, features):
        features["note"] = b"DOE^JOHN" if place < 2 else b"fine"

    damaged_records.rewrite(tiny_dataset, tmp_path / "tiny", change)
    done = binary(
        SCRIPT,
        f"--records={tmp_path / 'tiny'}",
        "--phi",
        f"--output_dir={tmp_path / 'out'}",
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "looks like an identity: 2 x name in xxxx" in lines
    assert "looks like an identity: 40 x feature in xxxx" in lines
    table = pd.read_csv(tmp_path / "out/phi.csv")
    assert table["kind"].value_counts().to_dict() == {"feature": 40, "name": 2}
    for text in (done.stdout, *map(str, table.to_numpy().ravel())):
        assert "DOE" not in text


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--records=x"], "--output_dir must be given"),
        (["--output_dir=OUT"], "either --records=DIR or --source=SOURCE"),
        (
            ["--output_dir=OUT", "--records=x", "--source=npz"],
            "either --records=DIR or --source",
        ),
        (["--output_dir=OUT", "--source=npz"], "--input must be given"),
        (
            ["--output_dir=OUT", "--source=npz", "--input=x", "--phi"],
            "--phi does not go with --source=npz, which takes",
        ),
        (
            ["--output_dir=OUT", "--records=x", "--overwrite"],
            "Unknown command line flag 'overwrite'",
        ),
        (
            ["--output_dir=OUT", "--records=x", "--image_size=4"],
            "--image_size does not go with --records",
        ),
        (
            [
                "--output_dir=OUT",
                "--source=npz",
                "--input=x",
                "--resize_mode=fit",
            ],
            "--resize_mode=fit goes with --image_size",
        ),
        (
            ["--output_dir=OUT", "--source=npz", "--input=x", "--seed=4"],
            "--seed does not go with --source=npz here: splits are audited as",
        ),
        (
            ["--output_dir=OUT", "--source=npz", "--input=x", "--window=none"],
            "--window does not go with --source=npz, which takes",
        ),
        (
            ["--output_dir=OUT", "--source=npz", "--input=x", "--on_leak=drop"],
            "Unknown command line flag 'on_leak'",
        ),
        (["--output_dir=OUT", "--records=nowhere"], "nowhere holds no records"),
        (["--distance=65"], "distance"),
    ],
)
def test_wrong_flags_get_one_line(binary, tmp_path, arguments, message):
    out = str(tmp_path / "out")
    done = binary(SCRIPT, *(a.replace("OUT", out) for a in arguments))
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ") and message in line
    assert list(tmp_path.iterdir()) == []


def test_defaults_are_those_of_the_library():
    assert audit_dataset.FLAGS["distance"].default == audit.DISTANCE
    assert audit_dataset.FLAGS["max_pairs"].default == audit.MAX_PAIRS
