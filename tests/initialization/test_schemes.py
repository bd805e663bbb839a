"""The contract of all schemes, and what holds whatever the network is."""

import numpy as np
import pytest

from tests.initialization import small_networks
from tests.initialization.initialized import (
    OVER_MEAN_VAR,
    build,
    initialized,
    settings_of,
    stage_of,
    values,
)
from transfusion_tf import names
from transfusion_tf.initialization import initializers, schemes


def test_the_family_is_complete():
    assert set(schemes.SCHEMES) == set(names.SCHEMES)


# Each scheme, and each again with what changes which variables it draws.
STARTS = [
    *((scheme, {}) for scheme in names.SCHEMES),
    ("transfusion", OVER_MEAN_VAR),
]


@pytest.mark.parametrize(("scheme", "given"), STARTS, ids=str)
class TestContract:
    def test_the_same_seed_gives_the_same_weights(self, scheme, given, source):
        first, _ = initialized(scheme, source, 3, **given)
        second, _ = initialized(scheme, source, 3, **given)
        for path, array in first.items():
            np.testing.assert_array_equal(second[path], array)

    def test_another_seed_gives_another_head(self, scheme, given, source):
        first, _ = initialized(scheme, source, 3, **given)
        second, _ = initialized(scheme, source, 4, **given)
        assert not np.array_equal(
            first["logits/kernel"], second["logits/kernel"]
        )

    def test_the_head_is_that_of_random(self, scheme, given, source):
        found, report = initialized(scheme, source, 3, **given)
        plain, _ = initialized("random", None, 3)
        for path in ("logits/kernel", "logits/bias"):
            np.testing.assert_array_equal(found[path], plain[path])
            assert report["variables"][path] == "random"

    def test_every_variable_is_accounted_for(self, scheme, given, source):
        found, report = initialized(scheme, source, 3, **given)
        assert set(report["variables"]) == set(found)
        assert sum(report["counts"].values()) == len(found)

    def test_every_tensor_of_the_source_is_accounted_for(
        self, scheme, given, source
    ):
        _, report = initialized(scheme, source, 3, **given)
        if scheme == "random":
            assert report["source"] is None
            return
        used = {
            path
            for path, why in report["variables"].items()
            if why in ("source", "mean_var", "shuffled")
        }
        assert used | set(report["skipped_source_tensors"]) == set(
            source.tensors
        )

    def test_batch_norm_has_no_negative_variance(self, scheme, given, source):
        found, _ = initialized(scheme, source, 3, **given)
        for path, array in found.items():
            if path.endswith("moving_variance"):
                assert array.min() > 0


def test_a_slim_network_takes_its_lower_stages_from_the_full_one(source):
    backbone = build(name="cbr_tiny_slim")
    settings = settings_of("transfusion", through="conv2")
    schemes.initialize(backbone, settings, source=source, seed=0)
    found = values(backbone)
    for path, array in source.tensors.items():
        if stage_of(path) in ("conv1", "conv2"):
            np.testing.assert_array_equal(found[path], array)
    with pytest.raises(ValueError, match="do not fit cbr_tiny_slim: conv3"):
        schemes.initialize(
            backbone, settings_of("pretrained"), source=source, seed=0
        )


@pytest.mark.parametrize("name", ["cbr_small", "cbr_larget"])
def test_a_refused_source_leaves_the_weights_as_they_were(source, name):
    backbone = build(name=name)
    before = values(backbone)
    with pytest.raises(ValueError, match=f"do not fit {name}: "):
        schemes.initialize(
            backbone, settings_of("pretrained"), source=source, seed=0
        )
    for path, array in values(backbone).items():
        np.testing.assert_array_equal(array, before[path])


@pytest.fixture(scope="module")
def mobilenet():
    return build(name="mobilenet_v3_small", image_size=32)


def test_a_network_starts_alike_whatever_was_built_before(mobilenet):
    """Depthwise layers, biases, squeeze-and-excitation, batch norm."""
    starts = []
    for backbone in (mobilenet, build(name=mobilenet.name, image_size=32)):
        report = schemes.initialize(backbone, settings_of("random"), seed=0)
        starts.append(values(backbone))
        assert report["counts"] == {"random": len(backbone.weights)}
    assert starts[0].keys() == starts[1].keys()
    for path, array in starts[0].items():
        np.testing.assert_array_equal(starts[1][path], array)


def test_a_weight_of_unknown_origin_is_not_called_random(
    mobilenet, monkeypatch
):
    monkeypatch.setattr(initializers, "_INITIALIZER_PREFIXES", {})
    with pytest.raises(LookupError, match="expanded_conv_depthwise/kernel"):
        schemes.initialize(mobilenet, settings_of("random"), seed=0)


def with_dropout(library):
    """Features (N, 2), behind three layers of dropout."""
    image = x = library.Input((8, 8, 3))
    for _ in range(3):
        x = library.layers.Conv2D(2, 1)(library.layers.Dropout(0.5)(x))
    return library.Model(image, x)


def test_dropout_is_seeded_whatever_was_built_before():
    states = []
    for seed in (3, 3, 4):
        if seed == 3:
            backbone = small_networks.backbone(with_dropout)
        report = schemes.initialize(backbone, settings_of("random"), seed=seed)
        states.append([v.numpy() for v in backbone.random_states])
        assert report["num_random_states"] == len(states[-1]) == 3
    np.testing.assert_array_equal(states[0], states[1])
    assert not np.array_equal(states[0], states[2])
    assert len({tuple(state) for state in states[0]}) == 3
