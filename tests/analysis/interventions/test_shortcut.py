"""Networks that know textures, and networks that know shapes."""

import numpy as np
import pytest

from transfusion_tf.analysis.interventions import shortcut
from transfusion_tf.data.distortions import Distortion
from transfusion_tf.metrics import auc

SIDE = 32
LABELS = np.arange(60) % 2
CHOSEN = [
    Distortion("block_shuffle", 4),
    Distortion("block_shuffle", 8),
    Distortion("low_pass", 0.1),
    Distortion("high_pass", 0.1),
]
PLAIN, COARSE, FINE, LOW, HIGH = range(5)


def textures(rng):
    """Stripes of 4 pixels, from left to right or from top to bottom."""
    place = np.arange(SIDE)
    found = []
    for label in LABELS:
        wave = 40 * np.sin(np.pi / 2 * place + rng.uniform(0, 2 * np.pi))
        found.append(wave[:, None] if label else wave[None, :])
    return np.stack([np.broadcast_to(x, (SIDE, SIDE)) for x in found])


def shapes(rng):
    """Two quarters are light, on one diagonal or the other: no texture."""
    del rng
    half = np.arange(SIDE) < SIDE // 2
    light = half[:, None] == half[None, :]
    return np.stack([40.0 * (light if label else ~light) for label in LABELS])


def knows_textures(images):
    """Logit: are rows more alike than columns? Rims are blurred otherwise."""
    grey = images.mean(axis=-1)[:, 10:-10, 10:-10]
    down, across = (np.diff(grey, axis=axis) ** 2 for axis in (1, 2))
    return down.mean(axis=(1, 2)) - across.mean(axis=(1, 2))


def knows_shapes(images):
    """Logit: is the diagonal of quarters lighter than the other one?"""
    half = SIDE // 2
    grey = images.mean(axis=-1)
    parts = grey.reshape(-1, 2, half, 2, half).mean(axis=(2, 4))
    return parts[:, 0, 0] + parts[:, 1, 1] - parts[:, 0, 1] - parts[:, 1, 0]


class Network:
    """A two-class network made of one logit; counts its images."""

    def __init__(self, logit):
        self._logit, self.num_images = logit, 0

    def logits(self, images):
        self.num_images += len(images)
        found = self._logit(images)
        return np.stack([np.zeros_like(found), found], axis=1)


def batches(surfaces, size=25):
    """Noisy grey images of a set, in batches."""
    rng = np.random.default_rng(0)
    images = 128 + surfaces(rng) + rng.normal(0, 10, (len(LABELS), SIDE, SIDE))
    images = np.repeat(images.clip(0, 255)[..., None], 3, axis=3)
    columns = {
        "image": images.astype(np.float32),
        "label": LABELS,
        "id": np.array([f"i{n}" for n in range(len(LABELS))]),
        "patient": np.array([f"p{n // 2}" for n in range(len(LABELS))]),
    }
    for start in range(0, len(LABELS), size):
        yield {name: x[start : start + size] for name, x in columns.items()}


def scored(networks, surfaces, chosen=CHOSEN, seed=0):
    return shortcut.scored(
        networks, batches(surfaces), chosen, task="multiclass", seed=seed
    )


def aucs(logit, surfaces):
    """The AUC on plain images, and on each of CHOSEN."""
    found = scored({"one": Network(logit)}, surfaces)["one"]
    return [auc.auc(found.labels, one[:, 1]) for one in found.scores]


def test_shuffled_textures_keep_a_texture_classifier():
    found = aucs(knows_textures, textures)
    assert min(found[PLAIN], found[COARSE], found[FINE]) > 0.99
    # Details are what stripes are.
    assert found[HIGH] > 0.99
    assert 0.3 < found[LOW] < 0.7


def test_shuffled_shapes_take_it_from_a_shape_classifier():
    found = aucs(knows_shapes, shapes)
    assert found[PLAIN] > 0.99
    assert 0.3 < found[COARSE] < 0.7
    assert 0.3 < found[FINE] < 0.7
    assert found[LOW] > 0.99


def test_networks_are_asked_once_for_each_image_and_distortion():
    """Several networks see the same images, each in one pass."""
    networks = {
        "textures": Network(knows_textures),
        "shapes": Network(knows_shapes),
    }
    found = scored(networks, textures)
    for name, network in networks.items():
        assert network.num_images == len(LABELS) * (1 + len(CHOSEN))
        assert found[name].scores.shape == (1 + len(CHOSEN), len(LABELS), 2)
        np.testing.assert_array_equal(found[name].labels, LABELS)
        assert len(set(found[name].patients)) == 30
    alone = scored({"shapes": Network(knows_shapes)}, textures)
    np.testing.assert_array_equal(
        alone["shapes"].scores, found["shapes"].scores
    )


def test_losses_are_those_of_the_true_class():
    one = scored({"one": Network(knows_shapes)}, shapes)["one"]
    right = one.scores[:, np.arange(len(LABELS)), LABELS]
    np.testing.assert_allclose(one.losses, -np.log(right), rtol=1e-4, atol=1e-6)


def test_the_seed_decides_on_the_order_of_blocks():
    first, same, other = (
        scored({"one": Network(knows_shapes)}, shapes, seed=seed)["one"].scores
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first[COARSE], other[COARSE])
    np.testing.assert_array_equal(first[LOW], other[LOW])


def test_more_blocks_than_pixels():
    with pytest.raises(ValueError, match="1 to 32 blocks along a side"):
        scored(
            {"one": Network(knows_shapes)},
            shapes,
            [Distortion("block_shuffle", 33)],
        )
