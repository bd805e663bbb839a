"""Points of a line: how far their loss and AUC are off the straight line."""

import numpy as np
import pytest
from scipy import stats

from tests.analysis.interventions import small_networks
from transfusion_tf.analysis.interventions import lines

LABELS = np.array([0, 0, 0, 1, 1, 1])


def line(scores, losses, labels=LABELS):
    """A Line of three points of one score an image."""
    scores = np.asarray(scores, float)
    return lines.Line(
        (0.0, 0.25, 1.0),
        labels,
        None,
        np.stack([1 - scores, scores], axis=-1),
        np.asarray(losses, float),
        small_networks.subject(),
    )


SCORES = [
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],  # AUC 1.
    [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],  # AUC 1/2.
    [0.1, 0.2, 0.6, 0.3, 0.4, 0.5],  # AUC 6/9.
]
LOSSES = [[1.0] * 6, [3, 4, 5, 3, 4, 5], [2.0] * 6]


def test_what_is_lost_is_counted_from_the_line_between_the_ends():
    start, middle, end = line(SCORES, LOSSES).points()
    assert [start["auc"], middle["auc"], end["auc"]] == [1, 0.5, 6 / 9]
    np.testing.assert_allclose(
        middle["auc_lost"], 0.75 * 1 + 0.25 * 6 / 9 - 0.5
    )
    np.testing.assert_allclose(middle["excess_loss"], 4 - 1.25)
    for point in (start, end):
        assert point["auc_lost"] == point["excess_loss"] == 0
        assert not np.signbit(point["auc_lost"])  # -0.0 would read as a gain.
    assert middle["auc_low"] < middle["auc_lost"] < middle["auc_high"]


def test_the_interval_of_a_mean_is_students():
    values = np.array([3.0, 4.0, 5.0, 3.0, 4.0, 7.0])
    found = lines.mean_interval(values, np.arange(6))
    expected = stats.t.interval(
        0.95, 5, loc=values.mean(), scale=stats.sem(values)
    )
    np.testing.assert_allclose([found.low, found.high], expected)


def test_images_of_one_patient_count_as_one():
    values = np.repeat([3.0, 4.0, 7.0], 2)
    found = lines.mean_interval(values, np.repeat([0, 1, 2], 2))
    expected = stats.t.interval(0.95, 2, 14 / 3, stats.sem([3.0, 4.0, 7.0]))
    np.testing.assert_allclose([found.low, found.high], expected)
    assert lines.mean_interval(values, np.zeros(6, int)) is None


def test_without_positives_there_is_a_loss_and_no_auc():
    point, *_ = line(SCORES, LOSSES, np.zeros(6, int)).points()
    assert point["auc"] is point["auc_lost"] is None
    assert point["loss"] == 1.0


@pytest.mark.parametrize("place", [0, 1, 2])
def test_intervals_are_around_what_they_are_of(place):
    point = line(SCORES, LOSSES).points()[place]
    assert point["excess_low"] <= point["excess_loss"] <= point["excess_high"]
