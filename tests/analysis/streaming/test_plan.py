"""What does not fit in memory goes in several passes."""

import numpy as np
import pytest

from tests.linear_networks import batches, network, pixels
from transfusion_tf.analysis import moments


def test_several_passes_give_the_same():
    images = pixels(40)
    nets = {"a": network(1), "b": network(2), "c": network(3)}

    def found(max_bytes):
        sums = list(
            moments.gather(
                nets,
                lambda: batches(images, 8),
                batch_size=8,
                max_bytes=max_bytes,
            )
        )
        return len(sums), {
            (s.stage, pair): m for s in sums for pair, m in s.moments().items()
        }

    (one, whole), (several, parts) = found(None), found(30_000)
    assert one == 2 and several > 2 and set(whole) == set(parts)
    for key, m in whole.items():
        np.testing.assert_array_equal(m.chance.cov_xy, parts[key].chance.cov_xy)
    with pytest.raises(ValueError, match="of one pair need .* GiB. Allowed"):
        found(100)


def test_what_a_pass_gathers_comes_before_the_next_pass():
    """Else the sums of all passes would be in memory at once."""
    read = []

    def images():
        read.append("a pass")
        return batches(pixels(40), 8)

    nets = {"a": network(1), "b": network(2), "c": network(3)}
    sums = moments.gather(nets, images, batch_size=8, max_bytes=30_000)
    next(sums)
    assert len(read) == 1
    assert len(list(sums)) >= 2 and len(read) > 1
