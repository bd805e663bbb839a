"""Partners for the null floors: another image, of another patient."""

import numpy as np
import pytest

from transfusion_tf.analysis.streaming import pairing


def pair(num_images, patients=None, seed=0):
    rng = np.random.default_rng(seed)
    return pairing.pair_images(num_images, patients=patients, rng=rng)


def partners(found):
    """[(image, its partner)] of both floors, as places in the batch."""
    for floor in (found.layout, found.chance):
        yield from zip(found.order, found.order[floor], strict=False)


@pytest.mark.parametrize("num_images", [2, 3, 8, 33])
def test_every_image_meets_another_one(num_images):
    for seed in range(20):
        found = pair(num_images, seed=seed)
        assert found.num_paired == num_images
        assert sorted(found.order) == list(range(num_images))
        assert sorted(found.layout) == sorted(found.chance)
        assert all(image != other for image, other in partners(found))
        assert 0 <= found.offsets.min() and found.offsets.max() < 1


@pytest.mark.parametrize("patients", ["aabbccdd", "abab", "aaabbc", "abcdef"])
def test_no_image_meets_its_own_patient(patients):
    patients = np.array(list(patients))
    for seed in range(50):
        found = pair(len(patients), patients, seed)
        assert found.num_paired == len(patients)
        assert all(patients[i] != patients[j] for i, j in partners(found))


def test_patient_with_most_of_the_batch_is_paired_as_far_as_possible():
    patients = np.array(list("aabaaaca"))
    for seed in range(20):
        found = pair(8, patients, seed)
        assert found.num_paired == 4
        assert sorted(found.order) == list(range(8))
        assert set(patients[found.order[4:]]) == {"a"}
        assert all(patients[i] != patients[j] for i, j in partners(found))


@pytest.mark.parametrize("patients", [["a"], ["a", "a", "a"]])
def test_nobody_to_meet(patients):
    found = pair(len(patients), np.array(patients))
    assert found.num_paired == 0
    assert found.offsets.shape == (0, 2)
    assert len(found.order) == len(patients)


def test_unknown_patients_are_different_ones():
    assert pair(5, np.array([""] * 5)).num_paired == 5
    assert pair(1).num_paired == 0


def test_seed_decides():
    assert np.array_equal(pair(30).order, pair(30).order)
    assert not np.array_equal(pair(30).order, pair(30, seed=1).order)
