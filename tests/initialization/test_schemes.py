"""The contract of all schemes, and what each one promises by itself."""

import numpy as np
import pytest

from tests.initialization import small_networks
from tests.initialization.small_networks import source_of
from transfusion_tf import names
from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import schemes
from transfusion_tf.models import zoo

STAGES = ("conv1", "conv2", "conv3", "conv4")


def build(num_outputs=3, name="cbr_tiny", image_size=16):
    return zoo.build(name, num_outputs=num_outputs, image_size=image_size)


@pytest.fixture(scope="module")
def source():
    """Weights of a network for another task: seven outputs."""
    return source_of(build(num_outputs=7))


def settings_of(scheme, **given):
    """An InitConfig of `scheme` with what it needs."""
    needs = {"transfusion": {"through": "conv2"}}.get(scheme, {})
    weights = None if scheme == "random" else "a run"
    return InitConfig(scheme=scheme, weights=weights, **{**needs, **given})


def values(backbone):
    return {v.path: v.numpy() for v in backbone.weights}


def initialized(scheme, source, seed, **given):
    """(values, report) of a fresh cbr_tiny."""
    backbone = build()
    settings = settings_of(scheme, **given)
    used = source if settings.weights else None
    report = schemes.initialize(backbone, settings, source=used, seed=seed)
    return values(backbone), report


def stage_of(path):
    return path.split("_")[0]


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

    def test_the_head_is_that_of_random(self, scheme, source):
        found, report = initialized(scheme, source, 3)
        plain, _ = initialized("random", None, 3)
        for path in ("logits/kernel", "logits/bias"):
            np.testing.assert_array_equal(found[path], plain[path])
            assert report["variables"][path] == "random"

    def test_every_variable_is_accounted_for(self, scheme, source):
        found, report = initialized(scheme, source, 3)
        assert set(report["variables"]) == set(found)
        assert sum(report["counts"].values()) == len(found)

    def test_every_tensor_of_the_source_is_accounted_for(self, scheme, source):
        _, report = initialized(scheme, source, 3)
        if scheme == "random":
            assert report["source"] is None
            return
        used = {
            path
            for path, why in report["variables"].items()
            if why in ("source", "mean_var")
        }
        assert used | set(report["skipped_source_tensors"]) == set(
            source.tensors
        )

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
    assert report["counts"] == {"random": 22}


def test_random_layers_are_drawn_apart():
    """Two tensors of the same shape must not get the same numbers."""
    backbone = build(name="cbr_tiny")
    schemes.initialize(backbone, settings_of("random"), seed=0)
    first = values(backbone)["conv1_conv/kernel"].ravel()[:96]
    second = values(backbone)["conv2_conv/kernel"].ravel()[:96]
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.5


def test_pretrained_takes_all_but_the_head(source):
    found, report = initialized("pretrained", source, 5)
    for path, array in found.items():
        if "logits" not in path:
            np.testing.assert_array_equal(array, source.tensors[path])
    # Four stages of five tensors; two of the head.
    assert report["counts"] == {"source": 20, "random": 2}
    assert report["source"] == {"model": "cbr_tiny"}
    assert report["skipped_source_tensors"] == {
        "logits/kernel": "belongs to the head",
        "logits/bias": "belongs to the head",
    }


@pytest.mark.parametrize("through", STAGES)
def test_transfusion_is_the_source_below_and_random_above(source, through):
    found, report = initialized("transfusion", source, 5, through=through)
    plain, _ = initialized("random", None, 5)
    below = STAGES[: STAGES.index(through) + 1]
    for path, array in found.items():
        expected = source.tensors if stage_of(path) in below else plain
        np.testing.assert_array_equal(array, expected[path])
        if path.endswith("kernel") and stage_of(path) not in below:
            pair = array.ravel(), source.tensors[path].ravel()
            if len(pair[0]) == len(pair[1]):
                z = np.corrcoef(*pair)[0, 1] * np.sqrt(array.size)
                assert abs(z) < 5
    assert report["through"] == through
    above = {
        path: f"above {through}"
        for path in source.tensors
        if stage_of(path) in STAGES and stage_of(path) not in below
    }
    assert above.items() <= report["skipped_source_tensors"].items()


