"""The AUC of training images, beside that of val."""

import numpy as np
import pytest
from scipy import stats

from tests import short_trainings
from transfusion_tf import experiment, tables
from transfusion_tf.runs import predictions, record
from transfusion_tf.training import setup


@pytest.fixture(scope="module")
def run(tiny_dataset, tmp_path_factory):
    """A run of three steps that scores forty training images."""
    train = short_trainings.starter(tiny_dataset, tmp_path_factory.mktemp("r"))
    return train(train_auc=40, train_size=100, eval_every=3, ema_momentum=0.5)


def test_it_is_that_of_predictions_of_the_same_images(run, tmp_path):
    prepared = setup.RunSetup.prepare(record.read_config(run))
    assert prepared.scored_ids < prepared.keep_ids
    experiment.evaluate(
        run.root, prepared.records, "train", output_dir=tmp_path
    )
    found, _ = predictions.read(tmp_path / "predictions.csv")
    is_scored = np.isin(found.ids, list(prepared.scored_ids))
    assert is_scored.sum() == 40
    labels, scores = found.labels[is_scored], found.scores[is_scored, 1]
    positive, negative = scores[labels == 1], scores[labels == 0]
    larger = stats.mannwhitneyu(positive, negative).statistic
    history = tables.read(run.history)
    assert float(history["train_auc"].iloc[-1]) == pytest.approx(
        larger / (len(positive) * len(negative))
    )


def test_nothing_else_changes(run, tiny_dataset, tmp_path):
    train = short_trainings.starter(tiny_dataset, tmp_path)
    plain = train(train_size=100, eval_every=3, ema_momentum=0.5)
    assert plain.weights(3).read_bytes() == run.weights(3).read_bytes()
    one, other = tables.read(plain.history), tables.read(run.history)
    assert set(other) - set(one) == {"train_auc"}
    assert list(one["val_loss"]) == list(other["val_loss"])


def test_more_images_than_there_are_is_refused(tiny_dataset, tmp_path):
    train = short_trainings.starter(tiny_dataset, tmp_path)
    line = "--train_auc=101: 100 training images are in use; give 2 to 100"
    with pytest.raises(ValueError, match=line):
        train(train_auc=101, train_size=100)
