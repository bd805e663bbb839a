"""Fingerprints of networks, held to the networks themselves."""

import numpy as np
import pytest

from transfusion_tf import names
from transfusion_tf.initialization import architectures
from transfusion_tf.models import zoo

# Those of keras.applications are held to theirs in
# tests/models/test_applications.py.
OURS = ("squeezenet", *(x for x in names.MODELS if x.startswith("cbr")))


def shapes_of(backbone):
    return [
        tuple(weight.shape for weight in layer.weights)
        for layer in backbone.model.layers
        if layer.weights
    ]


def test_every_network_that_is_not_slim_has_a_fingerprint_of_its_own():
    known = architectures.FINGERPRINTS
    assert set(known) == {x for x in names.MODELS if not x.endswith("_slim")}
    assert len(set(known.values())) == len(known)


@pytest.mark.parametrize("name", OURS)
def test_networks_are_recognised_with_their_heads(name):
    backbone = zoo.build(name, num_outputs=7, image_size=32)
    is_slim = name.endswith("_slim")
    expected = None if is_slim else name
    assert architectures.recognise(shapes_of(backbone)) == expected


def test_order_and_heads_do_not_matter_but_width_and_biases_do():
    shapes = shapes_of(zoo.build("squeezenet", num_outputs=7, image_size=32))
    recognise = architectures.recognise
    assert recognise(shapes[::-1]) == "squeezenet"
    # The original head, and none.
    original = [*shapes[:-1], ((1, 1, 512, 1000), (1000,))]
    assert recognise(original) == "squeezenet"
    assert recognise(shapes[:-1]) == "squeezenet"
    without_biases = [layer[:1] for layer in shapes]
    assert recognise(without_biases) is None
    wider = [(tuple(np.multiply(s[0], 2)), *s[1:]) for s in shapes]
    assert recognise(wider) is None
    assert recognise([]) is None
