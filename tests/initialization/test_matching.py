"""One network in all files that Keras writes, and what does not fit."""

import dataclasses
import os

import keras
import numpy as np
import pytest

from tests.initialization import small_networks
from tests.initialization.legacy_files import in_old_order, legacy, old_name
from transfusion_tf.initialization import (
    fingerprints,
    matching,
    weight_files,
)
from transfusion_tf.models import zoo

NAMES = ("w.h5", "w.weights.h5", "w.keras", "w.pth", "resnet50_notop")


@pytest.fixture(scope="module")
def resnet():
    """As if ResNet50 were narrow and had two stages."""
    ends = ("conv1_relu", "conv2_block2_out", "body")
    backbone = small_networks.backbone(
        small_networks.resnet,
        dict(zip(("conv1", "block1", "block2"), ends, strict=True)),
    )
    return dataclasses.replace(backbone, name="resnet50")


@pytest.fixture(scope="module")
def arrays(resnet):
    """{layer: its arrays}, all numbers different, variances positive."""
    rng = np.random.default_rng(0)
    return {
        layer.name: [
            rng.uniform(0.5, 1.5, weight.shape).astype(np.float32)
            for weight in layer.weights
        ]
        for stage in resnet.stages
        for layer in stage.layers
    }


@pytest.fixture
def known(resnet, monkeypatch):
    """As if ResNet50 had the shapes of `resnet`."""
    shapes = [
        [weight.shape for weight in layer.weights]
        for stage in resnet.stages
        for layer in stage.layers
    ]
    digits = fingerprints.fingerprint(shapes)
    monkeypatch.setitem(fingerprints.FINGERPRINTS, "resnet50", digits)


class Writer:
    """Writes `resnet` with `arrays` by one Keras; builds each model once."""

    def __init__(self, library, arrays):
        self.keras, self.arrays, self.models = library, arrays, {}

    def model(self, form):
        """`form`: "body", "head" (five classes, 64 pixels) or "inside"."""
        if form not in self.models:
            self.models[form] = getattr(self, form)()
        return self.models[form]

    def body(self):
        return self._filled()

    def head(self):
        return self._filled(size=64, include_top=True, classes=5)

    def inside(self):
        """As a layer of another model."""
        layers = self.keras.layers
        return self.keras.Sequential(
            [
                self.keras.Input((32, 32, 3)),
                self.model("body"),
                layers.Dropout(0.5),
                layers.GlobalAveragePooling2D(),
                layers.Dense(3),
            ]
        )

    def _filled(self, **options):
        model = small_networks.resnet(self.keras, **options)
        for layer in model.layers:
            if layer.name in self.arrays:
                layer.set_weights(self.arrays[layer.name])
        return model


@pytest.fixture(scope="module")
def keras3(arrays):
    return Writer(keras, arrays)


@pytest.fixture(scope="module")
def keras2(arrays):
    return Writer(pytest.importorskip("tf_keras"), arrays)


def check(backbone, path, arrays):
    """`path` holds `arrays`, by name; returns its Source and what is left."""
    source = weight_files.read(path)
    match = matching.plan(backbone, source)
    expected = {
        weight.path: array
        for layer in backbone.model.layers
        for weight, array in zip(
            layer.weights, arrays.get(layer.name, ()), strict=False
        )
    }
    assert match.values.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(match.values[name], array)
    return source, match


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5")
@pytest.mark.parametrize(
    "writer, form, whole, suffix, format_",
    [
        ("keras2", "body", False, ".h5", weight_files.LEGACY),
        ("keras2", "body", True, ".h5", weight_files.LEGACY),
        ("keras2", "head", False, ".h5", weight_files.LEGACY),
        ("keras2", "head", True, ".h5", weight_files.LEGACY),
        ("keras2", "inside", True, ".h5", weight_files.LEGACY),
        ("keras2", "head", False, ".weights.h5", weight_files.WEIGHTS_3),
        ("keras3", "body", True, ".h5", weight_files.LEGACY),
        ("keras3", "head", True, ".h5", weight_files.LEGACY),
        ("keras3", "inside", True, ".h5", weight_files.LEGACY),
        ("keras3", "body", False, ".weights.h5", weight_files.WEIGHTS_3),
        ("keras3", "inside", False, ".weights.h5", weight_files.WEIGHTS_3),
        ("keras3", "head", True, ".keras", weight_files.ARCHIVE_3),
    ],
)
def test_any_file_gives_the_same_tensors(
    request,
    resnet,
    known,
    arrays,
    tmp_path,
    writer,
    form,
    whole,
    suffix,
    format_,
):
    model = request.getfixturevalue(writer).model(form)
    written = tmp_path / f"written{suffix}"
    (model.save if whole else model.save_weights)(written)
    # All names for one file of each Keras, else one name that lies.
    names = NAMES if form == "body" and not whole else NAMES[-2:-1]
    for name in names:
        path = tmp_path / name
        os.replace(written, path)
        source, match = check(resnet, path, arrays)
        os.replace(path, written)
        assert source.identity["file"] == name
        assert source.identity["format"] == format_
        assert source.identity["architecture"] == "resnet50"
    assert len(match.skipped) == (0 if form == "body" else 2)
    assert set(match.skipped.values()) <= {matching.HEAD}


