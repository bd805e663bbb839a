"""train.py and evaluate.py as processes, on small real records."""

import csv
import os
import signal

import numpy as np
import pytest

from transfusion_tf import files
from transfusion_tf.runs.directory import RunDir

# Forty steps: four epochs of ten.
FORTY = ("--epochs=4", "--eval_every=14", "--augment=shift", "--snapshots=2")
# A subset, and more steps than an epoch has: through the whole pipeline. Plain
# SGD: Adam turns a rounding error in a tiny gradient into a step.
SHORT = (
    "--steps=4",
    "--eval_every=2",
    "--snapshots=2",
    "--optimizer=sgd",
    "--train_size=40",
)


@pytest.fixture(scope="module")
def flags(tiny_dataset):
    """Flags of each run here, but for the run's directory."""
    return (
        f"--dataset={tiny_dataset}",
        "--model=cbr_tiny",
        "--truncate_at=conv1",  # To trace more would show no more.
        "--batch_size=16",
    )


@pytest.fixture
def train(binary, flags, tmp_path):
    """Runs train.py on the tiny data set into `run`; returns the process."""

    def start(*more, run="run"):
        run_dir = f"--run_dir={tmp_path / run}"
        return binary("run_scripts/train.py", *flags, run_dir, *more)

    return start


@pytest.fixture(scope="module")
def whole(binary, flags, tmp_path_factory):
    """RunDir of forty steps, and the process that made it."""
    root = tmp_path_factory.mktemp("whole")
    run_dir = f"--run_dir={root}"
    done = binary("run_scripts/train.py", *flags, run_dir, *FORTY)
    return RunDir(root), done


def weights(root, step):
    """Arrays of a weights file, in the file's order."""
    import h5py

    found = []
    with h5py.File(RunDir(root).weights(step)) as stored:
        stored.visititems(
            lambda _, x: found.append(x[()]) if hasattr(x, "shape") else None
        )
    return found


def contents(root):
    """{file: its bytes} of a directory."""
    return {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}


def equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_run_leaves_what_the_design_says(whole):
    run, done = whole
    assert done.returncode == 0, done.stderr
    assert f"run: {run.root}" in done.stdout and "test: AUC 0." in done.stdout
    assert run.read_status() == {"status": "finished", "reason": ""}
    assert {0, 1, 40} <= set(run.weight_steps())
    with run.history.open() as stream:
        rows = list(csv.DictReader(stream))
    steps = [row["step"] for row in rows]
    assert steps == ["14", "28", "40"]
    assert rows[-1]["examples"] == "640"
    # Of equal AUCs that of the lower loss.
    best = max(
        rows, key=lambda row: (float(row["val_auc"]), -float(row["val_loss"]))
    )
    assert int(best["step"]) == files.read_json(run.best)["step"]
    metrics = files.read_json(run.metrics)
    assert metrics["test"]["num_images"] == 60
    with run.predictions("test").open() as stream:
        table = list(csv.DictReader(stream))
    assert list(table[0]) == ["id", "patient", "label", "score_0", "score_1"]
    assert len({row["id"] for row in table}) == 60
    from sklearn.metrics import roc_auc_score

    auc = roc_auc_score(
        [int(row["label"]) for row in table],
        [float(row["score_1"]) for row in table],
    )
    assert metrics["test"]["auc"]["value"] == pytest.approx(auc, abs=1e-12)
    assert list(run.tensorboard.iterdir())


def test_a_finished_run_is_reported_and_another_refused(train, whole):
    there = f"--run_dir={whole[0].root}"
    again = train(there, *FORTY)
    assert again.returncode == 0
    assert "already finished" in again.stdout and "test: AUC" in again.stdout
    other = train(there, *FORTY, "--epochs=5", "--seed=1")
    assert other.returncode == 2
    assert "config.seed: 0 there, 1 here" in other.stderr
    assert "config.train.epochs: 4 there, 5 here" in other.stderr


def test_killed_in_mid_epoch_it_ends_with_the_same_weights(
    train, binary, flags, whole, tmp_path
):
    run = RunDir(tmp_path / "run")
    stopped = binary(
        *("tests/stopped_at.py", 17, "run_scripts/train.py"),
        *(*flags, *FORTY, f"--run_dir={run.root}"),
    )
    assert stopped.returncode is None, stopped.stderr  # It is still training.
    assert "step 14/" in stopped.stdout
    before = contents(run.root)
    for more in ((), ("--overwrite",)):
        done = train(*FORTY, *more)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert "Another process is training" in done.stderr
    assert contents(run.root) == before
    binary.kill_stopped()
    assert run.read_status()["status"] == "running"
    assert 40 not in run.weight_steps()
    assert train(*FORTY).returncode == 0
    assert equal(weights(whole[0].root, 40), weights(run.root, 40))
    rows = [
        [row.split(",")[:3] + row.split(",")[4:] for row in text.splitlines()]
        for text in (r.history.read_text() for r in (whole[0], run))
    ]
    assert rows[0] == rows[1]  # All columns but the seconds.


