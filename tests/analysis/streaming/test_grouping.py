"""Batches of one group: every image once, patients together."""

import numpy as np

from transfusion_tf.analysis.streaming import grouping


def grouped(
    num_images, *, size=7, num_groups=10, batch_size=16, seed=0, **names
):
    images = np.arange(num_images)[:, None]
    names = {key: np.asarray(value) for key, value in names.items()}
    batches = [
        {
            "image": images[start : start + size],
            **{k: v[start : start + size] for k, v in names.items()},
        }
        for start in range(0, num_images, size)
    ]
    return [
        (group, batch["image"][:, 0])
        for group, batch in grouping.batches(
            batches, num_groups=num_groups, batch_size=batch_size, seed=seed
        )
    ]


def groups_of(found):
    """{image: group}."""
    return {int(i): group for group, images in found for i in images}


def test_every_image_once_in_batches_of_one_group():
    found = grouped(500)
    everything = np.concatenate([images for _, images in found])
    np.testing.assert_array_equal(np.sort(everything), np.arange(500))
    assert max(len(images) for _, images in found) == 16
    sizes = np.bincount(list(groups_of(found).values()))
    # A binomial of 500 and 0.1 is within 50 +- 4 * 6.7 for ten of them.
    assert len(sizes) == 10 and sizes.min() > 23 and sizes.max() < 77


def test_a_patient_is_in_one_group():
    patients = [f"p{n % 40}" for n in range(200)]
    groups = groups_of(grouped(200, patient=patients))
    for patient in range(40):
        assert len({groups[i] for i in range(patient, 200, 40)}) == 1
    assert len(set(groups.values())) > 5


def test_images_of_unknown_patients_go_by_their_id():
    ids = [f"i{n}" for n in range(200)]
    known = groups_of(grouped(200, patient=[""] * 200, id=ids))
    assert known == groups_of(grouped(200, id=ids))
    order = np.random.default_rng(0).permutation(200)
    moved = groups_of(grouped(200, id=np.array(ids)[order]))
    assert all(moved[new] == known[old] for new, old in enumerate(order))


def test_seed_decides():
    assert groups_of(grouped(200)) == groups_of(grouped(200))
    assert groups_of(grouped(200)) != groups_of(grouped(200, seed=1))


def test_few_images_are_in_fewer_groups():
    assert set(groups_of(grouped(25)).values()) <= {0, 1, 2}
    assert set(groups_of(grouped(9)).values()) == {0}
    assert grouped(0) == []


def test_one_group_keeps_the_order():
    found = grouped(50, num_groups=1, batch_size=20)
    assert [len(images) for _, images in found] == [20, 20, 10]
    everything = np.concatenate([images for _, images in found])
    np.testing.assert_array_equal(everything, np.arange(50))
