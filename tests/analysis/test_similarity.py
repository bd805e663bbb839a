"""Measures against hand-made values, invariances and golden values."""

import json

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial

from tests.analysis.arrays import normal, related
from transfusion_tf import names
from transfusion_tf.analysis import moments, similarity

GOLDEN = [
    "shared_subspace",
    "partly_related",
    "rotated",
    "independent",
    "relu_activations",
]


def cca(x, y):
    return similarity.cca(moments.from_arrays(x, y))


def svcca(x, y, **how):
    return similarity.svcca(moments.from_arrays(x, y), **how)


def by_qr(x, y):
    """A second algorithm: the angles between the column spaces."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    return np.sort(np.cos(scipy.linalg.subspace_angles(x, y)))[::-1]


def test_by_hand():
    # Centred and orthogonal columns; y mixes x's first with a third of x's
    # norm: correlation 3 / sqrt(9 + 16) = 0.6. Its second column is x's second.
    a, b, c = scipy.linalg.hadamard(8).T[1:4].astype(float)
    x = np.stack([a, b], axis=1)
    y = np.stack([3 * a + 4 * c, 5 * b + 7], axis=1)
    found = cca(np.tile(x, (2, 1)), np.tile(y, (2, 1)))
    np.testing.assert_allclose(found.coefficients, [1.0, 0.6], atol=1e-12)
    assert found.mean == pytest.approx(0.8)


def test_agrees_with_angles_between_subspaces():
    x, y = related()
    np.testing.assert_allclose(cca(x, y).coefficients, by_qr(x, y), atol=1e-9)


def test_rotation_gives_ones_but_noise_does_not():
    x = normal(500, 5)
    rotation, _ = np.linalg.qr(normal(5, 5, seed=1))
    moved = 3.0 * x @ rotation + 100.0
    np.testing.assert_allclose(cca(x, moved).coefficients, 1.0, atol=1e-9)
    np.testing.assert_allclose(svcca(x, moved).coefficients, 1.0, atol=1e-9)
    assert cca(x, normal(500, 5, seed=2)).coefficients.max() < 0.3


def test_invertible_maps_change_nothing():
    x, y = related()
    mapped = cca(x @ normal(6, 6, seed=3), y * [100, 1, 0.1, 1] - 50.0)
    np.testing.assert_allclose(
        mapped.coefficients, cca(x, y).coefficients, atol=1e-8
    )


EVERY = pytest.mark.parametrize("measure", similarity.MEASURES.values())
SYMMETRIC = [m for name, m in similarity.MEASURES.items() if name != "pwcca"]


@pytest.mark.parametrize("measure", SYMMETRIC)
def test_symmetric(measure):
    x, y = related()
    one = measure(moments.from_arrays(x, y))
    other = measure(moments.from_arrays(y, x))
    assert one.value == pytest.approx(other.value, abs=1e-12)
    assert (one.kept_x, one.kept_y) == (other.kept_y, other.kept_x)


@EVERY
def test_order_of_datapoints_does_not_matter(measure):
    x, y = related()
    y += 2 * x[:, :4]
    order = np.random.default_rng(5).permutation(len(x))
    one = measure(moments.from_arrays(x, y)).value
    # Halves and samples are of names, which go with their datapoints.
    moved = moments.from_arrays(x[order], y[order], images=order)
    assert measure(moved).value == pytest.approx(one, abs=1e-12)
    apart = measure(moments.from_arrays(x[order], y)).value
    assert apart < min(one - 0.1, 0.3 * one)


def test_dead_and_duplicated_neurons_are_dropped_and_counted():
    x, y = related()
    dead = np.column_stack([x, np.zeros(500), np.full(500, 0.1), x[:, 0]])
    found = cca(dead, y)
    assert (found.kept_x, found.dropped_x) == (6, 3)
    assert (found.kept_y, found.dropped_y) == (4, 0)
    np.testing.assert_allclose(
        found.coefficients, cca(x, y).coefficients, atol=1e-9
    )


@EVERY
def test_equal_up_to_rotation_scale_and_shift_is_one(measure):
    x = normal(500, 5) @ normal(5, 5, seed=3)
    rotation, _ = np.linalg.qr(normal(5, 5, seed=1))
    moved = 3.0 * x @ rotation + 100.0
    one = measure(moments.from_arrays(x, moved)).value
    assert one == pytest.approx(1.0, abs=1e-6)
    other = measure(moments.from_arrays(x, normal(500, 5, seed=2))).value
    assert other < 0.3


@EVERY
def test_constant_side_is_undefined(measure):
    found = measure(moments.from_arrays(np.full((50, 3), 0.1), normal(50, 2)))
    assert np.isnan(found.value)


@pytest.mark.parametrize("measure", [similarity.cca, similarity.svcca])
def test_constant_side_has_no_coefficients(measure):
    found = measure(moments.from_arrays(np.full((50, 3), 0.1), normal(50, 2)))
    assert found.kept_x == 0
    assert found.coefficients.shape == (0,)
    assert np.isnan(found.mean)


def test_tolerance_decides_what_is_dropped():
    x, y = related()
    x[:, 5] = x[:, 4] + 1e-3 * x[:, 5]  # Nearly a copy.
    m = moments.from_arrays(x, y)
    assert similarity.cca(m).dropped_x == 0
    coarse = similarity.cca(m, tolerance=1e-4)
    assert (coarse.dropped_x, coarse.tolerance) == (1, 1e-4)


@pytest.mark.parametrize("scale", [1e-60, 1e-9, 1e9, 1e60])
@pytest.mark.parametrize("constant", [None, 0.0, 3.0])
def test_the_scale_of_a_neuron_changes_no_correlation(scale, constant):
    x, y = related()
    if constant is not None:
        x = np.column_stack([x, np.full(len(x), constant)])
    expected = by_qr(x[:, :6], y)
    x[:, 1] *= scale
    y[:, 2] /= scale
    m = moments.from_arrays(x, y)
    for measure in (similarity.cca, similarity.pwcca):
        found = measure(m)
        np.testing.assert_allclose(found.coefficients, expected, atol=1e-9)
        assert (found.kept_x, found.kept_y) == (6, 4)
        assert found.dropped_x == (constant is not None)


def test_a_large_neuron_takes_all_weight_of_pwcca():
    """It weighs by what x holds, as large as that is."""
    x, y = related()
    x[:, 1] *= 1e9
    found = similarity.pwcca(moments.from_arrays(x, y))
    bases = [
        np.linalg.qr(a / a.std(axis=0) - (a / a.std(axis=0)).mean(axis=0))[0]
        for a in (x, y)
    ]
    variables = bases[0] @ np.linalg.svd(bases[0].T @ bases[1])[0][:, :4]
    weights = np.abs(variables.T @ (x[:, 1] - x[:, 1].mean()))
    np.testing.assert_allclose(
        found.weights, weights / weights.sum(), atol=1e-6
    )


def test_svcca_still_looks_at_variance():
    """It is defined by the leading directions of neurons as they are."""
    x, y = related()
    x[:, 5] *= 1e9
    found = svcca(x, y)
    assert (found.kept_x, found.kept_y) == (1, 4)


def test_values_that_cannot_be_squared_are_refused():
    x, y = related()
    x[:, 1] *= 1e200
    with pytest.raises(ValueError, match="`x` .* too large to be multiplied"):
        moments.from_arrays(x, y)


def test_cca_says_how_many_datapoints_it_needs():
    with pytest.raises(
        similarity.TooFewDatapoints, match="at least 30 .*Received: 29"
    ):
        cca(*related(29))
    assert cca(*related(30)).kept_x == 6


def test_svcca_is_given_at_any_size():
    assert len(svcca(normal(4, 50), normal(4, 60, seed=1)).coefficients) == 3


def test_svcca_is_cca_of_the_leading_directions():
    x, y = related()
    x, y = x * [9, 8, 7, 0.1, 0.2, 0.3], y * [5, 4, 0.1, 0.2]

    def leading(array, count):
        array = array - array.mean(axis=0)
        return array @ np.linalg.svd(array)[2][:count].T

    expected = by_qr(leading(x, 2), leading(y, 2))
    found = svcca(x, y, directions=2)
    np.testing.assert_allclose(found.coefficients, expected, atol=1e-9)
    assert (found.kept_x, found.dropped_x, found.dropped_y) == (2, 4, 2)


def test_svcca_keeps_twenty_directions_unless_told_otherwise():
    assert svcca(normal(300, 30), normal(300, 25, seed=1)).kept_x == 20
    assert svcca(normal(300, 8), normal(300, 25, seed=1)).kept_x == 8


def test_svcca_by_explained_variance():
    # Variances 16 : 4 : 1 : 1 by construction; shares 16/22, 20/22, 21/22, 1.
    x = scipy.linalg.hadamard(8)[:, 1:5] * np.array([4.0, 2.0, 1.0, 1.0])
    kept = [svcca(x, x, variance=v).kept_x for v in (0.5, 0.8, 0.92, 0.99, 1.0)]
    assert kept == [1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    "how, message",
    [
        ({"directions": 3, "variance": 0.9}, "not both"),
        ({"directions": 0}, "at least 1"),
        ({"variance": 0.0}, r"in \(0, 1\]"),
        ({"variance": 99}, r"in \(0, 1\]"),
    ],
)
def test_svcca_refuses(how, message):
    with pytest.raises(ValueError, match=message):
        svcca(*related(), **how)


def test_flags_offer_exactly_the_measures():
    assert tuple(similarity.MEASURES) == names.MEASURES


@pytest.mark.parametrize("case", GOLDEN)
def test_golden(shared, case):
    arrays = np.load(shared / "golden" / "cca_cases.npz")
    expected = json.loads(
        (shared / "golden" / "cca_expected.json").read_text()
    )[case]
    m = moments.from_arrays(arrays[f"{case}/x"], arrays[f"{case}/y"])
    found = similarity.cca(m)
    np.testing.assert_allclose(
        found.coefficients, arrays[f"{case}/cca_coefficients"], atol=1e-5
    )
    del expected["trimmed_mean_cca_0.98"]  # Is not given here.
    values = {
        "mean_cca": found.mean,
        "svcca_top5": similarity.svcca(m, directions=5).mean,
        "svcca_top10": similarity.svcca(m, directions=10).mean,
    }
    assert values == pytest.approx(expected, abs=1e-5)


def test_pwcca_by_hand():
    # x and y are orthogonal signals of norms 3 and 4 (of x), mixed in y. Of x's
    # neurons (3a, 4b, 3a + 4b), a accounts for 3 + 0 + 3 and b for 4 + 4; y
    # holds a whole and b with a correlation of 0.6.
    a, b, c = scipy.linalg.hadamard(8).T[1:4].astype(float)
    x = np.stack([3 * a, 4 * b, 3 * a + 4 * b], axis=1)
    y = np.stack([a, 3 * b + 4 * c], axis=1)
    found = similarity.pwcca(
        moments.from_arrays(np.tile(x, (2, 1)), np.tile(y, (2, 1)))
    )
    np.testing.assert_allclose(found.coefficients, [1.0, 0.6], atol=1e-12)
    np.testing.assert_allclose(found.weights, [6 / 14, 8 / 14], atol=1e-12)
    assert found.value == pytest.approx((6 + 8 * 0.6) / 14)
    # More neurons in x than in y, and the other way round: both are defined,
    # and differ.
    swapped = similarity.pwcca(
        moments.from_arrays(np.tile(y, (2, 1)), np.tile(x, (2, 1)))
    )
    assert swapped.value == pytest.approx((1 + 5 * 0.6) / 6)


def test_pwcca_lies_between_its_coefficients_and_needs_datapoints():
    x, y = related()
    found = similarity.pwcca(moments.from_arrays(x, y))
    assert found.coefficients.min() < found.value < found.coefficients.max()
    with pytest.raises(similarity.TooFewDatapoints, match="PWCCA of 6 and 4"):
        similarity.pwcca(moments.from_arrays(x[:20], y[:20]))


def test_procrustes_is_scipys():
    x, y = related()
    y = np.column_stack([y, np.zeros((len(y), 2))])
    _, _, disparity = scipy.spatial.procrustes(x, y)
    found = similarity.procrustes(moments.from_arrays(x, y)).value
    assert found == pytest.approx(np.sqrt(1 - disparity), abs=1e-12)
    fewer = similarity.procrustes(moments.from_arrays(x, y[:, :4])).value
    assert fewer == pytest.approx(found, abs=1e-12)
