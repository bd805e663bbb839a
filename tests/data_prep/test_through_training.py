"""Every source, from its raw layout to a test result, by the binaries alone.

A source is looped over because it is in sources.NAMES and has its small tree
in test_sources.SETUPS; a tree that is too small to be trained on has a larger
one in LARGER. Each binary is started once and does all sources one after the
other: started for each anew, they would take twice as long.
"""

import csv
import json

import numpy as np
import pytest

from data_prep import sources
from tests.data_prep import trees_transfusion
from tests.data_prep.sources.test_sources import SETUPS
from tests.data_prep.trees import SPLITS, make_npz
from transfusion_tf.data import records
from transfusion_tf.runs.directory import RunDir

SIZE = 32
TRAINING = (
    "--model=cbr_tiny",
    "--steps=20",
    "--eval_every=20",
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
def passed(binary, tmp_path_factory):
    """Takes all sources through the binaries.

    Returns:
      {source: (its folder with `records`, `run` and `evaluation`, a list of
      exit status and stderr of each binary)}.
    """
    folders = {source: tmp_path_factory.mktemp(source) for source in SETUPS}
    convert, train, evaluate = [], [], []
    for source, folder in folders.items():
        options = LARGER.get(source, SETUPS[source])(folder)
        output_dir, run_dir = folder / "records", f"--run_dir={folder / 'run'}"
        convert.append(
            [
                f"--source={source}",
                *flags_of({**options, "image_size": SIZE}),
                f"--output_dir={output_dir}",
            ]
        )
        train.append([f"--dataset={output_dir}", run_dir, *TRAINING])
        evaluate.append([run_dir, f"--output_dir={folder / 'evaluation'}"])
    ended = [
        run_all(binary, tmp_path_factory, module, lists)
        for module, lists in (
            ("data_prep.make_tfrecords", convert),
            ("run_scripts.train", train),
            ("run_scripts.evaluate", evaluate),
        )
    ]
    return dict(
        zip(
            folders,
            zip(folders.values(), zip(*ended, strict=True), strict=True),
            strict=True,
        )
    )


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


@pytest.mark.parametrize("source", sources.NAMES)
def test_from_raw_data_to_a_result(source, passed):
    folder, ended = passed[source]
    for code, errors in ended:
        assert code == 0, errors
    card = records.open_records(folder / "records", verify=True).card
    metrics = json.loads(RunDir(folder / "run").metrics.read_text())
    assert np.isfinite(metrics["test"]["loss"])
    with open(folder / "evaluation" / "predictions.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == card.num_examples["test"] > 0
    scores = [key for key in rows[0] if key.startswith("score_")]
    assert scores == [f"score_{name}" for name in card.classes]
