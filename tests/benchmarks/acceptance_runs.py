"""The networks of measure_similarity.py: trained in three ways."""

import itertools
import pathlib

import numpy as np

IMAGE_SIZE = 32
SQUARE = 4
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


def train(npz_file, folder, *, seeds, steps):
    """({way: run directories}, records of the plain images).

    Args:
      npz_file: of MedMNIST, two classes.
      folder: of the records and runs; those that are there are kept.
      seeds: networks of each way.
      steps: of a training.
    """
    from transfusion_tf import experiment, progress
    from transfusion_tf.config.run import RunConfig

    folder = pathlib.Path(folder)
    records = {
        name: _make_records(npz_file, name, folder)
        for name in ("plain", "shortcut")
    }
    grid = list(itertools.product(range(seeds), WAYS))
    runs = {way: [] for way in WAYS}
    for seed, way in progress.over(grid, "Training", unit="runs"):
        data, settings = WAYS[way]
        config = RunConfig.from_flags_dict(
            {
                "dataset": str(records[data]),
                "model": "cbr_tiny",
                "image_size": IMAGE_SIZE,
                "steps": steps,
                "batch_size": 32,
                "seed": seed,
                "snapshots": 0,
                **settings,
            }
        )
        path = folder / f"{way}-{seed}"
        experiment.train(config, run_dir=path)
        runs[way].append(path)
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