@pytest.fixture(scope="module")
def short(binary, flags, tmp_path_factory):
    """RunDir of four steps with two evaluations."""
    root = tmp_path_factory.mktemp("short")
    done = binary("run_scripts/train.py", *flags, *SHORT, f"--run_dir={root}")
    assert done.returncode == 0, done.stderr
    return RunDir(root)


# One after the other, in front of: config.json; the first checksum; then, of
# the process that goes on, the weights of step 2.
MOMENTS = (0, 4, 8)


def test_killed_at_any_change_the_same_command_continues(
    train, binary, flags, short, tmp_path
):
    run = RunDir(tmp_path / "run")
    for number in MOMENTS:
        killed = binary(
            "tests/killed_at.py",
            number,
            "run_scripts/train.py",
            *flags,
            *SHORT,
            f"--run_dir={run.root}",
        )
        assert killed.returncode == -signal.SIGKILL
        assert run.config.is_file() == (number > 0)
    assert run.weight_steps() == [0, 1]
    done = train(*SHORT)
    assert done.returncode == 0, done.stderr
    assert equal(weights(short.root, 4), weights(run.root, 4))
    assert not equal(weights(short.root, 4), weights(short.root, 0))
    for split in ("val", "test"):
        texts = [r.predictions(split).read_text() for r in (short, run)]
        assert texts[0] == texts[1]
    names = files.read_json(run.checksums)
    assert names == files.read_json(short.checksums)
    parts = files.read_json(run.config)["parts"]
    # A slow machine may have kept a state of the first step.
    assert parts[0]["step"] == 0 and len(parts) == len(MOMENTS)


def test_several_devices_give_what_one_device_gives(train, short, tmp_path):
    done = train(*SHORT, "--strategy=mirrored", "--num_virtual_devices=2")
    assert done.returncode == 0, done.stderr
    config = files.read_json(tmp_path / "run/config.json")
    assert config["plan"]["devices"] == 2
    start, one = (weights(short.root, step) for step in (0, 4))
    for before, a, b in zip(
        start, one, weights(tmp_path / "run", 4), strict=True
    ):
        # Rounding may send the gradient of a pool's tie another way.
        moved = np.linalg.norm(a - before)
        assert 0 < moved
        assert np.linalg.norm(b - a) < 0.02 * moved


def test_pretrained_from_a_run(train, tiny_runs, tmp_path):
    source = RunDir(tiny_runs[0])
    done = train("--steps=1", "--init=pretrained", f"--weights={source.root}")
    assert done.returncode == 0, done.stderr
    counts = "init: pretrained: 2 tensors random, 5 tensors source"
    assert f"{counts}; source cbr_tiny trained on tiny (step" in done.stdout
    report = files.read_json(tmp_path / "run/init_report.json")
    assert report["counts"] == {"random": 2, "source": 5}
    assert report["source"]["model"] == "cbr_tiny"
    best = files.read_json(source.best)["step"]
    taken = [
        any(np.array_equal(x, y) for y in weights(source.root, best))
        for x in weights(tmp_path / "run", 0)
    ]
    assert sum(taken) >= 5  # All but the head.


def test_evaluate_scores_any_split_and_checkpoint(binary, tiny_runs, tmp_path):
    done = binary(
        "run_scripts/evaluate.py",
        f"--run_dir={tiny_runs[0]}",
        "--split=train",
        "--checkpoint=0",
        f"--output_dir={tmp_path / 'out'}",
    )
    assert done.returncode == 0, done.stderr
    assert "train: AUC" in done.stdout and "160 images" in done.stdout
    assert "160 of these 160 images were in training" in done.stdout
    assert (tmp_path / "out/predictions.csv").is_file()
    best = binary("run_scripts/evaluate.py", f"--run_dir={tiny_runs[0]}")
    assert best.returncode == 0, best.stderr
    root = RunDir(tiny_runs[0])
    (made,) = (root.root / "evaluations").iterdir()
    again = files.read_json(made / "metrics.json")
    metrics = files.read_json(root.metrics)["test"]
    assert again["loss"] == pytest.approx(metrics["loss"], rel=1e-6)
    assert again["auc"] == pytest.approx(metrics["auc"])


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (["--model=resnet"], "value should be one of <cbr_larget|"),
        (["--init=lucky"], "value should be one of <random|pretrained|"),
        (["--optimizer=adagrad"], "value should be one of <adam|adamw|sgd>"),
        (["--strategy=mirrored"], "needs several devices. Found: /cpu:0"),
        (["--strategy=multi_worker"], "srun, or set TF_CONFIG="),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    train, tmp_path, mistake, message
):
    done = train(*mistake)
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="no /dev/full on this system"
)
def test_a_full_disk_is_told(tmp_path):
    with pytest.raises(OSError, match="No space left"):
        with files.atomic_write(tmp_path / "a") as temporary:
            temporary.symlink_to("/dev/full")
            temporary.write_text("x" * 100_000)
    assert not list(tmp_path.iterdir())
