"""Columns from a table of labels to the AUCs of subgroups, by the binaries."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.conftest import blobs
from transfusion_tf import experiment, tables
from transfusion_tf.analysis import comparison
from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import predictions
from transfusion_tf.runs.directory import RunDir

SCRIPT = "run_scripts/analyze_predictions.py"
SITES = ("Zürich", "B")


@pytest.fixture(scope="module")
def run(binary, tmp_path_factory):
    """A run on records that carry a site (which tells the label) and a sex."""
    root = tmp_path_factory.mktemp("carried")
    (root / "raw").mkdir()
    images, labels = blobs(120, size=16, seed=0)
    lines = ["path,label,split,site,sex"]
    for index, image in enumerate(images):
        Image.fromarray(image).save(root / "raw" / f"{index}.png")
        split = ("train", "train", "val", "test")[index // 2 % 4]
        lines.append(
            f"{index}.png,{labels[index, 0]},{split},{SITES[index % 2]},"
            f"{'fm'[index // 8 % 2]}"
        )
    (root / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    done = binary(
        "data_prep/make_tfrecords.py",
        "--source=csv",
        f"--input={root / 'raw'}",
        f"--labels={root / 'labels.csv'}",
        "--extra_columns=site,sex",
        f"--output_dir={root / 'records'}",
    )
    assert done.returncode == 0, done.stderr
    assert "The column 'site' tells the label '1'" in done.stderr
    settings = {
        "dataset": str(root / "records"),
        "model": "cbr_tiny",
        "steps": 1,
        "batch_size": 16,
    }
    config = RunConfig.from_flags_dict(settings)
    return experiment.train(config, run_dir=root / "run")


def test_predictions_keep_the_columns(run):
    found, classes = predictions.read(run.predictions("test"))
    assert classes == ("0", "1") and list(found.extra) == ["site", "sex"]
    sites = np.where(found.labels == 0, *SITES)
    np.testing.assert_array_equal(found.extra["site"], sites)
    assert set(found.extra["sex"]) == {"f", "m"}


def test_other_analyses_read_such_records(run):
    place = json.loads(run.config.read_text())["config"]["data"]["dataset"]
    opened = experiment.open_dataset(place)
    images = comparison.ComparisonImages(
        opened, "test", max_images=5, image_size=16, batch_size=4
    )
    assert [len(batch["extra_site"]) for batch in images()] == [4, 1]


def test_the_card_counts_the_values(run):
    place = json.loads(run.config.read_text())["config"]["data"]["dataset"]
    (card,) = RunDir(place).root.glob("*/data_card.json")
    card = json.loads(card.read_text())
    assert card["extra_values"]["site"] == {"B": 60, "Zürich": 60}
    assert list(card["tells_label"]) == ["site"]


@pytest.mark.parametrize("is_raw", [False, True])
def test_an_audit_says_so_too(binary, run, tmp_path, is_raw):
    place = json.loads(run.config.read_text())["config"]["data"]["dataset"]
    root = RunDir(place).root.parent
    what = [f"--records={place}"]
    if is_raw:
        what = [
            "--source=csv",
            f"--input={root / 'raw'}",
            f"--labels={root / 'labels.csv'}",
            "--extra_columns=site,sex",
        ]
    done = binary(
        "data_prep/audit_dataset.py", *what, f"--output_dir={tmp_path}"
    )
    assert done.returncode == 0, done.stderr
    assert "The column 'site' tells the label '1'" in done.stdout
    assert "'sex'" not in done.stdout


def test_aucs_by_subgroup(binary, run, tmp_path):
    done = binary(
        SCRIPT,
        f"--runs={run.root}",
        "--subgroups=site,sex",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    assert "The column 'site' tells the label '1'" in done.stdout
    table = tables.read(tmp_path / "subgroups.csv")
    assert list(table["group"]) == [
        "all images",
        "B",
        "Zürich",
        "all images",
        "f",
        "m",
    ]
    assert list(table["value"].isna()) == [False, True, True] + 3 * [False]
    for name in ("subgroup_differences.csv", "label_associations.csv"):
        assert len(tables.read(tmp_path / name)) == 2
    assert (tmp_path / "subgroups.png").read_bytes().startswith(b"\x89PNG")


def test_an_external_test_set_has_subgroups_and_the_thresholds_of_val(
    binary, run, tiny_runs, tmp_path
):
    place = json.loads(run.config.read_text())["config"]["data"]["dataset"]
    done = binary(
        SCRIPT,
        f"--runs={tiny_runs[0]}",
        f"--dataset={place}",
        "--split=val",
        "--subgroups=sex",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    aucs = tables.read(tmp_path / "auc.csv")
    assert list(aucs["dataset"]) == ["records"]
    assert len(tables.read(tmp_path / "subgroups.csv")) == 3
    decisions = tables.read(tmp_path / "decisions.csv")
    assert decisions.query("chosen_by == 'val'")["value"].notna().all()
    (kept,) = (tmp_path / "predictions").iterdir()
    assert kept.name.startswith("seed0-")


def test_files_of_other_tools(binary, run, tmp_path):
    rows = [f"i{i},{i % 2},{(7 * i) % 11},{i % 3}" for i in range(30)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["id,label,score,ward", *rows]))
    done = binary(
        SCRIPT,
        f"--predictions={path}",
        "--subgroups=ward",
        f"--output_dir={tmp_path / 'out'}",
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "subgroups.csv",
        "subgroups.png",
        "subgroup_differences.csv",
        "label_associations.csv",
    }


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--runs={run}", "--subgroups=age"], "they have site, sex. Those of"),
        (["--predictions=a.csv"], "--predictions goes with --subgroups"),
        (["--predictions=a.csv", "--subgroups=x"], "No such file"),
        (
            ["--predictions=a.csv", "--subgroups=x", "--split=val"],
            "--split=val goes with --runs",
        ),
        (
            ["--runs={run}", "--split=train"],
            "--split=train goes with --dataset",
        ),
    ],
)
def test_mistakes_are_one_line(binary, run, tmp_path, arguments, message):
    arguments = [a.replace("{run}", str(run.root)) for a in arguments]
    done = binary(SCRIPT, *arguments, "--output_dir=out", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
