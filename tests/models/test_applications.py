"""Each Keras application against Keras' own: counts, order, features."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import applications
from keras.src.utils import file_utils

from tests.initialization import draws
from transfusion_tf import names
from transfusion_tf.initialization import (
    fingerprints,
    imagenet,
    matching,
    weight_files,
)
from transfusion_tf.models import cost, stages, truncation, zoo

# {name: (Keras' builder, parameters without head as Keras' documentation has
# them: the total less those of its 1000-way dense layer)}.
KERAS = {
    "resnet50": (applications.ResNet50, 25_636_712 - 2049 * 1000),
    "inception_v3": (applications.InceptionV3, 23_851_784 - 2049 * 1000),
    "densenet121": (applications.DenseNet121, 8_062_504 - 1025 * 1000),
    "inception_resnet_v2": (
        applications.InceptionResNetV2,
        55_873_736 - 1537 * 1000,
    ),
    "efficientnetv2_b0": (
        applications.EfficientNetV2B0,
        7_200_312 - 1281 * 1000,
    ),
    "convnext_tiny": (applications.ConvNeXtTiny, 28_589_128 - 769 * 1000),
    # Its original head has another convolution: 2,554,968 in all, less
    # 576 * 1024 + 1024 and 1024 * 1000 + 1000.
    "mobilenet_v3_small": (
        applications.MobileNetV3Small,
        2_554_968 - 577 * 1024 - 1025 * 1000,
    ),
}
# Keras' own preprocessing where the model does not bring it along.
PREPROCESS = {
    "resnet50": applications.resnet50.preprocess_input,
    "inception_v3": applications.inception_v3.preprocess_input,
    "densenet121": applications.densenet.preprocess_input,
    "inception_resnet_v2": applications.inception_resnet_v2.preprocess_input,
}
# Networks of two and three times as many layers, of no further kinds.
LIKE_OTHERS = {
    "densenet121": "resnet50",
    "inception_resnet_v2": "inception_v3",
}
# MobileNetV3's published weights are for 224 pixels; none are loaded.
pytestmark = pytest.mark.filterwarnings("ignore:`input_shape` is undefined or")
# Padding keeps halves whole in these; the others lose borders.
SIDES = {75: [35, 15, 7, 3, 1], 32: [16, 8, 4, 2, 1]}


@dataclasses.dataclass
class Pair:
    """Ours and Keras', of one image size and with the same random weights."""

    name: str
    ours: stages.Backbone
    theirs: keras.Model
    size: int
    asked: list  # Of Keras' downloads: (file, url, options).


def build_theirs(name, size):
    """(Keras' own network, what it would download), without weights."""
    asked, built = [], []

    def get_file(file, origin, **options):
        asked.append((file, origin, options))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_utils, "get_file", get_file)
        # Drawing them takes long, and others are set.
        patch.setattr(
            keras.initializers.VarianceScaling,
            "__call__",
            lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype),
        )
        patch.setattr(
            keras.Model, "load_weights", lambda self, path: built.append(self)
        )
        model = KERAS[name][0](include_top=False, input_shape=(size, size, 3))
    assert built == [model]
    return model, asked


@pytest.fixture(scope="module", params=KERAS)
def pair(request):
    name = request.param
    size = zoo.find(name).min_size
    has_norms = name not in names.WITHOUT_BATCH_NORM
    momentum = 0.7 if has_norms else None
    ours = zoo.build(name, num_outputs=3, image_size=size, bn_momentum=momentum)
    # As in a fresh process: Keras numbers what it names by itself.
    keras.backend.clear_session()
    theirs, asked = build_theirs(name, size)
    head = {x.path for layer in ours.head for x in layer.weights}
    body = [x for x in ours.weights if x.path not in head]
    move_vectors(body)
    theirs.set_weights([weight.numpy() for weight in body])
    return Pair(name, ours, theirs, size, asked)


def move_vectors(weights):
    """Sets at random what is not drawn, so that none is at its start."""
    rng = np.random.default_rng(0)
    for weight in weights:
        if len(weight.shape) == 1:
            low, high = {
                "gamma": (0.5, 1.0),
                "moving_variance": (0.5, 1.5),
            }.get(weight.name, (-0.1, 0.1))
            weight.assign(rng.uniform(low, high, weight.shape))


def leaves(model):
    """Layers with weights, those inside of models included, in order."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        elif layer.weights:
            yield layer


def test_tables_cover_the_family():
    from transfusion_tf.models import applications as ours

    assert set(KERAS) == set(ours.NETWORKS)


def test_parameters_are_those_of_keras(pair):
    body = [layer for stage in pair.ours.stages for layer in stage.layers]
    count = cost.num_parameters(body)
    assert count == pair.theirs.count_params() == KERAS[pair.name][1]


def test_names_order_and_shapes_are_those_of_keras(pair):
    """Legacy files are read by order; Keras' fresh names are the interface."""
    body = [
        layer
        for layer in pair.ours.model.layers
        if layer.weights and layer not in pair.ours.head
    ]
    for ours, theirs in zip(body, leaves(pair.theirs), strict=True):
        assert ours.name == theirs.name
        assert type(ours).__name__ == type(theirs).__name__
        assert [w.shape for w in ours.weights] == [
            w.shape for w in theirs.weights
        ]