@pytest.mark.parametrize("stages", [["conv1", "block1"], None])
@pytest.mark.parametrize("inside", [None, "resnet50"])
def test_files_of_former_keras_go_by_their_names(
    resnet, arrays, tmp_path, stages, inside
):
    """`inside`: in another model, as TensorFlow 1 writes it."""
    kinds = {2: ("kernel", "bias")}
    kinds |= {4: ("gamma", "beta", "moving_mean", "moving_variance")}
    written, number = {}, "_1" if inside else ""
    for name in in_old_order(arrays):
        layer = inside or old_name(name)
        written.setdefault(layer, {}).update(
            {
                f"{old_name(name)}{number}/{kind}:0": array
                for kind, array in zip(
                    kinds[len(arrays[name])], arrays[name], strict=True
                )
            }
        )
    names = [name for layer in written.values() for name in layer]
    assert names.index(f"res2a_branch2c{number}/kernel:0") < names.index(
        f"res2a_branch1{number}/kernel:0"
    )
    path = legacy(tmp_path / "w", layers=written)
    match = matching.plan(resnet, weight_files.read(path), stages=stages)
    taken = stages or resnet.stage_names
    for stage in resnet.stages:
        for layer in stage.layers:
            for weight, array in zip(
                layer.weights, arrays[layer.name], strict=True
            ):
                if stage.name in taken:
                    found = match.values.pop(weight.path)
                    np.testing.assert_array_equal(found, array)
    assert not match.values


def small(name="cbr_tiny", **options):
    return zoo.build(name, num_outputs=4, image_size=16, **options)


@pytest.fixture(scope="module")
def tiny_file(tmp_path_factory):
    """Keras 3's weights of a cbr_tiny."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.weights.h5"
    small().model.save_weights(path)
    return path


def test_only_the_stages_asked_for_are_taken(tiny_file):
    backbone, source = small(), weight_files.read(tiny_file)
    match = matching.plan(backbone, source, stages=["conv1", "conv2"])
    taken = [v.path for s in backbone.stages[:2] for v in s.variables]
    assert list(match.values) == taken
    assert len(match.skipped) == 2 * 5 + 2
    assert match.skipped["conv3_conv/0"] == "above conv2"
    assert match.skipped["logits/1"] == matching.HEAD
    assert not matching.plan(backbone, source, stages=[]).values


def test_a_slim_network_takes_what_has_its_width(tiny_file):
    slim = small("cbr_tiny_slim", slim_from="conv3", slim_width=0.5)
    source = weight_files.read(tiny_file)
    match = matching.plan(slim, source, stages=["conv1", "conv2"])
    assert len(match.values) == 10
    with pytest.raises(
        ValueError,
        match="do not fit cbr_tiny_slim: conv3_conv "
        "needs .*--init=transfusion --through=STAGE",
    ) as error:
        matching.plan(slim, source)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name, message",
    [
        (
            "cbr_tiny_wide",
            r"conv1_conv needs \(5, 5, 3, 64\); in its place is conv1_conv "
            r"with \(5, 5, 3, 32\) \(and 7 more layers\). They look like "
            "cbr_tiny; give weights of a cbr_tiny_wide",
        ),
        ("cbr_small", r"conv1_conv needs \(7, 7, 3, 32\)"),
        ("squeezenet", r"conv1 needs \(3, 3, 3, 64\), \(64,\); in its place"),
    ],
)
def test_another_width_or_architecture_is_refused(tiny_file, name, message):
    backbone = zoo.build(name, num_outputs=4, image_size=32)
    with pytest.raises(ValueError, match=f"do not fit {name}: {message}"):
        matching.plan(backbone, weight_files.read(tiny_file))


def test_more_of_a_body_than_the_network_has_is_refused(tmp_path):
    """cbr_small is cbr_larget without its last stage."""
    path = tmp_path / "w.h5"
    small("cbr_larget").model.save_weights(tmp_path / "w.weights.h5")
    os.replace(tmp_path / "w.weights.h5", path)
    with pytest.raises(
        ValueError,
        match=r"conv5_conv with \(7, 7, 256, 512\) is left over. They look "
        "like cbr_larget",
    ):
        matching.plan(small("cbr_small"), weight_files.read(path))


def test_less_than_the_network_has_is_refused(tmp_path):
    path = tmp_path / "w.weights.h5"
    small("cbr_small").model.save_weights(path)
    with pytest.raises(ValueError, match="do not fit cbr_larget: .* no conv5"):
        matching.plan(small("cbr_larget"), weight_files.read(path))


def test_every_imagenet_weight_of_squeezenet_is_taken(shared):
    source = weight_files.read(
        shared / "data/weights/squeezenet_v1.1_imagenet_notop.h5"
    )
    backbone = zoo.build("squeezenet", num_outputs=2, image_size=31)
    match = matching.plan(backbone, source)
    assert sum(array.size for array in match.values.values()) == 722_496
    assert not match.skipped
    layer = next(x for x in source.layers if x.name == "fire9/expand3x3")
    np.testing.assert_array_equal(
        match.values["fire9_expand3x3/kernel"], layer.tensors[0][1]
    )
