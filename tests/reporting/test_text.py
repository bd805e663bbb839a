"""Lines for the terminal."""

import numpy as np

from transfusion_tf.metrics import summary
from transfusion_tf.reporting import text


def lines(num_positive):
    labels = np.repeat([1, 0], [num_positive, 20])
    chance = np.random.default_rng(0).uniform(0.1, 0.6, len(labels))
    scores = np.stack([1 - chance, chance], axis=1)
    numbers = summary.summarize("multiclass", "ab", labels, scores)
    return text.split_summary("test", numbers).splitlines()


def test_an_auc_of_few_positives_says_so():
    few, many = lines(3), lines(5)
    assert "(only 3 positive images: below 5 the interval may" in few[0]
    assert "only" not in many[0]
    assert few[0].startswith("test: AUC 0.") and few[0].endswith("23 images)")


def test_an_accuracy_stands_beside_that_of_the_most_frequent_answer():
    assert "always the most frequent answer: 0.8000" in lines(5)[-1]
