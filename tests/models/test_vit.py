"""Vision transformers by hand: counts, attention, positions, the class token.

tests/initialization/test_vit_weights.py holds them to a program in PyTorch.
"""

import keras
import numpy as np
import pytest
from scipy import special

from tests.initialization import draws
from tests.models import shaken
from transfusion_tf.initialization import fingerprints, sources
from transfusion_tf.models import builtin, cost, tokens, vit, zoo

STAGES = ("embed", "block1", "block2", "block3", "block4")
# {network: (channels of a token, heads)}, as timm has them.
SIZES = {"deit_tiny": (192, 3), "vit_small": (384, 6)}


def build(name="deit_tiny", image_size=32, **settings):
    return zoo.build(name, num_outputs=3, image_size=image_size, **settings)


@pytest.fixture(scope="module")
def backbone():
    """Of five tokens, with weights under which images differ."""
    made = build()
    shaken.shake(made.model)
    return made


@pytest.fixture(scope="module")
def images():
    return shaken.images(32)


def test_table_covers_the_family():
    assert set(SIZES) == set(vit.NETWORKS)


@pytest.mark.parametrize("name", SIZES)
class TestCounts:
    """Of a network for 224 pixels: 196 patches and the class token."""

    @pytest.fixture(scope="class")
    def of_224(self):
        with keras.StatelessScope():  # No weight is made.
            return {name: build(name, 224) for name in SIZES}

    def test_parameters_by_hand(self, name, of_224, documented):
        c, _ = SIZES[name]
        embed = 768 * c + c + c + 197 * c
        # Two norms; three, one, four and four times c by c, and biases.
        block = 4 * c + 12 * c * c + 9 * c
        found = [cost.num_parameters(x.layers) for x in of_224[name].stages]
        assert found == [embed, *[3 * block] * 3, 3 * block + 2 * c]
        assert sum(found) == documented[name]["parameters"]

    def test_multiply_adds_by_hand(self, name, of_224):
        c, _ = SIZES[name]
        block = 197 * 12 * c * c + 2 * 197 * 197 * c
        found = [
            sum(map(cost.multiply_adds, stage.layers))
            for stage in of_224[name].stages
        ]
        assert found == [196 * 768 * c, *[3 * block] * 4]

    def test_stages_are_rows_of_tokens(self, name, of_224):
        c, heads = SIZES[name]
        made = of_224[name]
        shapes = [stage.output.shape for stage in made.stages]
        assert made.stage_names == STAGES and set(shapes) == {(None, 197, 1, c)}
        (found,) = {
            x.num_heads
            for x in made.model.layers
            if isinstance(x, tokens.SelfAttention)
        }
        assert found == heads

    def test_the_document_says_the_same(self, name, of_224, documented):
        assert documented[name]["stages"] == zoo.find(name).outputs
        assert documented[name]["min_size"] == 16
        assert documented[name]["scaling"] == of_224[name].scaling

    def test_the_architecture_is_recognised(self, name, of_224):
        shapes = [sources.shapes_of(x) for x in of_224[name].model.layers]
        shapes = [of_layer for of_layer in shapes if of_layer]
        assert fingerprints.recognise(shapes) == name
        # Of another depth it is another network, and of another head it is not.
        a_block = [x for x in shapes if len(x[0]) == 1][:2]
        assert fingerprints.recognise([*shapes, *a_block]) is None
        assert fingerprints.recognise(shapes[:-1]) == name


def test_fresh_weights_are_drawn_by_seed_and_path():
    made = build()
    draws.check_draws(made)
    spreads = {w.path: float(np.std(w)) for w in made.weights}
    # Uniform with the variance 1 / (3 * 768), and normal.
    assert spreads["patch_embed_proj/kernel"] == pytest.approx(
        1 / np.sqrt(3 * 768), rel=0.02
    )
    for path in ("pos_embed", "blocks_0_attn_qkv", "blocks_11_mlp_fc2"):
        assert spreads[f"{path}/kernel"] == pytest.approx(0.02, rel=0.05)
    assert 0 < spreads["cls_token/kernel"] < 2e-6


