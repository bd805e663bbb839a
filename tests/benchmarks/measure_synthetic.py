"""Measures how hard the embedded fundus photographs are.

    python tests/benchmarks/measure_synthetic.py [--network_seeds=0,1,2]

Prints the test AUC of grade >= 2 of (a) a logistic regression on colours
alone, which must stay at or below 0.70, and (b), for each of --network_seeds,
`cbr_tiny` after the default training, which must be between 0.90 and 0.97:
hard enough that initialisations can differ. A network takes about two minutes
on two cores; --network_seeds= (nothing) leaves them out.
"""

import tempfile

import numpy as np
from absl import flags

from transfusion_tf import cli

THRESHOLD = 2  # Moderate retinopathy or worse is what screening refers.
COLOUR_BINS = 16

FLAGS = flags.FLAGS
flags.DEFINE_integer("data_seed", 0, "seed of the images of (a)")
flags.DEFINE_list("network_seeds", ["0", "1", "2"], "seeds of the networks")


def colour_features(images):
    """Returns means, standard deviations and histograms of each channel.

    Args:
        images: (n, H, W, 3) uint8.

    Returns:
        (n, 6 + 3 * COLOUR_BINS) float64.
    """
    pixels = images.reshape(len(images), -1, 3)
    bins = pixels // (256 // COLOUR_BINS)
    counts = [
        np.bincount(image[:, channel], minlength=COLOUR_BINS)
        for image in bins
        for channel in range(3)
    ]
    return np.column_stack(
        [
            pixels.mean(axis=1),
            pixels.std(axis=1),
            np.reshape(counts, (len(images), 3 * COLOUR_BINS)),
        ]
    )


def colour_auc(manifest):
    """Returns the test AUC of a logistic regression on `colour_features`."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from transfusion_tf.metrics import auc

    table = manifest.table
    features = colour_features(
        np.stack([manifest.store.read(image) for image in table["image"]])
    )
    referable = manifest.label_codes() >= THRESHOLD
    train, test = (table["split"] == split for split in ("train", "test"))
    model = make_pipeline(
        StandardScaler(), LogisticRegression(C=1.0, max_iter=5000)
    )
    model.fit(features[train], referable[train])
    scores = model.predict_proba(features[test])[:, 1]
    return auc.auc(referable[test], scores)


def network_auc(seed):
    """Returns the test AUC of `cbr_tiny` after the default training."""
    from transfusion_tf import experiment, files
    from transfusion_tf.config.run import RunConfig

    settings = {
        "dataset": "synthetic_fundus",
        "model": "cbr_tiny",
        "seed": seed,
    }
    with tempfile.TemporaryDirectory() as folder:
        run = experiment.train(
            RunConfig.from_flags_dict(settings), run_dir=f"{folder}/run"
        )
        metrics = files.read_json(run.metrics)
    named = {entry["name"]: entry for entry in metrics["test"]["aucs"]}
    return named[f">={THRESHOLD}"]["value"]


def main(argv):
    """Prints one line for each AUC."""
    del argv
    from transfusion_tf.synthetic import datasets

    manifest = datasets.manifest("synthetic_fundus", seed=FLAGS.data_seed)
    print(f"colours: {colour_auc(manifest):.4f} (at most 0.70)", flush=True)
    for seed in FLAGS.network_seeds:
        value = network_auc(int(seed))
        print(f"cbr_tiny, seed {seed}: {value:.4f} (0.90 to 0.97)", flush=True)


if __name__ == "__main__":
    cli.run(main)
