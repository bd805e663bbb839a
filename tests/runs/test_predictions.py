"""Predictions on disk."""

import numpy as np
import pytest

from transfusion_tf.runs import predictions
from transfusion_tf.runs.predictions import Predictions

RNG = np.random.default_rng(0)
SCORES = RNG.random((5, 2), dtype=np.float32)
IDS = np.array(list("abcde"))


@pytest.mark.parametrize(
    ("labels", "patients", "columns"),
    [
        (np.array([0, 1, 1, 0, 1]), None, "label"),
        (RNG.integers(-1, 2, (5, 2)), np.array(list("ppqqr")), "label_no,"),
    ],
)
def test_every_bit_comes_back(tmp_path, labels, patients, columns):
    path = tmp_path / "test.csv"
    predictions.write(
        path, Predictions(IDS, patients, labels, SCORES), ("no", "yes")
    )
    assert columns in path.read_text().splitlines()[0]
    found, classes = predictions.read(path)
    assert classes == ("no", "yes")
    np.testing.assert_array_equal(found.scores, SCORES)
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.ids, IDS)
    if patients is None:
        assert found.patients is None
    else:
        np.testing.assert_array_equal(found.patients, patients)


def test_another_table_is_refused(tmp_path):
    path = tmp_path / "test.csv"
    path.write_text("id,age\n1,2\n")
    with pytest.raises(
        ValueError, match="has the columns id, age; predictions"
    ):
        predictions.read(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "id,patient,label,score_a\ni,,0\n",
        "id,patient,label,score_a\ni,,x,0.5\n",
        "id,patient,label,score_a\ni,,0,0.5.5\n",
        'id,patient,label,score_a\n"i,,0,0.5\n',
    ],
)
def test_damage_is_named(tmp_path, text):
    path = tmp_path / "test.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match="test.csv holds no predictions: "):
        predictions.read(path)
