"""What each scheme promises by itself."""

import numpy as np
import pytest

from tests.initialization.initialized import (
    STAGES,
    build,
    initialized,
    settings_of,
    stage_of,
    values,
)
from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import schemes
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
