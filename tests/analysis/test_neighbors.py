"""Mutual k-NN by hand, against scikit-learn, and by patient."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from tests.analysis.arrays import normal, related
from transfusion_tf.analysis import moments, neighbors, similarity


def value(x, y, k, **names):
    m = moments.from_arrays(x, y, **names)
    return neighbors.mutual_knn(m, num_neighbors=k).value


def test_by_hand():
    # Nearest in x: 0-1, 1-0, 3-2 (10 is nearer to 7 than 7 to 1), 2-3. In y the
    # last two are exchanged with the first: 0-2, 1-3, 2-0, 3-1. Of a copy of x
    # whose last two trade places only, all stay.
    x = np.array([[0.0], [1.0], [7.0], [10.0]])
    y = np.array([[0.0], [7.0], [1.0], [10.0]])
    assert value(x, y, 1) == 0.0
    assert value(x, x[[0, 1, 3, 2]], 1) == 1.0
    # Two neighbours of x: {1, 2}, {0, 2}, {1, 3}, {1, 2}; of y: {1, 2},
    # {0 or 2, 3}: 7 is nearer to 10 and 1; {0, 1}, {1, 2}. Shared 2, 1, 1, 2.
    assert value(x, y, 2) == pytest.approx((2 + 1 + 1 + 2) / 8)


@pytest.mark.parametrize("k", [1, 5, 10])
def test_agrees_with_scikit_learn(k):
    x, y = related(200)
    near = [
        NearestNeighbors(n_neighbors=k).fit(a).kneighbors()[1] for a in (x, y)
    ]
    shared = [len(set(a) & set(b)) for a, b in zip(*near, strict=True)]
    assert value(x, y, k) == pytest.approx(np.mean(shared) / k)
    assert value(x, y, k) > k / 199


def test_independent_ones_share_what_chance_gives():
    found = [
        value(normal(300, 5, seed=s), normal(300, 5, seed=s + 50), 10)
        for s in range(10)
    ]
    error = np.std(found, ddof=1) / np.sqrt(10)
    assert abs(np.mean(found) - 10 / 299) < 4 * error


def test_images_of_one_patient_are_no_neighbours():
    """Twins are alike in any network; that is no similarity of networks."""
    twins = [np.repeat(normal(100, 5, seed=s), 2, axis=0) for s in (0, 1)]
    x, y = (t + 1e-3 * normal(200, 5, seed=7) for t in twins)
    patients = np.repeat(np.arange(100), 2)
    assert value(x, y, 1) == 1.0
    assert value(x, y, 1, patients=patients) < 0.1


def test_says_how_many_images_it_needs():
    # Of eleven images ten are neighbours of each: the value would be 1.
    with pytest.raises(
        similarity.TooFewDatapoints, match="more than 10 images .*Received: 10"
    ):
        value(*related(11), 10)
    assert 0.8 < value(*related(12), 10) < 1.0
    with pytest.raises(similarity.TooFewDatapoints, match="Received: 9;"):
        value(*related(12), 10, patients=[0, 0, 0, *range(1, 10)])


def test_the_sample_is_bounded_and_depends_on_names_alone(monkeypatch):
    monkeypatch.setattr(neighbors, "MAX_IMAGES", 30)
    x, y = related(200)
    images = np.array([f"i{n}" for n in range(200)])
    order = np.random.default_rng(5).permutation(200)
    one = moments.from_arrays(x, y, images=images).sample
    other = moments.from_arrays(x[order], y[order], images=images[order]).sample
    assert len(one.x) == len(one.y) == 30

    def distances(side):
        return np.sort(np.linalg.norm(side[:, None] - side, axis=2), axis=None)

    np.testing.assert_allclose(distances(one.x), distances(other.x), atol=1e-9)


def test_one_datapoint_of_each_image():
    x, y = related(60)
    found = moments.from_arrays(x, y, images=np.arange(60) // 3)
    np.testing.assert_allclose(
        np.diff(found.sample.x, axis=0), np.diff(x[::3], axis=0)
    )


def test_without_a_sample_there_is_a_reason():
    m = moments.from_arrays(*related(30)).halves[0]
    stripped = type(m)(m.x, m.y, m.cov_xy, m.num_datapoints, m.num_images)
    with pytest.raises(similarity.TooFewDatapoints, match="not gathered"):
        neighbors.mutual_knn(stripped)
