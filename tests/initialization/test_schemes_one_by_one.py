"""What each scheme promises by itself."""

import numpy as np
import pytest

from tests.initialization import small_networks
from tests.initialization.initialized import (
    OVER_MEAN_VAR,
    STAGES,
    build,
    initialized,
    settings_of,
    stage_of,
    values,
)
from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import marginals, schemes
from transfusion_tf.models import zoo


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


def test_shuffled_keeps_every_value_and_no_place(source):
    found, report = initialized("shuffled", source, 5)
    plain, _ = initialized("random", None, 5)
    for path, array in found.items():
        if not path.endswith("conv/kernel"):
            np.testing.assert_array_equal(array, plain[path])
            continue
        theirs = source.tensors[path]
        assert array.dtype == theirs.dtype
        np.testing.assert_array_equal(
            np.sort(array, axis=None), np.sort(theirs, axis=None)
        )
        # Of numbers all different, one stays in its place by chance.
        assert (array == theirs).mean() < 0.01
        z = np.corrcoef(array.ravel(), theirs.ravel())[0, 1]
        assert abs(z) * np.sqrt(array.size) < 5
    assert report["counts"] == {"shuffled": 4, "random": 18}
    why = report["skipped_source_tensors"]["conv1_bn/gamma"]
    assert why == "shuffled takes kernels only"


def test_shuffled_moves_values_across_all_axes():
    """Of 12 filters, each of one value, none stays of one value."""
    kernel = np.broadcast_to(np.arange(12.0), (5, 5, 3, 12))
    found = marginals.permuted(kernel, np.random.default_rng(0))
    for axes in ((0, 1, 2), (1, 2, 3), (0, 2, 3), (0, 1, 3)):
        assert np.ptp(found, axis=axes).min() > 0


@pytest.mark.parametrize("through", STAGES)
def test_above_transfusion_mean_var_is_as_by_itself(source, through):
    found, report = initialized(
        "transfusion", source, 5, through=through, **OVER_MEAN_VAR
    )
    alone, _ = initialized("mean_var", source, 5)
    below = STAGES[: STAGES.index(through) + 1]
    for path, array in found.items():
        expected = source.tensors if stage_of(path) in below else alone
        np.testing.assert_array_equal(array, expected[path])
    # Five tensors a stage, one of them a kernel; two of the head.
    above = 4 - len(below)
    counts = {"source": 5 * len(below), "random": 4 * above + 2}
    assert report["counts"] == counts | ({"mean_var": above} if above else {})


def test_transfusion_of_nothing_over_mean_var_is_mean_var(source):
    none = {"through": "none", **OVER_MEAN_VAR}
    found, report = initialized("transfusion", source, 5, **none)
    alone, expected = initialized("mean_var", source, 5)
    for path, array in found.items():
        np.testing.assert_array_equal(array, alone[path])
    for key in ("variables", "skipped_source_tensors", "counts"):
        assert report[key] == expected[key]


@pytest.fixture(scope="module")
def squeezenet():
    """A network with biases in all of its convolutions, and a source."""
    backbone = zoo.build("squeezenet", num_outputs=2, image_size=32)
    return backbone, small_networks.source_of(backbone)


def started(squeezenet, scheme, seed=5, **given):
    backbone, source = squeezenet
    settings = settings_of(scheme, **given)
    return schemes.SCHEMES[scheme](backbone, source, settings, seed)


def test_mean_var_biases_have_their_mean_and_variance(squeezenet):
    """All of them together, each standardized: five standard errors."""
    found = started(squeezenet, "mean_var", mean_var_biases=True)
    tensors = squeezenet[1].tensors
    paths = [path for path in found.values if path.endswith("bias")]
    paths.remove("logits/bias")
    z = np.concatenate(
        [
            (found.values[path] - tensors[path].mean()) / tensors[path].std()
            for path in paths
        ]
    )
    # conv1, and 16 + 64 + 64 of the first two fire modules, and so on.
    assert z.size == 64 + 2 * (144 + 288 + 432 + 576)
    np.testing.assert_allclose(z.mean(), 0, atol=5 / np.sqrt(z.size))
    np.testing.assert_allclose(z.var(), 1, atol=5 * np.sqrt(2 / z.size))
    theirs = np.concatenate([tensors[path] for path in paths])
    r = np.corrcoef(z, theirs)[0, 1]
    assert abs(r) < 5 / np.sqrt(z.size)


def test_biases_are_drawn_alike_whatever_the_kernels_are(squeezenet):
    """And kernels alike, whatever the biases are."""
    plain = started(squeezenet, "mean_var")
    drawn = started(squeezenet, "mean_var", mean_var_biases=True)
    mixed = started(squeezenet, "shuffled", mean_var_biases=True)
    for path, kind in drawn.provenance.items():
        if path.startswith("logits"):
            assert kind == schemes.RANDOM
        elif path.endswith("bias"):
            assert plain.provenance[path] == schemes.RANDOM
            assert not plain.values[path].any()
            assert kind == mixed.provenance[path] == schemes.MATCHED
            np.testing.assert_array_equal(
                mixed.values[path], drawn.values[path]
            )
        else:
            assert mixed.provenance[path] == schemes.SHUFFLED
            np.testing.assert_array_equal(
                plain.values[path], drawn.values[path]
            )


def test_above_transfusion_biases_are_drawn_only_there(squeezenet):
    found = started(
        squeezenet,
        "transfusion",
        through="conv1",
        mean_var_biases=True,
        **OVER_MEAN_VAR,
    )
    source = squeezenet[1].tensors
    path = "conv1/bias"
    np.testing.assert_array_equal(found.values[path], source[path])
    assert found.provenance["fire2_squeeze1x1/bias"] == schemes.MATCHED


@pytest.mark.parametrize("scheme", ["mean_var", "shuffled"])
def test_a_network_without_biases_refuses_to_draw_them(source, scheme):
    with pytest.raises(ValueError, match="cbr_tiny that are drawn has a bias"):
        initialized(scheme, source, 5, mean_var_biases=True)


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