def test_published_weights_are_those_that_keras_fetches(pair):
    entry = imagenet.FILES[pair.name]
    options = {"cache_subdir": "models", "file_hash": entry.digest}
    assert pair.asked == [(entry.file, entry.url, options)]


def dropouts(backbone):
    """Names of the layers that drop something at random, in order."""
    kind = keras.layers.Dropout
    return [x.name for x in backbone.model.layers if isinstance(x, kind)]


def test_cut_off_at_any_stage_the_layers_below_are_the_same(pair):
    """Legacy files are read by order, and draws are seeded by path."""
    whole, outputs = pair.ours, zoo.find(pair.name).outputs
    paths = [weight.path for weight in whole.weights]
    cuts = whole.stage_names[:-1]
    for stage in cuts[2:3] if pair.name in LIKE_OTHERS else cuts:
        made = truncation.cut(whole, stage, outputs, whole=None)
        *body, kernel, bias = [weight.path for weight in made.weights]
        assert body == paths[: len(body)] and len(body) < len(paths) - 2
        assert [kernel, bias] == ["logits/kernel", "logits/bias"]
        assert made.stage_names[-1] == stage
        assert made.stages[-1].output.shape == whole.stage(stage).output.shape
        # Of dropout, which is seeded by its place.
        ours, all_of_them = map(dropouts, (made, whole))
        assert ours == all_of_them[: len(ours)]
        assert len(ours) == len(made.random_states)


def test_the_architecture_is_recognised(pair):
    """Keras', which has no head, and ours with its own."""
    for layers in (leaves(pair.theirs), leaves(pair.ours.model)):
        shapes = [[weight.shape for weight in x.weights] for x in layers]
        assert fingerprints.recognise(shapes) == pair.name


def test_every_layer_takes_its_weights_from_keras_file(pair, tmp_path):
    if pair.name in LIKE_OTHERS:
        pytest.skip(f"its layers are of the kinds of {LIKE_OTHERS[pair.name]}")
    path = tmp_path / "w.weights.h5"
    pair.theirs.save_weights(path)
    match = matching.plan(pair.ours, weight_files.read(path))
    path.unlink()  # Up to two hundred megabytes.
    assert not match.skipped
    head = {x.path for layer in pair.ours.head for x in layer.weights}
    body = [x for x in pair.ours.weights if x.path not in head]
    for weight, theirs in zip(body, pair.theirs.weights, strict=True):
        np.testing.assert_array_equal(match.values[weight.path], theirs)


def test_features_are_those_of_keras(pair):
    rng = np.random.default_rng(1)
    images = rng.uniform(0, 255, (2, pair.size, pair.size, 3))
    images = images.astype(np.float32)
    ours = pair.ours.feature_extractor()(images, training=False)[-1]
    preprocess = PREPROCESS.get(pair.name, lambda x: x)
    theirs = pair.theirs(preprocess(images.copy()), training=False)
    ours, theirs = (np.mean(x, axis=(1, 2)) for x in (ours, theirs))
    largest = np.abs(theirs).max()
    assert np.ptp(theirs) > 1e-3 * largest > 0  # Not dead, nor constant.
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * largest)


def test_fresh_weights_are_drawn_by_seed_and_path(pair):
    draws.check_draws(pair.ours)


def test_stages_end_where_the_resolution_falls(pair):
    assert pair.ours.stage_names == (
        *("conv1", "block1", "block2", "block3", "block4"),
    )
    sides = SIDES[pair.size]
    if pair.name == "convnext_tiny":
        sides = [8, *sides[1:]]  # Its stem divides by four.
    assert [s.output.shape[1] for s in pair.ours.stages] == sides
    assert [layer.name for layer in pair.ours.head] == ["logits"]


def test_the_minimum_size_is_that_of_keras(pair):
    size = pair.size - 1
    with pytest.raises(ValueError, match="Input size must be at least"):
        KERAS[pair.name][0](
            weights=None, include_top=False, input_shape=(size, size, 3)
        )
    with pytest.raises(ValueError, match=f"{pair.name} needs images of at"):
        zoo.build(pair.name, num_outputs=3, image_size=size)


def test_batch_norm_is_ours_with_keras_settings(pair):
    kind = keras.layers.BatchNormalization
    ours = [x for x in pair.ours.model.layers if isinstance(x, kind)]
    theirs = [x for x in pair.theirs.layers if isinstance(x, kind)]
    assert bool(ours) == (pair.name not in names.WITHOUT_BATCH_NORM)
    for mine, original in zip(ours, theirs, strict=True):
        assert mine.momentum == 0.7
        assert type(mine).__module__ == "transfusion_tf.models.batch_norm"
        settings = ("epsilon", "scale", "center", "axis")
        assert [getattr(mine, x) for x in settings] == [
            getattr(original, x) for x in settings
        ]


def test_only_dropout_has_random_states(pair):
    drops = [x for x in pair.ours.model.layers if "Dropout" in str(type(x))]
    assert bool(drops) == (pair.name == "efficientnetv2_b0")
    assert len(pair.ours.random_states) == len(drops)
    assert len(pair.ours.model.variables) == len(pair.ours.weights) + len(drops)


def test_the_document_says_the_same(pair, documented):
    network = zoo.find(pair.name)
    assert documented[pair.name] == {
        "stages": network.outputs,
        "min_size": pair.size,
        "scaling": network.scaling,
        "parameters": KERAS[pair.name][1],
    }
