"""The sample of datapoints is of the networks' own activations."""

import numpy as np
import pytest

from tests.linear_networks import SIZE, activations, batches, network, pixels
from transfusion_tf.analysis import moments, neighbors
from transfusion_tf.analysis.streaming import plan

A, B = network(1), network(2)


def stages_of(images, **options):
    """[StageSums] of two networks; two images a patient."""
    columns = {
        "id": np.array([f"i{n}" for n in range(len(images))]),
        "patient": np.array([f"p{n // 2}" for n in range(len(images))]),
    }
    return list(
        moments.gather(
            {"a": A, "b": B},
            lambda: batches(images, 7, **columns),
            options=plan.GatherOptions(neighbors=True, **options),
            batch_size=16,
            num_images=len(images),
        )
    )


def samples(sums):
    found = sums.moments()["a", "b"]
    return found.measured.sample, found.layout.sample, found.chance.sample


def places(rows, maps):
    """(num_rows, 3) image, line and column at which each row is in `maps`."""
    flat = maps.reshape(-1, maps.shape[-1])
    distances = np.abs(rows[:, None] - flat).max(axis=2)
    assert distances.min(axis=1).max() < 1e-4
    return np.stack(
        np.unravel_index(distances.argmin(axis=1), maps.shape[:3]), axis=1
    )


def test_both_networks_are_taken_at_the_same_position_of_the_same_image():
    images = pixels(40)
    at = []
    for index, sums in enumerate(stages_of(images)):
        measured, layout, chance = samples(sums)
        x, y = (activations(n, images)[index] for n in (A, B))
        place = places(measured.x, x)
        np.testing.assert_array_equal(places(measured.y, y), place)
        assert sorted(place[:, 0]) == list(range(40))
        for floor, same_position in ((layout, True), (chance, False)):
            here, there = places(floor.x, x), places(floor.y, y)
            assert (here[:, 0] // 2 != there[:, 0] // 2).all()
            equal = (here[:, 1:] == there[:, 1:]).all(axis=1)
            assert equal.all() if same_position else equal.mean() < 0.5
        patients = place[:, 0] // 2
        assert (
            (measured.patients[:, None] == measured.patients)
            == (patients[:, None] == patients)
        ).all()
        at.append(place)
    # Of all stages of one image; both have the same size here.
    np.testing.assert_array_equal(*at)


def test_pooled_ones_are_means():
    images = pixels(40)
    sums, _ = stages_of(images, datapoints="pooled")
    measured = samples(sums)[0]
    means = activations(A, images)[0].mean(axis=(1, 2), keepdims=True)
    assert sorted(places(measured.x, means)[:, 0]) == list(range(40))


def test_groups_are_those_of_the_sums():
    sums, _ = stages_of(pixels(100))
    counts = sums.images_of_groups
    for group in range(sums.num_groups):
        one = sums.moments([group])["a", "b"].measured
        assert len(one.sample.x) == one.num_images == counts[group]


def test_the_sample_is_bounded_and_seeded(monkeypatch):
    monkeypatch.setattr(neighbors, "MAX_IMAGES", 20)
    images = pixels(60)

    def taken(seed):
        sums, _ = stages_of(images, num_groups=1, seed=seed)
        place = places(samples(sums)[0].x, activations(A, images)[0])
        return set(place[:, 0])

    assert len(taken(0)) == 20
    assert taken(0) == taken(0) != taken(1)
    # As many as all groups need are always there.
    sums, _ = stages_of(images, num_groups=5)
    assert len(samples(sums)[0].x) == 40


@pytest.mark.parametrize("how", [{"channels": 2}, {"max_points": SIZE**2}])
def test_draws_have_no_sample(how):
    sums, _ = stages_of(pixels(40), **how)
    assert sums.moments([0])["a", "b"].measured.sample is None


def test_images_without_names_are_all_different():
    images = pixels(40)
    (sums, _) = moments.gather(
        {"a": A, "b": B},
        lambda: batches(images, 7),
        options=plan.GatherOptions(neighbors=True, floors=False),
        num_images=40,
    )
    found = sums.moments()["a", "b"]
    assert len(set(found.measured.sample.patients)) == 40
    assert found.layout is None


def test_how_many_images_must_be_known():
    with pytest.raises(ValueError, match="needs `num_images`"):
        moments.gather(
            {"a": A, "b": B},
            lambda: batches(pixels(), 4),
            options=plan.GatherOptions(neighbors=True),
        )
