"""Studies end to end: killed, in parts, and with a run that fails."""

import json
import shutil
import signal

import pytest

from tests.study.tasks import InThisProcess
from transfusion_tf import tables
from transfusion_tf.study import runner
from transfusion_tf.study.directory import StudyDir
from transfusion_tf.study.spec import StudyConfig

RUNS = tuple(
    f"cbr_tiny@conv1-{init}-64-lr0.001-seed{seed}"
    for seed in (0, 1)
    for init in ("random", "gabor")
)
GABOR = "cbr_tiny@conv1 gabor"
TABLES = ("arms.csv", "comparisons.csv", "verdict.json")


@pytest.fixture(scope="module")
def values(tiny_dataset):
    return {
        "dataset": str(tiny_dataset),
        "models": "cbr_tiny@conv1",  # To trace more would show no more.
        "inits": "random,gabor",
        "seeds": 2,
        "train_sizes": "64",
        "learning_rates": "1e-3",
        "steps": 3,
        "batch_size": 16,
        "snapshots": 0,
        "optimizer": "sgd",  # Of the two the one that starts sooner.
        "reference": "cbr_tiny@conv1:random",
        # More than the machine has would be other sums than of this process.
        "num_threads": None,
    }


def run(values, study_dir, **options):
    config = StudyConfig.from_values(values)
    options = {"executor": InThisProcess(), **options}
    return runner.run(config, study_dir, **options)


@pytest.fixture(scope="module")
def whole(values, tmp_path_factory):
    """The directory of a study that nothing has happened to."""
    root = tmp_path_factory.mktemp("whole") / "study"
    lines = run(values, root)
    assert f"{GABOR} against cbr_tiny@conv1 random: " in "\n".join(lines)
    return root


def assert_same(root, other):
    for name in TABLES:
        assert (root / name).read_text() == (other / name).read_text()
    first, second = (tables.read(r / "study.csv") for r in (root, other))
    assert first.drop(columns="seconds").equals(second.drop(columns="seconds"))
    for folder in (root / "runs").iterdir():
        sums = [
            r / "runs" / folder.name / "checksums.json" for r in (root, other)
        ]
        assert sums[0].read_text() == sums[1].read_text()


def test_tables(whole):
    table = tables.read(whole / "study.csv")
    assert tuple(table["run"]) == RUNS
    assert set(table["status"]) == {"finished"}
    assert set(table["chosen"]) == {"yes"} and set(table["steps"]) == {3}
    assert table[["val_auc", "test_auc"]].notna().all(axis=None)
    comparisons = tables.read(whole / "comparisons.csv")
    assert list(comparisons["arm"]) == [GABOR]
    assert list(comparisons["num_seeds"]) == [2]
    assert (whole / "comparisons.png").read_bytes().startswith(b"\x89PNG")


def test_actors_of_ray_give_the_same_tables(values, whole, tmp_path):
    pytest.importorskip("ray")
    from transfusion_tf.study.ray_executor import RayActors

    run(values, tmp_path / "study", executor=RayActors(2, 1))
    assert_same(tmp_path / "study", whole)


def kill(binary, values, root, moment):
    script = "tests/study/killed_study.py"
    done = binary(script, json.dumps(values), root, moment)
    assert done.returncode == -signal.SIGKILL, done.stderr


def killed_in_the_third(binary, values, whole, root):
    """A study whose first run was copied and whose second was trained."""
    shutil.copytree(whole / "runs" / RUNS[0], root / "runs" / RUNS[0])
    shutil.copy(whole / "study.json", root / "study.json")
    kill(binary, values, root, values["steps"] + 2)
    status = json.loads((root / "runs" / RUNS[2] / "status.json").read_text())
    assert status["status"] == "running"
    assert not (root / "runs" / RUNS[3]).exists()


def test_killed_continued_in_parts_and_with_a_run_that_fails(
    binary, values, whole, tmp_path, capsys
):
    """Some runs come from a fresh process, the others from a warm one."""
    root = tmp_path / "study"
    killed_in_the_third(binary, values, whole, root)
    # Trained to its end, but not finished.
    kill(binary, values, root, "metrics.json")
    odd = root / "runs" / RUNS[3]
    assert not odd.exists()
    odd.mkdir()
    (odd / "notes.txt").write_text("mine")
    text = "\n".join(run(values, root, part=(1, 2)))
    assert "1 runs of the study are not finished" in text
    assert not (root / "study.csv").is_file()
    capsys.readouterr()
    text = "\n".join(run(values, root, part=(2, 2)))
    assert capsys.readouterr().out.count(f"{odd.name}: tried again\n") == 1
    table = tables.read(root / "study.csv").set_index("run")
    assert sorted(table["status"]) == ["failed", *["finished"] * 3]
    assert "has files in it but is not a run" in table["reason"][odd.name]
    assert f"left out: {odd.name}: failed" in text
    assert "one seed" in text
    (odd / "notes.txt").unlink()
    kill(binary, values, root, "verdict.json")
    assert tables.read(root / "study.csv")["status"].eq("finished").all()
    old, new = (r / "verdict.json" for r in (root, whole))
    assert old.read_text() != new.read_text()  # Of the time of the failure.
    run(values, root)
    assert_same(root, whole)


def test_another_study_is_refused_and_cells_are_added(values, whole, tmp_path):
    for change, message in (
        ({"steps": 5}, "steps: 3 there, 5 here"),
        ({"inits": "random"}, "2 cells that are not asked for now"),
        ({"dataset": "synthetic_textures"}, "its records are others"),
    ):
        with pytest.raises(ValueError, match=message):
            run({**values, **change}, whole)
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(ValueError, match="but is not a study"):
        run(values, tmp_path)
    before = StudyDir(whole).config.read_text()
    # Nothing is trained: a part without cells.
    run({**values, "seeds": 3}, whole, part=(7, 7))
    assert '"seeds": 3' in StudyDir(whole).config.read_text()
    StudyDir(whole).config.write_text(before)


def test_keep_deletes_other_weights_of_finished_runs(values, whole):
    run({**values, "keep": "best,last", "margin": 0.02}, whole)
    for folder in (whole / "runs").iterdir():
        kept = sorted(path.name for path in folder.glob("weights/*.h5"))
        assert kept and "step-0000000.weights.h5" not in kept
        assert kept[-1] == "step-0000003.weights.h5"
        named = json.loads((folder / "checksums.json").read_text())
        assert {f"weights/{name}" for name in kept} <= named.keys()
        assert "weights/step-0000000.weights.h5" not in named
    assert json.loads((whole / "verdict.json").read_text())["margin"] == 0.02
