"""The contract of all schemes, and what each one promises by itself."""

import numpy as np
import pytest

from transfusion_tf import names
from transfusion_tf.initialization import schemes
from transfusion_tf.initialization.pretrained import Source
from transfusion_tf.models import zoo


def build(num_outputs=3, name="cbr_tiny"):
    return zoo.build(name, num_outputs=num_outputs, image_size=16)


@pytest.fixture(scope="module")
def source():
    """Weights of a network for another task: seven outputs."""
    backbone = build(num_outputs=7)
    rng = np.random.default_rng(0)
    tensors = {
        v.path: rng.uniform(0.5, 1.5, v.shape).astype(np.float32)
        for v in backbone.model.variables
    }
    return Source("a run", tensors, frozenset(backbone.head_paths), {"k": 1})


def values(backbone):
    return {v.path: v.numpy() for v in backbone.model.variables}


def initialized(scheme, source, seed):
    backbone = build()
    used = None if scheme == "random" else source
    report = schemes.initialize(backbone, scheme, source=used, seed=seed)
    return values(backbone), report


def test_the_family_is_complete():
    assert set(schemes.SCHEMES) == set(names.SCHEMES)


@pytest.mark.parametrize("scheme", names.SCHEMES)
class TestContract:
    def test_the_same_seed_gives_the_same_weights(self, scheme, source):
        first, _ = initialized(scheme, source, 3)
        second, _ = initialized(scheme, source, 3)
        for path, array in first.items():
            np.testing.assert_array_equal(second[path], array)

    def test_another_seed_gives_another_head(self, scheme, source):
        first, _ = initialized(scheme, source, 3)
        second, _ = initialized(scheme, source, 4)
        assert not np.array_equal(
            first["logits/kernel"], second["logits/kernel"]
        )

    def test_every_variable_is_accounted_for(self, scheme, source):
        found, report = initialized(scheme, source, 3)
        assert set(report["variables"]) == set(found)
        assert report["num_from_source"] + report["num_random"] == len(found)

    def test_batch_norm_has_no_negative_variance(self, scheme, source):
        found, _ = initialized(scheme, source, 3)
        for path, array in found.items():
            if path.endswith("moving_variance"):
                assert array.min() > 0


def test_random_is_glorot_uniform_with_identity_batch_norm(source):
    found, report = initialized("random", None, 5)
    kernel = found["conv2_conv/kernel"]
    limit = np.sqrt(6 / (5 * 5 * (32 + 64)))  # Glorot and Bengio 2010, eq. 16.
    assert 0.99 * limit < np.abs(kernel).max() <= limit
    np.testing.assert_allclose(kernel.std(), limit / np.sqrt(3), rtol=0.01)
    np.testing.assert_array_equal(found["conv2_bn/gamma"], 1)
    np.testing.assert_array_equal(found["conv2_bn/moving_mean"], 0)
    assert report["num_from_source"] == 0
    assert report["source"] is None


def test_random_layers_are_drawn_apart():
    """Two tensors of the same shape must not get the same numbers."""
    backbone = build(name="cbr_tiny")
    schemes.initialize(backbone, "random", seed=0)
    first = values(backbone)["conv1_conv/kernel"].ravel()[:96]
    second = values(backbone)["conv2_conv/kernel"].ravel()[:96]
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.5


def test_pretrained_takes_all_but_the_head(source):
    found, report = initialized("pretrained", source, 5)
    plain, _ = initialized("random", None, 5)
    for path, array in found.items():
        expected = source.tensors if "logits" not in path else plain
        np.testing.assert_array_equal(array, expected[path])
    assert report["num_from_source"] == 20  # Four stages of five tensors.
    assert report["source"] == {"k": 1}
    assert list(report["skipped_source_tensors"]) == [
        "logits/bias",
        "logits/kernel",
    ]


def test_another_architecture_is_refused_and_named(source):
    for name in ("cbr_small", "cbr_larget"):
        with pytest.raises(ValueError, match=f"do not fit {name}: "):
            schemes.initialize(
                build(name=name), "pretrained", source=source, seed=0
            )


def test_a_refused_source_leaves_the_weights_as_they_were(source):
    backbone = build(name="cbr_small")
    before = values(backbone)
    with pytest.raises(ValueError, match="other shape conv1_conv/kernel"):
        schemes.initialize(backbone, "pretrained", source=source, seed=0)
    for path, array in values(backbone).items():
        np.testing.assert_array_equal(array, before[path])


def test_unknown_scheme_lists_the_choices():
    with pytest.raises(ValueError, match="Unknown init 'x'; known: pretrained"):
        schemes.initialize(build(), "x", seed=0)
