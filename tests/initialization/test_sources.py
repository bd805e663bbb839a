"""What is said of odd weights."""

import numpy as np
import pytest

from transfusion_tf.initialization import sources, weight_files
from transfusion_tf.models import zoo


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
