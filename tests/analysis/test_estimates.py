"""Measures with floors and intervals, on simulated stages."""

import re

import numpy as np
import pytest

from transfusion_tf.analysis import estimates, moments, similarity
from transfusion_tf.analysis.streaming import plan
from transfusion_tf.models import stages

SIDE = 5
CHANNELS = 4


class Reader:
    """A backbone of one stage that hands on some channels of its images."""

    stage_names = ("conv1",)

    def __init__(self, channels):
        self._channels = channels

    def stage(self, name):
        del name
        shape = (None, SIDE, SIDE, CHANNELS)
        return stages.Stage("conv1", (), np.empty((1, *shape[1:])))

    def feature_extractor(self):
        return lambda images, training: [images[..., self._channels]]


NETWORKS = {
    "x": Reader(slice(0, CHANNELS)),
    "y": Reader(slice(CHANNELS, 2 * CHANNELS)),
}


def simulated(
    num_images, seed, *, within=3.0, shared=0.0, position=0.0, patients=1
):
    """Images whose first channels are x and whose others are y.

    Args:
      within: how strongly positions of an image (and images of a patient) are
        alike.
      shared: how much of x is in y.
      position: how much all images have in common at a position.
    """
    rng = np.random.default_rng(seed)
    size = (num_images, SIDE, SIDE, CHANNELS)
    sides = []
    for _ in range(2):
        groups = rng.normal(size=(-(-num_images // patients), 1, 1, CHANNELS))
        common = np.repeat(groups, patients, axis=0)[:num_images]
        sides.append(rng.normal(size=size) + within * common)
    sides[1] += shared * sides[0]
    frame = position * rng.normal(size=(SIDE, SIDE, 1))
    return (np.concatenate(sides, axis=3) + frame).astype(np.float32)


def estimate(images, measure="cca", **options):
    return measured(images, [measure], **options)[measure]


def measured(images, measures, *, patients=1, **options):
    """{measure: Estimate}, of one pass over the images."""
    names = np.array([f"p{n // patients}" for n in range(len(images))])
    (sums,) = moments.gather(
        NETWORKS,
        lambda: [{"image": images, "patient": names}],
        options=plan.GatherOptions(**options),
        batch_size=max(100, len(images) // 20),
        num_images=len(images),
    )
    measures = {name: similarity.MEASURES[name] for name in measures}
    return estimates.of_stage(sums, measures)["x", "y"]


@pytest.mark.parametrize(
    "num_images, patients, within",
    [(100, 1, 3.0), (100, 1, 0.0), (1_000, 2, 30.0), (4_000, 1, 3.0)],
)
def test_independent_ones_are_at_the_chance_floor(num_images, patients, within):
    """In standard errors the excess is about t of 9 degrees of freedom.

    There are ten groups. The variance of t is 9 / 7, and the mean over the
    seeds is normal enough for four of its standard errors.
    """
    scores = []
    for seed in range(8):
        images = simulated(num_images, seed, patients=patients, within=within)
        found = estimate(images, patients=patients)
        error = found.intervals["excess"].standard_error
        scores.append(found.values["excess"] / error)
        assert error < 0.2
    assert abs(np.mean(scores)) <= 4 * np.sqrt(9 / 7 / len(scores))
    assert np.max(np.abs(scores)) <= 6


def test_what_positions_share_raises_layout_alone():
    found = estimate(simulated(300, 0, within=1.0, position=3.0))
    assert found.intervals["layout"].low > found.values["chance"] + 0.1
    assert found.values["chance"] < 0.1


@pytest.mark.parametrize("measure", similarity.MEASURES)
def test_related_ones_lie_above_both_floors(measure):
    images = simulated(300, 0, within=1.0, shared=1.0)
    found = estimate(images, measure, debiased=True, neighbors=True)
    floors = max(found.values["chance"], found.values["layout"])
    # Neighbours are seldom the same where half of the variance is noise.
    margin = 0.02 if measure == "mutual_knn" else 0.1
    assert found.intervals["measured"].low > floors + margin
    assert found.intervals["excess"].low > 0
    assert found.values["excess"] == pytest.approx(
        found.values["measured"] - found.values["chance"]
    )


def test_debiased_cka_of_independent_ones_is_about_zero():
    by_seed = [
        measured(
            simulated(100, seed),
            ["cka", "cka_plain"],
            floors=False,
            debiased=True,
        )
        for seed in range(10)
    ]
    found, plain = (
        [of[measure].values["measured"] for of in by_seed]
        for measure in ("cka", "cka_plain")
    )
    assert abs(np.mean(found)) < 3 * np.std(found, ddof=1) / np.sqrt(10)
    assert np.mean(plain) > np.mean(found) + 0.03


def test_the_standard_error_is_about_the_spread_over_samples():
    """Of 16 samples the spread is known to 18%, sqrt(1 / 2 / 15)."""
    found = [
        estimate(simulated(300, seed, within=1.0, shared=1.0), floors=False)
        for seed in range(16)
    ]
    spread = np.std([f.values["measured"] for f in found], ddof=1)
    error = np.median([f.intervals["measured"].standard_error for f in found])
    assert 0.6 * spread < error < 1.7 * spread


def test_intervals_stay_in_the_range_of_their_measure():
    names = list(similarity.RANGES)
    images = simulated(32, 0, shared=4.0)
    found = measured(images, names, debiased=True, neighbors=True)
    plain_leaves = 0
    for name, estimate in found.items():
        for of, interval in estimate.intervals.items():
            low, high = similarity.RANGES[name]
            if of == "excess":
                low, high = low - high, high - low
            assert low <= interval.low <= estimate.values[of] <= interval.high
            assert interval.high <= high
            # Student's t of three degrees of freedom: four groups.
            reach = 3.18 * interval.standard_error
            value = estimate.values[of]
            plain_leaves += value - reach < low or value + reach > high
    assert plain_leaves > 3


def test_patients_widen_the_interval():
    images = simulated(400, 0, within=3.0, shared=0.3, patients=20)
    by_patient = estimate(images, patients=20).intervals["measured"]
    by_image = estimate(images, patients=1).intervals["measured"]
    assert by_patient.standard_error > 1.3 * by_image.standard_error


def test_without_floors_there_is_no_excess():
    found = estimate(simulated(100, 0), floors=False)
    assert found.values["chance"] is found.values["excess"] is None
    assert found.intervals["excess"] is None
    assert found.intervals["measured"] is not None


def test_too_few_datapoints_give_the_reason():
    images = simulated(100, 0)[:3]
    found = estimate(images, datapoints="pooled")
    assert found.values["measured"] is None and found.result is None
    # Of three images two directions are more than rounding.
    assert re.search("at least 1[05] datapoints", found.reason)


def test_draws_are_averaged_and_their_range_is_no_interval():
    images = simulated(200, 0, shared=1.0)
    found = estimate(images, max_points=500, channels=2, repeats=5)
    assert found.moments.num_images == 20
    whole = estimate(images).values["measured"]
    of_draws = [draw["measured"] for draw in found.draws]
    assert len(of_draws) == 5
    assert found.values["measured"] == pytest.approx(np.mean(of_draws))
    assert found.intervals["measured"] == (min(of_draws), max(of_draws))
    assert not hasattr(found.intervals["measured"], "standard_error")
    assert found.values["measured"] == pytest.approx(whole, abs=0.2)
    assert found.values["layout"] < 0.7 * found.values["measured"]


def test_equal_draws_have_a_range_of_nothing_and_one_draw_has_none():
    images = simulated(50, 0, shared=1.0)
    everything = 50 * SIDE**2  # Every draw is of all images.
    found = estimate(images, max_points=everything, repeats=5)
    low, high = found.intervals["measured"]
    assert low == pytest.approx(high, abs=1e-6)  # The order of sums differs.
    assert low <= found.values["measured"] <= high
    assert estimate(images, max_points=500).intervals["measured"] is None