@pytest.mark.parametrize(
    "size, message",
    [
        (100, "patches of 16 .*--image_size=100; .* such as 96 or 112"),
        (8, "at least 16 pixels .*--image_size=8"),
    ],
)
def test_images_that_are_not_cut_into_patches_are_refused(size, message):
    with pytest.raises(ValueError, match=message):
        build(image_size=size)


def test_there_is_no_slim_form():
    with pytest.raises(ValueError, match="slim_from=block3 and --model=deit"):
        build(slim_from="block3")


def test_attention_by_hand():
    rng = np.random.default_rng(0)
    given = rng.normal(size=(2, 5, 1, 3 * 6))
    query, key, value = np.split(given[:, :, 0], 3, axis=-1)
    expected = np.zeros((2, 5, 6))
    for image in range(2):
        for head in (slice(0, 3), slice(3, 6)):
            q, k, v = (x[image, :, head] for x in (query, key, value))
            expected[image, :, head] = (
                special.softmax(q @ k.T / np.sqrt(3), axis=1) @ v
            )
    found = tokens.attend(keras.ops.convert_to_tensor(given), 2)
    np.testing.assert_allclose(found[:, :, 0], expected, atol=1e-6)


def features(backbone, images):
    found = backbone.feature_extractor()(images, training=False)
    return dict(zip(backbone.stage_names, map(np.array, found), strict=True))


@pytest.mark.parametrize("truncate_at", [None, "block1"])
def test_the_head_is_on_the_class_token(backbone, images, truncate_at):
    made = backbone
    if truncate_at:
        made = build(truncate_at=truncate_at)
        shaken.shake(made.model)
    last = features(made, images)[made.stage_names[-1]]
    kernel, bias = (np.array(x) for x in made.head[0].weights)
    logits = made.model(images, training=False)
    expected = last[:, 0, 0] @ kernel + bias
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)
    assert np.ptp(expected, axis=0).max() > 1e-3


def test_positions_alone_tell_patches_apart(backbone, images):
    """Exchanged without them, they come out exchanged, and nothing else."""
    exchanged = np.concatenate([images[:, 16:], images[:, :16]], axis=1)
    turned = [0, 3, 4, 1, 2]

    def difference():
        before, after = (
            features(backbone, x)["block4"] for x in (images, exchanged)
        )
        return np.abs(before[:, turned] - after).max()

    assert difference() > 0.1
    embedding = backbone.model.get_layer("pos_embed").kernel
    learned = embedding.numpy()
    embedding.assign(np.zeros(learned.shape))
    assert difference() < 1e-3
    embedding.assign(learned)


def test_patches_are_in_the_order_of_the_image(backbone, images):
    """A change in one corner of the image changes one token of `embed`."""
    changed = images.copy()
    changed[:, 2, 20] = 255 - changed[:, 2, 20]  # Up, and to the right.
    before, after = (features(backbone, x)["embed"] for x in (images, changed))
    moved = np.abs(before - after).max(axis=(0, 2, 3)) > 1e-6
    assert list(moved) == [False, False, True, False, False]


def test_the_copy_of_built_in_layers_computes_the_same(backbone, images):
    copy = builtin.copy(backbone, "softmax")
    assert all(builtin.is_builtin(layer) for layer in copy.layers)
    expected = special.softmax(backbone.model(images, training=False), axis=-1)
    found = copy(images, training=False)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert np.ptp(expected, axis=0).max() > 1e-3


def test_weight_decay_leaves_positions_and_vectors_out(backbone):
    from transfusion_tf.config.train import TrainConfig
    from transfusion_tf.training import optimizers

    config = TrainConfig(optimizer="adamw", weight_decay=0.1)
    optimizer = optimizers.make(config)
    variables = backbone.model.trainable_variables
    optimizers.build(optimizer, variables)
    decayed = {v.path for v in variables if optimizer._use_weight_decay(v)}
    kernels = {v.path for v in variables if v.path.endswith("kernel")}
    assert decayed == kernels - {"cls_token/kernel", "pos_embed/kernel"}
