"""Fixtures: small real data sets, runs on them, and the shared files."""

import functools
import gc
import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

import transfusion_tf  # noqa: F401 (before any test imports TensorFlow)
from tests.reporting.html import browser as browsers
from tests.reporting.html import chromium
from transfusion_tf import files

ROOT = pathlib.Path(__file__).resolve().parents[1]


def pytest_collection_finish():
    """Spares the garbage collector TensorFlow's and all tests' objects.

    Millions of them live to the end; to look at them again and again as
    networks are built takes about a tenth of the time of that.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture(scope="session")
def shared():
    """The directory of files that developers share; skips where absent."""
    path = pathlib.Path(
        os.environ.get("TRANSFUSION_SHARED", ROOT / "../shared")
    )
    if not path.is_dir():
        pytest.skip(f"no shared files at {path}; set TRANSFUSION_SHARED")
    return path.resolve()


class Binaries:
    """Runs the binaries: binary("run_scripts/train.py", flags...).

    In a fork of a process that has imported TensorFlow; with cold=True in a
    process of its own from the start. One that stops itself by SIGSTOP has no
    return code, and is there until `kill_stopped`.
    """

    def __init__(self, folder):
        self._folder = folder
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._warm = None
        self._stopped = None

    def __call__(self, script, *arguments, cwd=None, cold=False):
        argv = [str(ROOT / script), *map(str, arguments)]
        if cold:
            return subprocess.run(
                [sys.executable, *argv],
                capture_output=True,
                text=True,
                cwd=cwd,
                env=self._environment,
            )
        outputs = [self._folder / name for name in ("stdout", "stderr")]
        for path in outputs:
            path.write_bytes(b"")
        request = {
            "argv": argv,
            "cwd": cwd and str(cwd),
            "stdout": str(outputs[0]),
            "stderr": str(outputs[1]),
        }
        reply = self._ask(request)
        self._stopped = reply.get("stopped", self._stopped)
        texts = [path.read_text() for path in outputs]
        return subprocess.CompletedProcess(argv, reply["returncode"], *texts)

    def kill_stopped(self):
        """Ends the process that has stopped itself, by SIGKILL."""
        self._ask({"kill": self._stopped})

    def _ask(self, request):
        if self._warm is None:
            self._warm = subprocess.Popen(
                [sys.executable, str(ROOT / "tests/warm_start.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=self._environment,
            )
        print(json.dumps(request), file=self._warm.stdin, flush=True)
        return json.loads(self._warm.stdout.readline())

    def close(self):
        """Ends the warm process."""
        if self._warm is not None:
            self._warm.stdin.close()
            self._warm.wait()
            self._warm.stdout.close()


@pytest.fixture(scope="session")
def binary(tmp_path_factory):
    """The Binaries."""
    binaries = Binaries(tmp_path_factory.mktemp("outputs"))
    yield binaries
    binaries.close()


@pytest.fixture(scope="session")
def browser():
    """A Browser that checks pages; skips where no Chromium is installed."""
    binary = chromium.find()
    if binary is None:
        pytest.skip(chromium.MISSING)
    with browsers.started(binary) as started:
        yield started


def blobs(count, *, size, seed):
    """Grey images with a bright blob on the left (0) or right (1), noisy."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    images = rng.normal(90, 25, (count, size, size))
    third = size // 3
    for image, label in zip(images, labels, strict=True):
        row = rng.integers(0, size - third)
        column = rng.integers(0, third // 2) + label * (size - 2 * third)
        image[row : row + third, column : column + third] += 18
    return images.clip(0, 255).astype(np.uint8), labels[:, None]


@pytest.fixture(scope="session")
def tiny_npz(tmp_path_factory):
    """An .npz as of MedMNIST: 2 classes, 16 px, 160 / 40 / 60 images."""
    path = tmp_path_factory.mktemp("raw") / "tiny.npz"
    arrays = {}
    counts = {"train": 160, "val": 40, "test": 60}
    for seed, (split, count) in enumerate(counts.items()):
        images, labels = blobs(count, size=16, seed=seed)
        arrays |= {f"{split}_images": images, f"{split}_labels": labels}
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """made_once(name, make): a directory that make(path) has filled.

    Of pytest-xdist's workers the first calls `make`, and each gets a copy.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # That of all workers.

    def get(name, make):
        begun, made = (folder / x / name for x in ("begun", "made_once"))
        made.parent.mkdir(exist_ok=True)
        with files.locked(made.with_suffix(".lock")):
            if not made.exists():
                make(begun)
                begun.rename(made)
        copy = tmp_path_factory.mktemp("copies") / name
        return shutil.copytree(made, copy)

    return get


@pytest.fixture(scope="session")
def tiny_dataset(tiny_npz, binary, made_once):
    """Records of `tiny_npz`, made by the binary."""

    def convert(path):
        done = binary(
            "data_prep/make_tfrecords.py",
            "--source=npz",
            f"--input={tiny_npz}",
            f"--output_dir={path}",
        )
        if done.returncode:
            raise RuntimeError(done.stderr)

    return made_once("tiny", convert)


@pytest.fixture(scope="session")
def tiny_runs(tiny_dataset, made_once):
    """Directories of two short runs, seeds 0 and 1, from random weights."""
    root = made_once("runs", functools.partial(_train_two, tiny_dataset))
    return [root / "seed0", root / "seed1"]


def _train_two(tiny_dataset, root):
    from transfusion_tf import experiment
    from transfusion_tf.config.run import RunConfig

    for seed in (0, 1):
        settings = {
            "dataset": str(tiny_dataset),
            "model": "cbr_tiny",
            "steps": 6,
            "batch_size": 16,
            "seed": seed,
        }
        config = RunConfig.from_flags_dict(settings)
        experiment.train(config, run_dir=root / f"seed{seed}")