def test_the_ends_of_transfusion_are_random_and_pretrained(source):
    for through, scheme in (("none", "random"), ("conv4", "pretrained")):
        found, _ = initialized("transfusion", source, 5, through=through)
        same, _ = initialized(scheme, source, 5)
        for path, array in found.items():
            np.testing.assert_array_equal(array, same[path])


def test_transfusion_names_the_stages_there_are(source):
    with pytest.raises(ValueError, match="stage of cbr_tiny 'block1'.*conv4"):
        initialized("transfusion", source, 0, through="block1")


def test_mean_var_keeps_mean_and_variance_and_nothing_else(source):
    """Over all draws, each kernel's moments agree, and it is uncorrelated.

    Five standard errors of 30 draws are 2% of the standard deviation of the
    smallest kernel, conv1's 2,400 numbers, and a thousandth of conv4's.
    """
    backbone = build()
    draws = 30
    sums = {}
    for seed in range(draws):
        start = schemes.mean_var(
            backbone, source, settings_of("mean_var"), seed
        )
        for path, array in start.values.items():
            if path.endswith("conv/kernel"):
                wanted = source.tensors[path].astype(np.float64)
                n = array.size
                mean, var = wanted.mean(), wanted.var()
                z = (
                    (array.mean(dtype=np.float64) - mean) / np.sqrt(var / n),
                    # The variance of a normal's sample variance.
                    (array.astype(np.float64).var() - var * (n - 1) / n)
                    / (var * np.sqrt(2 * (n - 1)) / n),
                    np.corrcoef(array.ravel(), wanted.ravel())[0, 1]
                    * np.sqrt(n),
                )
                sums.setdefault(path, []).append(z)
    assert len(sums) == 4
    for zs in sums.values():
        together = np.sum(zs, axis=0) / np.sqrt(draws)
        assert np.abs(together).max() < 5
        # Draws differ as draws must: their z have unit variance, up to four
        # standard errors, sqrt(1 / 2 / draws) each.
        np.testing.assert_allclose(
            np.std(zs, axis=0), 1, atol=4 / np.sqrt(2 * draws)
        )


def test_mean_var_starts_all_but_kernels_as_random(source):
    found, report = initialized("mean_var", source, 5)
    plain, _ = initialized("random", None, 5)
    for path, array in found.items():
        if not path.endswith("conv/kernel"):
            np.testing.assert_array_equal(array, plain[path])
    assert report["counts"] == {"mean_var": 4, "random": 18}
    why = report["skipped_source_tensors"]["conv1_bn/gamma"]
    assert why == "mean_var takes kernels only"


def test_gabor_changes_conv1_alone(source):
    found, report = initialized("gabor", source, 5)
    plain, _ = initialized("random", None, 5)
    for path, array in found.items():
        same = np.array_equal(array, plain[path])
        assert same == (path != "conv1_conv/kernel")
    assert report["counts"] == {"gabor": 1, "random": 21}


def test_gabor_has_the_size_of_the_source_or_of_he(source):
    found, _ = initialized("gabor", source, 5)
    wanted = source.tensors["conv1_conv/kernel"].std()
    kernel = found["conv1_conv/kernel"]
    np.testing.assert_allclose(kernel.std(), wanted, rtol=1e-4)
    backbone = build()
    schemes.initialize(backbone, InitConfig(scheme="gabor"), seed=5)
    kernel = backbone.first_kernel.numpy()
    # He et al. 2015, eq. 10: variance 2 / fan_in.
    np.testing.assert_allclose(kernel.var(), 2 / (5 * 5 * 3), rtol=1e-4)


def test_gabor_refuses_a_small_first_convolution():
    backbone = zoo.build("squeezenet", num_outputs=2, image_size=64)
    with pytest.raises(ValueError, match="at least 5x5. Received: 3x3"):
        schemes.initialize(backbone, InitConfig(scheme="gabor"), seed=0)


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
    monkeypatch.setattr(schemes, "_INITIALIZER_PREFIXES", {})
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
