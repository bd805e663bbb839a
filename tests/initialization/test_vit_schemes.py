"""The contract of all schemes, over a vision transformer."""

import functools

import numpy as np
import pytest

from tests.initialization import small_networks
from tests.initialization.initialized import settings_of
from transfusion_tf import names
from transfusion_tf.initialization import schemes
from transfusion_tf.models import zoo

LEARNED = ("cls_token/kernel", "pos_embed/kernel")


@functools.cache
def build(num_outputs=3):
    return zoo.build("deit_tiny", num_outputs=num_outputs, image_size=32)


@functools.cache
def source():
    return small_networks.source_of(build(7))


@functools.cache
def start(scheme, seed=3):
    """InitialValues; no weight is assigned."""
    needs = {"through": "block2"} if scheme == "transfusion" else {}
    settings = settings_of(scheme, **needs)
    used = None if scheme == "random" else source()
    return schemes.SCHEMES[scheme](build(), used, settings, seed)


@pytest.mark.parametrize("scheme", names.SCHEMES)
class TestContract:
    def test_values_are_those_of_the_seed(self, scheme):
        first, other = start(scheme), start(scheme, 4)
        again = start.__wrapped__(scheme)
        for path, array in first.values.items():
            np.testing.assert_array_equal(again.values[path], array)
        head = "logits/kernel"
        assert not np.array_equal(first.values[head], other.values[head])

    def test_the_head_is_that_of_random(self, scheme):
        for path in ("logits/kernel", "logits/bias"):
            np.testing.assert_array_equal(
                start(scheme).values[path], start("random").values[path]
            )

    def test_every_variable_and_tensor_is_accounted_for(self, scheme):
        found = start(scheme)
        assert set(found.provenance) == set(found.values)
        assert set(found.values) == {w.path for w in build().weights}
        if scheme == "random":
            return
        used = {
            path
            for path, why in found.provenance.items()
            if why not in (schemes.RANDOM, schemes.BANK)
        }
        assert used | set(found.skipped) == set(source().tensors)

    def test_values_fit_and_are_finite(self, scheme):
        for weight in build().weights:
            array = start(scheme).values[weight.path]
            assert array.shape == weight.shape and np.isfinite(array).all()


def test_layer_norm_starts_at_one_and_zero_unless_it_is_taken():
    taken = source().tensors
    for scheme in ("random", "mean_var", "gabor"):
        values = start(scheme).values
        assert (values["blocks_4_norm1/gamma"] == 1).all()
        assert (values["norm/beta"] == 0).all()
    values = start("transfusion").values  # Through block2: blocks 0 to 5.
    for path, is_taken in (("blocks_5_norm2", True), ("blocks_6_norm1", False)):
        same = np.array_equal(values[f"{path}/beta"], taken[f"{path}/beta"])
        assert same == is_taken


@pytest.mark.parametrize("path", ["blocks_3_attn_qkv/kernel", *LEARNED])
def test_mean_var_draws_each_tensor_by_its_own_statistics(path):
    """Queries, keys and values are one tensor; tokens and positions count."""
    found, taken = start("mean_var").values[path], source().tensors[path]
    error = taken.std() / np.sqrt(taken.size)
    assert abs(found.mean() - taken.mean()) < 5 * error
    assert found.std() == pytest.approx(taken.std(), rel=5 / taken.size**0.5)
    assert not np.array_equal(found, taken)


def test_gabor_fills_the_patches():
    kernel = start("gabor").values["patch_embed_proj/kernel"]
    assert kernel.shape == (16, 16, 3, 192)
    np.testing.assert_allclose(kernel.mean(axis=(0, 1)), 0, atol=1e-6)
    assert start("gabor").provenance["patch_embed_proj/kernel"] == schemes.BANK
