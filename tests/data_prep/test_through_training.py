"""Every source, from its raw layout to a test result.

A source is looped over because it is in sources.NAMES and has its small tree
in test_sources.SETUPS; a tree that is too small to be trained on has a larger
one in LARGER. Each binary is started once and does its sources one after the
other: started for each anew, they would take twice as long.

Steps and scores of a network depend on the task and the number of classes
alone, so that the binaries train on one source of each such kind; test_train.py
does so on two classes. All else that a training does with records is done with
those of every source.
"""

import csv
import json

import numpy as np
import pytest

from data_prep import sources
from tests.data_prep import trees_transfusion
from tests.data_prep.sources.test_sources import SETUPS
from tests.data_prep.trees import SPLITS, make_npz
from transfusion_tf.config.run import RunConfig
from transfusion_tf.data import records
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.training import evaluation, results, scoring, setup

SIZE = 32
# A kind of records is the task, and whether there are two classes.
TWO_CLASSES = ("multiclass", True)
# One source of each other kind.
TRAINED = {
    ("multiclass", False): "isic2018",
    ("multilabel", False): "chexpert",
    ("ordinal", False): "aptos",
}
TRAINING = (
    "--model=cbr_tiny",
    "--steps=2",
    "--eval_every=2",
    # One image a step: the least that shows that training goes on.
    "--batch_size=1",
    "--optimizer=sgd",
    "--learning_rate=1e-4",
    "--snapshots=0",
)


def different_images(folder):
    """An .npz in which no image of training is one of another split."""
    rng = np.random.default_rng(0)
    images = {
        f"{split}_images": rng.integers(0, 256, (number, 4, 4), np.uint8)
        for split, number in SPLITS.items()
    }
    return make_npz(folder, **images)


def more_of_aptos(folder):
    """Enough photographs for splits to be drawn."""
    rows = [(f"{i:012x}", i % 5) for i in range(12)]
    return {"input": trees_transfusion.make_aptos(folder / "raw", rows)}


def more_of_messidor2(folder):
    """Two pairs and eight single eyes, enough for splits to be drawn."""
    names_ = [f"IM{i:06d}.jpg" for i in range(12)]
    rows = [(name, str(i % 5), "0", "1") for i, name in enumerate(names_)]
    pairs = [names_[:2], names_[2:4]]
    root = trees_transfusion.make_messidor2(folder / "raw", rows, pairs)
    return {"input": root}


LARGER = {
    "npz": different_images,
    "aptos": more_of_aptos,
    "messidor2": more_of_messidor2,
}


def flags_of(options):
    """Flags of the options of a source."""
    texts = {
        key: ",".join(value) if isinstance(value, list | tuple) else value
        for key, value in options.items()
    }
    return [f"--{key}={text}" for key, text in texts.items()]


@pytest.fixture(scope="module")
def converted(binary, tmp_path_factory):
    """{source: (its folder with `records`, exit status, stderr)}."""
    folders = {source: tmp_path_factory.mktemp(source) for source in SETUPS}
    lists = []
    for source, folder in folders.items():
        options = LARGER.get(source, SETUPS[source])(folder)
        lists.append(
            [
                f"--source={source}",
                *flags_of({**options, "image_size": SIZE}),
                f"--output_dir={folder / 'records'}",
            ]
        )
    module = "data_prep.make_tfrecords"
    ended = run_all(binary, tmp_path_factory, module, lists)
    return {
        source: (folders[source], *end)
        for source, end in zip(folders, ended, strict=True)
    }


@pytest.fixture(scope="module")
def trained(converted, binary, tmp_path_factory):
    """{source of TRAINED: [(exit status, stderr) of train and evaluate]}."""
    train, evaluate = [], []
    for source in TRAINED.values():
        folder = converted[source][0]
        run_dir = f"--run_dir={folder / 'run'}"
        train.append([f"--dataset={folder / 'records'}", run_dir, *TRAINING])
        evaluate.append([run_dir, f"--output_dir={folder / 'evaluation'}"])
    ended = [
        run_all(binary, tmp_path_factory, f"run_scripts.{module}", lists)
        for module, lists in (("train", train), ("evaluate", evaluate))
    ]
    return dict(zip(TRAINED.values(), zip(*ended, strict=True), strict=True))


def run_all(binary, tmp_path_factory, module, lists):
    """Runs a binary with each of the `lists` of flags."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "requests").write_text(json.dumps(lists))
    places = folder / "requests", folder / "replies"
    done = binary("tests/many_runs.py", module, *places)
    assert done.returncode == 0, done.stderr
    return json.loads(places[1].read_text())


def test_larger_trees_are_of_sources():
    assert LARGER.keys() <= SETUPS.keys()


class Undecided(evaluation.Predictor):
    """Finds all classes of an image equally likely."""

    def logits(self, images):
        return np.zeros((len(images), *self.outputs), np.float32)


@pytest.mark.parametrize("source", sources.NAMES)
def test_records_can_be_trained_on(source, converted, tmp_path):
    folder, code, errors = converted[source]
    assert code == 0, errors
    job = setup.RunSetup.prepare(
        RunConfig.from_flags_dict(
            {
                "dataset": str(folder / "records"),
                "model": "cbr_tiny",
                "steps": 2,
                "batch_size": 4,
            }
        )
    )
    card = job.records.card
    assert (card.task, len(card.classes) == 2) in {TWO_CLASSES, *TRAINED}
    batch = next(iter(job.training_batches(0)))
    assert batch["image"].shape == (4, SIZE, SIZE, 3)
    predictor = Undecided(job.strategy, None, card.task, batch_size=4)
    predictor.outputs = [len(card.classes)]
    for split in results.SPLITS:
        path = tmp_path / f"{split}.csv"
        numbers = scoring.score(
            predictor, job.records, split, config=job.config, path=path
        )
        assert numbers["loss"] > 0
        check_table(path, card, split)


@pytest.mark.parametrize("kind", TRAINED)
def test_from_raw_data_to_a_result(kind, converted, trained):
    source = TRAINED[kind]
    for code, errors in trained[source]:
        assert code == 0, errors
    folder, *_ = converted[source]
    card = records.open_records(folder / "records", verify=True).card
    assert (card.task, len(card.classes) == 2) == kind
    metrics = json.loads(RunDir(folder / "run").metrics.read_text())
    assert np.isfinite(metrics["test"]["loss"])
    check_table(folder / "evaluation" / "predictions.csv", card, "test")


def check_table(path, card, split):
    """Asserts that predictions are of all images and all classes."""
    with open(path) as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == card.num_examples[split] > 0
    scores = [key for key in rows[0] if key.startswith("score_")]
    assert scores == [f"score_{name}" for name in card.classes]
