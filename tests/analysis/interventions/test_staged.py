"""Networks cut at their stages compute what whole ones do, and no more."""

import numpy as np
import pytest

from tests.analysis.interventions import small_networks
from transfusion_tf.analysis.interventions import staged

IMAGES = small_networks.images(5)
PLAIN = staged.Variant(0, {})


def variant(index, seed):
    """The Variant of a chain with one stage of another draw."""
    other = small_networks.chain(seed)
    stage = other.stage_names[index]
    return staged.Variant(index, small_networks.values(other, stage))


@pytest.fixture(scope="module")
def chain():
    return small_networks.chain(0)


def test_outputs_are_those_of_the_model_with_the_values_assigned(chain):
    network = staged.StagedNetwork(chain)
    before = small_networks.values(chain)
    variants = [variant(index, 7) for index in range(3)]
    found = network.outputs(IMAGES, PLAIN, variants)
    after = small_networks.values(chain)
    for path, value in before.items():  # Nothing was assigned.
        np.testing.assert_array_equal(after[path], value)
    for output, one in zip(found, [PLAIN, *variants], strict=True):
        copy = small_networks.chain(0)
        for weight in copy.weights:
            if weight.path in one.values:
                weight.assign(one.values[weight.path])
        expected = copy.model(IMAGES, training=False)
        np.testing.assert_allclose(output, expected, rtol=1e-4, atol=1e-5)
    assert len({output.tobytes() for output in found}) == 4


def test_below_a_change_nothing_is_computed_again(chain):
    network = staged.StagedNetwork(chain)
    variants = [variant(index, seed) for index in range(3) for seed in (1, 2)]
    network.outputs(IMAGES, PLAIN, variants)
    # Parts: three stages and the head. Each of the base's is needed once, and
    # of a variant those from its stage on.
    needed = [1 + 2, 1 + 4, 1 + 6, 1 + 6]
    assert [network.calls[part] / len(IMAGES) for part in range(4)] == needed


def test_values_of_the_base_hold_below_what_a_variant_changes(chain):
    network = staged.StagedNetwork(chain)
    base = variant(0, 3)
    upper = variant(2, 4)
    _, found = network.outputs(IMAGES, base, [upper])
    both = staged.Variant(0, {**base.values, **upper.values})
    expected, _ = network.outputs(IMAGES, both, [upper])
    np.testing.assert_array_equal(found, expected)


def test_stages_that_a_connection_leaps_over_are_one_part():
    backbone = small_networks.leaping(0)
    network = staged.StagedNetwork(backbone)
    assert len(network.parts) == 3  # a; b and c together; the head.
    other = small_networks.values(small_networks.leaping(1), "c")
    found = network.outputs(IMAGES, PLAIN, [staged.Variant(2, other)])
    np.testing.assert_allclose(
        found[0], backbone.model(IMAGES, training=False), rtol=1e-4, atol=1e-5
    )
    for weight in backbone.weights:
        if weight.path in other:
            weight.assign(other[weight.path])
    np.testing.assert_allclose(
        found[1], backbone.model(IMAGES, training=False), rtol=1e-4, atol=1e-5
    )


def test_saved_values_are_the_networks_own(chain):
    network = staged.StagedNetwork(chain)
    own = network.saved([chain.first_kernel.path])
    np.testing.assert_array_equal(
        own.values[chain.first_kernel.path], chain.first_kernel.numpy()
    )
