"""Measures what the similarity measures can tell apart.

    python tests/benchmarks/measure_similarity.py --npz=pneumoniamnist.npz \
        --work_dir=runs/acceptance --output=docs/results/similarity.csv

Trains `cbr_tiny` at 28 pixels, four seeds each of three ways: on images with a
white square at one side, drawn by lot (`plain`); the same with augmentation
(`augmented`); and with the square at the side that the class says
(`shortcut`). Their last stages, and of the plain ones all stages, are compared
on test images with squares drawn by lot. acceptance.py has the tests. Runs that
are finished are kept. On one core it takes about five minutes.
"""

import itertools

import numpy as np
from absl import flags
from acceptance_runs import IMAGE_SIZE

from transfusion_tf import cli

BATCH_SIZE = 64
FLAGS = flags.FLAGS
flags.DEFINE_string("npz", None, "file of MedMNIST of two classes")
flags.DEFINE_string("work_dir", "runs/acceptance", "where the runs go")
flags.DEFINE_string("output", "docs/results/similarity.csv", "table to write")
flags.DEFINE_integer("seeds", 4, "networks of each way", lower_bound=4)
flags.DEFINE_integer("steps", 80, "steps of a training", lower_bound=1)
flags.mark_flag_as_required("npz")

# Few, and enough for CCA of all channels in each half; the size is that of the
# tests of stages.
NUM_IMAGES, POSITIONS = 300, (3, 3)
LAST = "conv4"
TESTS = {"shortcut": ("plain", "shortcut"), "augmented": ("plain", "augmented")}


def _compared(runs, records):
    """{stage: {pair of (way, seed): StageMoments}} of all pairs of a test."""
    from transfusion_tf import experiment
    from transfusion_tf.analysis import moments
    from transfusion_tf.analysis.streaming import plan

    opened = experiment.open_dataset(str(records))
    networks = {
        (way, seed): experiment.load_backbone(path, "last")
        for way, paths in runs.items()
        for seed, path in enumerate(paths)
    }

    def images():
        left = NUM_IMAGES
        for batch in experiment.images(
            opened, "test", image_size=IMAGE_SIZE, batch_size=BATCH_SIZE
        ):
            yield {name: rows[:left] for name, rows in batch.items()}
            left -= len(batch["image"])
            if left <= 0:
                return

    pairs = [
        pair
        for ways in TESTS.values()
        for pair in itertools.combinations(
            [n for n in networks if n[0] in ways], 2
        )
    ]
    gathered = moments.gather(
        networks,
        images,
        pairs=pairs,
        stages=[LAST],
        options=plan.GatherOptions(
            floors=False, debiased=True, halves=True, neighbors=True
        ),
        num_images=NUM_IMAGES,
    )
    return networks, images, gathered


def _values(of_pairs):
    """{measure: {pair: value}}; a reason in place of those undefined."""
    from transfusion_tf.analysis import similarity

    found = {name: {} for name in similarity.MEASURES}
    for (name, measure), (pair, m) in itertools.product(
        similarity.MEASURES.items(), of_pairs.items()
    ):
        try:
            found[name][pair] = measure(m).value
        except similarity.TooFewDatapoints as error:
            found[name] = str(error)
            break
    return found


def _group_rows(stage, of_pairs):
    """Rows of the tests of two ways of training at a stage."""
    import acceptance

    for measure, values in _values(of_pairs).items():
        for test, ways in TESTS.items():
            names = [(way, s) for way in ways for s in range(FLAGS.seeds)]
            if isinstance(values, str):
                yield acceptance.undefined_row(
                    test, stage, measure, values, len(names)
                )
                continue
            table = np.ones((len(names), len(names)))
            for i, j in itertools.combinations(range(len(names)), 2):
                pair = names[i], names[j]
                value = values.get(pair, values.get(pair[::-1]))
                table[i, j] = table[j, i] = value
            yield acceptance.group_row(
                test, stage, measure, table, [n[0] == "plain" for n in names]
            )


