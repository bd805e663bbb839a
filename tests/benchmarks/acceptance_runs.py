"""The networks of measure_similarity.py: trained in three ways."""

import concurrent.futures
import multiprocessing
import os
import pathlib

import numpy as np

IMAGE_SIZE = 28  # As they are.
SQUARE = 4
NUM_PROCESSES = 2  # Each on one thread.
WAYS = {
    "plain": ("plain", {}),
    "augmented": (
        "plain",
        {"augment": ("chest", "brightness", "contrast")},
    ),
    "shortcut": ("shortcut", {}),
}


def _marked(images, sides):
    """Images with a white square at the left (0) or the right (1), on top."""
    images = images.copy()
    for image, side in zip(images, sides, strict=True):
        column = side * (images.shape[2] - SQUARE)
        image[:SQUARE, column : column + SQUARE] = 255
    return images


def _make_records(npz_file, name, folder):
    """Converts the images, with squares; returns the records directory."""
    from data_prep.sources import npz
    from transfusion_tf.conversion import convert

    arrays, rng = {}, np.random.default_rng(0)
    with np.load(npz_file, allow_pickle=False) as given:
        for split in ("train", "val", "test"):
            labels = given[f"{split}_labels"]
            sides = rng.integers(2, size=len(labels))
            if name == "shortcut" and split != "test":
                sides = labels[:, 0]
            images = _marked(given[f"{split}_images"], sides)
            arrays |= {f"{split}_images": images, f"{split}_labels": labels}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.npz"
    if not path.exists():
        np.savez(path, **arrays)
    manifest = npz.manifest(input=path)
    return convert.convert(manifest, folder / f"records-{name}")


def _start_worker():
    # Small networks leave a second core idle; two processes do not.
    os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"


def _train(path, settings):
    from transfusion_tf.process import quiet

    quiet.start_tensorflow()
    import keras

    from transfusion_tf import experiment
    from transfusion_tf.config.run import RunConfig

    keras.backend.clear_session()
    experiment.train(RunConfig.from_flags_dict(settings), run_dir=path)


def _settings(way, seed, records, steps):
    data, further = WAYS[way]
    return {
        "dataset": str(records[data]),
        "model": "cbr_tiny",
        "image_size": IMAGE_SIZE,
        "steps": steps,
        "batch_size": 16,
        "seed": seed,
        "snapshots": 0,
        **further,
    }


def train(npz_file, folder, *, seeds, steps):
    """({way: run directories}, records of the plain images).

    Args:
      npz_file: of MedMNIST, two classes.
      folder: of the records and runs; those that are there are kept.
      seeds: networks of each way.
      steps: of a training.
    """
    from transfusion_tf import progress

    folder = pathlib.Path(folder)
    records = {
        name: _make_records(npz_file, name, folder)
        for name in ("plain", "shortcut")
    }
    runs = {
        way: [folder / f"{way}-{seed}" for seed in range(seeds)] for way in WAYS
    }
    with concurrent.futures.ProcessPoolExecutor(
        NUM_PROCESSES,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
    ) as pool:
        waiting = [
            pool.submit(_train, path, _settings(way, seed, records, steps))
            for way, paths in runs.items()
            for seed, path in enumerate(paths)
        ]
        for future in progress.over(waiting, "Training", unit="runs"):
            future.result()
    return runs, records["plain"]


def print_aucs(runs):
    """The test AUC of each run, which says what it has learnt."""
    from transfusion_tf import files
    from transfusion_tf.runs.directory import RunDir

    for way, paths in runs.items():
        aucs = [
            files.read_json(RunDir(path).metrics)["test"]["auc"]["value"]
            for path in paths
        ]
        print(way, "test AUC", " ".join(f"{auc:.3f}" for auc in aucs))
