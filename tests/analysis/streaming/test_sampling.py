"""Draws of images and channels."""

import numpy as np

from tests.linear_networks import activations, gathered, network, pixels, rows
from transfusion_tf.analysis import moments


def test_drawn_images_and_channels():
    images = pixels(50)
    sums, _ = gathered(images, max_points=360, channels=2, repeats=3)
    assert sums.drawn and sums.num_groups == 3
    x, y = (activations(network(n), images)[0] for n in (1, 2))
    for draw in range(3):
        found = sums.moments([draw])["a", "b"].measured
        assert (found.num_images, found.num_datapoints) == (10, 360)
        assert found.cov_xx.shape == (2, 2)
        rank = np.random.default_rng((0, draw)).permutation(50)
        taken = np.flatnonzero(rank < 10)
        every = moments.from_arrays(rows(x[taken]), rows(y[taken]))
        # Some two channels, the same in both, have exactly these variances.
        places = [
            int(np.argmin(np.abs(np.diag(every.cov_xx) - v)))
            for v in np.diag(found.cov_xx)
        ]
        np.testing.assert_allclose(
            found.cov_xy, every.cov_xy[np.ix_(places, places)], rtol=1e-4
        )
        assert_close_means = every.mean_x[places]
        np.testing.assert_allclose(found.mean_x, assert_close_means, rtol=1e-4)
    first, second = (sums.moments([d])["a", "b"].measured for d in (0, 1))
    assert np.abs(first.cov_xy - second.cov_xy).max() > 1e-3
