"""Sums of one batch through all networks."""

import numpy as np

from tests.linear_networks import network, pixels
from transfusion_tf.analysis.streaming import batch_sums, pairing, plan


def test_one_trace_serves_batches_of_any_length():
    nets = {"a": network(1), "b": network(2)}
    options = plan.GatherOptions()
    plans = plan.stage_plans(nets, [("a", "b")], ["conv1"], options)
    traced = []

    class Traced(batch_sums.BatchSums):
        def _all(self, images, *others, **constants):
            traced.append(images.shape)
            return super()._all(images, *others, **constants)

    sums, rng = Traced(nets, plans, options), np.random.default_rng(0)
    images = pixels(9)
    shifts = sums.shifts(images)
    for number in (9, 4, 7):
        partners = pairing.pair_images(number, rng=rng)
        ((found,),) = sums(images[:number], shifts, partners, None)
        assert found["images"] == number
    assert [shape[0] for shape in traced] == [None]
