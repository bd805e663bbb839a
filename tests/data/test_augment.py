"""Augmentations: pure, seeded, and of the shapes that they promise."""

import numpy as np
import pytest
import tensorflow as tf

from transfusion_tf import names
from transfusion_tf.config.run import DataConfig
from transfusion_tf.data import augment
from transfusion_tf.data.augmentation import erasing, geometry, photometry

IMAGE = np.random.default_rng(0).uniform(0, 255, (20, 20, 3)).astype(np.float32)


def test_the_family_is_complete():
    families = geometry.NAMES, photometry.NAMES, (erasing.NAME,)
    found = [name for family in families for name in family]
    assert sorted(found) == sorted(names.AUGMENTATIONS)


@pytest.mark.parametrize("name", names.AUGMENTATIONS)
class TestContract:
    def draw(self, name, seed):
        seed = tf.constant(seed, tf.int32)
        return augment.apply(IMAGE, seed, which=(name,)).numpy()

    def test_the_seed_decides(self, name):
        np.testing.assert_array_equal(
            self.draw(name, [1, 2]), self.draw(name, [1, 2])
        )
        drawn = {self.draw(name, [i, 0]).tobytes() for i in range(12)}
        assert len(drawn) > 1

    def test_values_stay_in_range(self, name):
        for i in range(5):
            drawn = self.draw(name, [5, i])
            assert drawn.shape == IMAGE.shape and drawn.dtype == IMAGE.dtype
            assert drawn.min() >= 0 and drawn.max() <= 255

    def test_grey_stays_grey(self, name):
        grey = np.repeat(IMAGE[..., :1], 3, axis=-1)
        if name in photometry.OF_COLOURS:
            pytest.skip("refused on grey images")
        for i in range(5):
            drawn = augment.apply(grey, tf.constant([5, i]), which=(name,))
            assert (drawn.numpy() == drawn.numpy()[..., :1]).all()

    def test_the_same_inside_tf_data(self, name):
        seeds = tf.data.Dataset.from_tensor_slices([[3, 4]])
        (inside,) = seeds.map(
            lambda seed: augment.apply(tf.constant(IMAGE), seed, which=(name,))
        ).as_numpy_iterator()
        np.testing.assert_array_equal(inside, self.draw(name, [3, 4]))


def test_flips_are_flips():
    seen = {"horizontal_flip": IMAGE[:, ::-1], "vertical_flip": IMAGE[::-1]}
    for name, flipped in seen.items():
        drawn = [
            augment.apply(IMAGE, tf.constant([i, 0]), which=(name,)).numpy()
            for i in range(12)
        ]
        assert any(np.array_equal(image, flipped) for image in drawn)
        assert any(np.array_equal(image, IMAGE) for image in drawn)


@pytest.mark.parametrize(
    "in_turn",
    [
        ("shift", "horizontal_flip", "vertical_flip"),
        ("shift", "brightness", "contrast", "saturation", "hue", "erasing"),
        ("rotation", "brightness", "erasing"),
    ],
)
def test_one_more_augmentation_leaves_the_draws_of_the_others(in_turn):
    seed = tf.constant([7, 1])
    image = IMAGE
    for name in in_turn:
        image = augment.apply(image, seed, which=(name,))
    for together in (in_turn, in_turn[::-1]):
        drawn = augment.apply(IMAGE, seed, which=together)
        np.testing.assert_array_equal(drawn, image)


def test_what_would_do_nothing_on_the_images_is_refused():
    fundus = DataConfig(augment=("fundus",))
    augment.check(fundus, channels=3, image_size=16)
    with pytest.raises(ValueError, match="saturation and hue would do") as told:
        augment.check(fundus, channels=1, image_size=16)
    assert str(told.value).endswith(
        "give --augment=horizontal_flip,vertical_flip,rotation,brightness,"
        "contrast."
    )
    with pytest.raises(ValueError, match="give --augment=none"):
        augment.check(DataConfig(augment=("hue",)), channels=1, image_size=16)


def test_a_shift_by_less_than_a_pixel_is_refused():
    data = DataConfig(augment=("shift",), shift_range=0.06)
    augment.check(data, channels=1, image_size=17)  # 1.02 pixels.
    with pytest.raises(ValueError, match="0.06 of 16 pixels .* least 0.062"):
        augment.check(data, channels=1, image_size=16)


def flips(name, seeds):
    """Whether each of the seeds flips, bool (len(seeds),)."""
    drawn = tf.data.Dataset.from_tensor_slices(tf.constant(seeds, tf.int32))
    drawn = drawn.map(lambda s: augment.apply(IMAGE, s, which=(name,)))
    (images,) = drawn.batch(len(seeds)).as_numpy_iterator()
    return (images != IMAGE).any(axis=(1, 2, 3))


def test_flips_of_neighbouring_seeds_are_independent():
    # As of 400 epochs of one image; Binomial(400, 1/2) has deviation 10.
    seeds = [[11, epoch] for epoch in range(402)]
    horizontal, vertical = (
        flips(name, seeds) for name in ("horizontal_flip", "vertical_flip")
    )
    for found in (horizontal, vertical):
        assert 155 < found[:400].sum() < 245
        assert 155 < (found[:400] == found[1:401]).sum() < 245
    for shift in (0, 1, 2):
        same = horizontal[shift : 400 + shift] == vertical[:400]
        assert 155 < same.sum() < 245


def test_a_seed_for_each_pair_of_seed_and_text():
    seeds = tf.constant([[0, 0], [0, 1], [1, 0]], tf.int64)
    found = {
        tuple(augment.fold_in(seed, text).numpy())
        for seed in seeds
        for text in ("a", "b", "ab")
    }
    assert len(found) == 9


def test_ids_do_not_clash():
    # Nine pairs of these agree in the 31 bits that were once taken.
    ids = np.array([f"{n:016x}" for n in range(200_000)])
    buckets = tf.strings.to_hash_bucket_fast(ids, 2**31 - 1).numpy()
    order = np.argsort(buckets, kind="stable")
    pairs = np.flatnonzero(np.diff(buckets[order]) == 0)
    assert len(pairs) > 2
    seed = tf.constant([0, 1], tf.int64)
    for place in pairs:
        one, other = ids[order[place]], ids[order[place + 1]]
        assert augment.fold_in(seed, one)[1] != augment.fold_in(seed, other)[1]