def _features(networks, images):
    """{network: [(num_datapoints, num_neurons) of each stage]}.

    All stages are averaged to the same positions, so that their datapoints are
    the same.
    """
    from transfusion_tf.analysis.streaming import products

    parts = {name: [] for name in networks}
    for batch in images():
        for name, backbone in networks.items():
            found = products.extractor(backbone, backbone.stage_names)(
                batch["image"]
            )
            parts[name].append(
                [
                    products.resized(found[stage], POSITIONS).numpy()
                    for stage in backbone.stage_names
                ]
            )
    return {
        name: [
            np.concatenate(stage).reshape(-1, stage[0].shape[-1])
            for stage in zip(*batches, strict=True)
        ]
        for name, batches in parts.items()
    }


def _stage_table(x, y, images):
    """{measure: (num_stages, num_stages) or a reason} of two networks.

    Args:
      x, y: as of `_features`, each the datapoints of its stages.
      images: names of the images of the datapoints.
    """
    from transfusion_tf.analysis import moments

    places = list(itertools.product(range(len(x)), range(len(y))))
    if x is y:  # Symmetric, but for one measure, and 1 on the diagonal.
        places = [(i, j) for i, j in places if i < j]
    of_places = {
        (i, j): moments.from_arrays(x[i], y[j], images=images)
        for i, j in places
    }
    tables = _values(of_places)
    for measure, values in tables.items():
        if not isinstance(values, str):
            table = np.ones((len(x), len(y)))
            for (i, j), value in values.items():
                table[i, j] = value
                if x is y:
                    table[j, i] = value
            tables[measure] = table
    return tables


def _stage_rows(networks, images):
    """Rows of the tests of stages, of the plain networks."""
    import acceptance

    from transfusion_tf import progress

    plain = {n: b for n, b in networks.items() if n[0] == "plain"}
    features = _features(plain, images)
    stages = next(iter(features.values()))
    names = np.repeat(np.arange(NUM_IMAGES), np.prod(POSITIONS))
    within = [(n, n) for n in features]
    # Each network with the next: two of every one are enough.
    between = list(
        zip(features, [*features][1:] + [*features][:1], strict=True)
    )
    tables = {
        pair: _stage_table(*(features[n] for n in pair), names)
        for pair in progress.over(within + between, "Stages", unit="pairs")
    }
    tests = {
        "order": (within, acceptance.in_order, 0.5),
        "found": (between, acceptance.found, 1 / len(stages)),
    }
    for measure, (test, (pairs, check, chance)) in itertools.product(
        next(iter(tables.values())), tests.items()
    ):
        of_pairs = [tables[pair][measure] for pair in pairs]
        reasons = [found for found in of_pairs if isinstance(found, str)]
        if reasons:
            yield acceptance.undefined_row(
                test, None, measure, reasons[0], len(plain)
            )
        else:
            yield acceptance.stage_row(
                test, measure, check(of_pairs), chance, len(plain)
            )


def main(argv):
    """Trains, compares, and writes the table."""
    del argv
    from transfusion_tf.process import quiet

    quiet.start_tensorflow()
    import acceptance
    import acceptance_runs

    from transfusion_tf import tables

    runs, records = acceptance_runs.train(
        FLAGS.npz, FLAGS.work_dir, seeds=FLAGS.seeds, steps=FLAGS.steps
    )
    acceptance_runs.print_aucs(runs)
    networks, images, gathered = _compared(runs, records)
    rows = list(_stage_rows(networks, images))
    for sums in gathered:
        of_pairs = {p: found.measured for p, found in sums.moments().items()}
        rows += _group_rows(sums.stage, of_pairs)
    print(tables.write(FLAGS.output, rows, columns=acceptance.COLUMNS))


if __name__ == "__main__":
    cli.run(main)
