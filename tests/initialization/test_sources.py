"""Which network weights are of, and what is said of odd ones."""

import numpy as np
import pytest

from transfusion_tf import names
from transfusion_tf.initialization import fingerprints, sources, weight_files
from transfusion_tf.models import zoo

# Those of keras.applications are held to theirs in
# tests/models/test_applications.py.
OURS = (
    "squeezenet",
    *names.PYTORCH_MODELS,
    *(x for x in names.MODELS if x.startswith("cbr")),
)


def shapes_of(backbone):
    return [
        tuple(weight.shape for weight in layer.weights)
        for layer in backbone.model.layers
        if layer.weights
    ]


def test_every_network_that_is_not_slim_has_a_fingerprint_of_its_own():
    known = fingerprints.FINGERPRINTS
    assert set(known) == {x for x in names.MODELS if not x.endswith("_slim")}
    assert len(set(known.values())) == len(known)


@pytest.mark.parametrize("name", OURS)
def test_networks_are_recognised_with_their_heads(name):
    backbone = zoo.build(name, num_outputs=7, image_size=32)
    is_slim = name.endswith("_slim")
    expected = None if is_slim else name
    assert fingerprints.recognise(shapes_of(backbone)) == expected


def test_order_and_heads_do_not_matter_but_width_and_biases_do():
    shapes = shapes_of(zoo.build("squeezenet", num_outputs=7, image_size=32))
    recognise = fingerprints.recognise
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


def variance(values, kind=None, name="bn/moving_variance:0"):
    array = np.asarray(values, np.float32)
    return sources.SourceLayer("bn", kind, ((name, array),))


def warnings(*layers):
    return sources.warnings_of(sources.Source("w", layers, (), {}))


@pytest.mark.parametrize(
    "name", ["bn/moving_variance:0", "batchnormalization_1_running_std"]
)
def test_odd_running_variances_are_told(name):
    fine = variance([1, 2], name="first/moving_variance:0")
    for values, message in (
        ([1, -2], "negative running variance, down to -2"),
        ([0, 0], "the running variance is zero throughout"),
        ([1, 56_296], "running variance up to 56,296 (more than 1,000 is rare"),
        ([1, np.inf], "1 of 2 numbers are not finite"),
    ):
        (line,) = warnings(fine, variance(values, name=name))
        assert line.startswith(f"{name}: {message}")
    assert not warnings(fine, variance([0, 999], name=name))


def test_the_first_batch_norm_may_see_raw_pixels():
    assert not warnings(variance([146_335, 1]))
    assert warnings(variance([-1, 1]))


def test_in_kerass_3_format_the_variance_comes_last(tmp_path):
    model = zoo.build("cbr_tiny", num_outputs=2, image_size=16).model
    model.save_weights(tmp_path / "w.weights.h5")
    source = weight_files.read(tmp_path / "w.weights.h5")
    assert not sources.warnings_of(source)
    layers = [x for x in source.layers if x.kind == "batch_normalization"]
    assert len(layers) == 4
    for array in source.tensors.values():
        array[:] = 5000  # In weights other than the variance this is fine.
    assert [line.split(":")[0] for line in sources.warnings_of(source)] == [
        layer.tensors[3][0] for layer in layers[1:]
    ]


def test_numbers_that_are_not_finite_are_told_of_any_tensor():
    (line,) = warnings(variance([np.nan, np.nan, 1], "dense", "dense/0"))
    assert line == "dense/0: 2 of 3 numbers are not finite"
