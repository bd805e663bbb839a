"""Two worker processes train as one device does, also where one is killed."""

import json
import types

import numpy as np
import pytest

from transfusion_tf import files, tables
from transfusion_tf.runs.directory import RunDir

STEPS, EVERY, KILLED_AT = 50, 20, 30
KILLED = -9


@pytest.fixture(scope="module")
def trained(binary, tiny_dataset, tmp_path_factory):
    """trained(count, run, flags...): how so many workers have ended."""
    root = tmp_path_factory.mktemp("workers")

    def train(count, run, *flags, killed_at=None):
        folder = root / f"output-{len(list(root.iterdir()))}"
        done = binary(
            "tests/workers.py",
            count,
            *([f"--killed_at={killed_at}"] if killed_at else []),
            folder,
            "run_scripts/train.py",
            f"--dataset={tiny_dataset}",
            "--model=cbr_tiny",
            "--truncate_at=conv2",  # To trace more layers would show no more.
            "--batch_size=7",
            f"--steps={STEPS}",
            f"--eval_every={EVERY}",
            f"--run_dir={root / run}",
            *flags,
        )
        assert done.returncode == 0, done.stderr
        read = [
            (folder / f"{k}.{e}").read_text()
            for k in range(count)
            for e in ("out", "err")
        ]
        losses = folder / "0.json"
        return types.SimpleNamespace(
            **json.loads(done.stdout.splitlines()[-1]),
            run=RunDir(root / run),
            out=read[::2],
            err=read[1::2],
            losses=json.loads(losses.read_text()),
        )

    return train


@pytest.fixture(scope="module")
def alone(trained):
    """One device."""
    return trained(1, "alone", "--strategy=one_device")


@pytest.fixture(scope="module")
def killed(trained):
    """Two workers, the second of which is killed."""
    return trained(2, "two", "--strategy=multi_worker", killed_at=KILLED_AT)


@pytest.fixture(scope="module")
def resumed(trained, killed):
    """The same command after that."""
    return trained(2, "two", "--strategy=multi_worker")


def test_a_worker_that_dies_ends_the_other_with_one_line(killed):
    assert killed.codes == [2, KILLED]
    assert killed.seconds < 60
    (line,) = killed.err[0].splitlines()
    assert line.startswith("error: Another worker has ended")
    assert "The same command on all workers continues." in line


def test_the_same_command_goes_on_exactly(killed, resumed):
    assert resumed.codes == [0, 0], resumed.err
    # Of the last step the chief may not have heard the end.
    assert len(killed.losses) in (KILLED_AT - 2, KILLED_AT - 1)
    assert len(resumed.losses) == STEPS - EVERY
    again = killed.losses[EVERY:]
    assert resumed.losses[: len(again)] == again


def test_losses_and_scores_are_those_of_one_device(alone, killed, resumed):
    both = killed.losses[:EVERY] + resumed.losses
    np.testing.assert_allclose(both, alone.losses, rtol=1e-10)
    one, two = (
        tables.read_text(made.run.predictions("test"))
        for made in (alone, resumed)
    )
    assert one["id"].tolist() == two["id"].tolist()
    for name in one.columns[one.columns.str.startswith("score_")]:
        np.testing.assert_allclose(
            one[name].astype(float), two[name].astype(float), atol=1e-6
        )


def test_losses_of_sgd_are_those_of_one_device_as_well(trained):
    one, two = (
        trained(count, f"sgd-{count}", "--optimizer=sgd", f"--strategy={name}")
        for count, name in ((1, "one_device"), (2, "multi_worker"))
    )
    assert len(one.losses) == STEPS
    np.testing.assert_allclose(two.losses, one.losses, rtol=1e-10)


def test_the_chief_alone_writes_the_files_of_one_device(alone, resumed):
    one, two = (
        {
            path.relative_to(made.run.root).as_posix()
            for path in made.run.root.rglob("*")
            if "tfevents" not in path.name
        }
        for made in (alone, resumed)
    )
    assert one == two
    events = list(resumed.run.tensorboard.iterdir())
    assert len(events) == 2  # One of each chief, the killed run's and this.
    (line,) = resumed.out[1].splitlines()
    assert line.startswith("Worker 2 of 2")
    plan = files.read_json(resumed.run.config)["plan"]
    assert (plan["devices"], plan["workers"]) == (2, 2)
