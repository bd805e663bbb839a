"""Networks that runs share have the weights of the run that was asked for."""

import numpy as np

from transfusion_tf.runs import networks


def of(backbone):
    return [np.array(variable) for variable in backbone.weights]


def test_a_shared_network_has_the_weights_of_the_last_run(tiny_runs):
    shared = networks.Shared()
    first = of(shared.load(tiny_runs[0], 0))
    one = shared.load(tiny_runs[0], "best")
    other = shared.load(tiny_runs[1], "best")
    assert one is other
    assert one is not networks.load_backbone(tiny_runs[1], "best")
    for found, expected in (
        (first, networks.load_backbone(tiny_runs[0], 0)),
        (of(other), networks.load_backbone(tiny_runs[1], "best")),
    ):
        for value, right in zip(found, of(expected), strict=True):
            np.testing.assert_array_equal(value, right)
    # What was taken before did not change with the network.
    assert any((a != b).any() for a, b in zip(first, of(other), strict=True))


def test_networks_of_two_places_are_two(tiny_runs):
    shared = networks.Shared()
    one, other = (
        shared.load(run, "best", place)
        for place, run in enumerate(tiny_runs[:2])
    )
    assert one is not other
    expected = of(networks.load_backbone(tiny_runs[0], "best"))
    for value, right in zip(of(one), expected, strict=True):
        np.testing.assert_array_equal(value, right)
