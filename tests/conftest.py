"""Fixtures: small real data sets, runs on them, and the shared files."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared():
    """The directory of files that developers share; skips where absent."""
    path = pathlib.Path(
        os.environ.get("TRANSFUSION_SHARED", ROOT / "../shared")
    )
    if not path.is_dir():
        pytest.skip(f"no shared files at {path}; set TRANSFUSION_SHARED")
    return path.resolve()


@pytest.fixture(scope="session")
def binary():
    """Runs a binary as a process: binary("run_scripts/train.py", flags...)."""

    def run(script, *arguments, cwd=None, timeout=240):
        return subprocess.run(
            [sys.executable, str(ROOT / script), *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            timeout=timeout,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    return run


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
def tiny_dataset(tiny_npz, binary, tmp_path_factory):
    """Records of `tiny_npz`, made by the binary."""
    path = tmp_path_factory.mktemp("records") / "tiny"
    done = binary(
        "data_prep/make_tfrecords.py",
        "--source=npz",
        f"--input={tiny_npz}",
        f"--output_dir={path}",
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return path


@pytest.fixture(scope="session")
def tiny_runs(tiny_dataset, tmp_path_factory):
    """Directories of two short runs, seeds 0 and 1, from random weights."""
    from transfusion_tf import experiment
    from transfusion_tf.config import RunConfig

    root = tmp_path_factory.mktemp("runs")
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
    return [root / "seed0", root / "seed1"]
