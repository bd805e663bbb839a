"""Slim networks: what is narrowed, by how much, and what is refused."""

import functools

import pytest

from tests.initialization import draws
from transfusion_tf import names
from transfusion_tf.models import cost, slim, zoo


@functools.cache
def build(name="cbr_tiny_slim", **settings):
    """Networks are shared by the tests: none changes them."""
    settings = {"image_size": 32, **settings}
    return zoo.build(name, num_outputs=5, **settings)


def shapes(backbone):
    """{stage: shapes of its weights}."""
    return {
        stage.name: [tuple(v.shape) for v in stage.variables]
        for stage in backbone.stages
    }


def counts(backbone):
    """Kernels' and all the other numbers' count per stage."""
    return [cost.num_parameters(stage.layers) for stage in backbone.stages]


def test_names_are_those_of_the_flags():
    assert set(slim.BASES) == {n for n in names.MODELS if n.endswith("_slim")}


def test_cbr_tiny_slim_by_hand():
    backbone = build()
    assert backbone.name == backbone.model.name == "cbr_tiny_slim"
    # Widths 32, 64, then half of 128 and of 256; kernels of 25; four batch norm
    # numbers a filter.
    assert counts(backbone) == [
        25 * 3 * 32 + 4 * 32,
        25 * 32 * 64 + 4 * 64,
        25 * 64 * 64 + 4 * 64,
        25 * 64 * 128 + 4 * 128,
    ]
    assert cost.num_parameters(backbone.head) == 128 * 5 + 5


@pytest.mark.parametrize(
    "settings, widths",
    [
        ({}, [32, 64, 64, 128]),
        ({"slim_from": "conv2"}, [32, 32, 64, 128]),
        ({"slim_from": "conv4"}, [32, 64, 128, 128]),
        ({"slim_width": 0.3}, [32, 64, 38, 77]),  # 38.4 and 76.8, rounded.
        ({"slim_width": 0.01, "slim_from": "conv2"}, [32, 8, 8, 8]),
    ],
)
def test_widths(settings, widths):
    stages = build(**settings).stages
    assert [stage.output.shape[-1] for stage in stages] == widths


@pytest.fixture(scope="module")
def resnet50_slim():
    """(the ResNet50 that the zoo narrows, what it makes of it)."""
    narrowed, narrow = [], slim.narrow

    def recorded(backbone, *settings):
        narrowed.append(backbone)
        return narrow(backbone, *settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slim, "narrow", recorded)
        backbone = build("resnet50_slim")
    return *narrowed, backbone


def test_lower_stages_fit_the_full_network(resnet50_slim):
    """resnet50_slim: shapes as in resnet50 through block2, half above."""
    full, narrow = map(shapes, resnet50_slim)
    assert resnet50_slim[0].stage("block4").output.shape[-1] == 2048
    assert list(full) == list(narrow)
    for stage in ("conv1", "block1", "block2"):
        assert narrow[stage] == full[stage]
    # Above, every width is halved, except what comes up from block2.
    for stage in ("block3", "block4"):
        for wide, slender in zip(full[stage], narrow[stage], strict=True):
            assert slender[-1] == wide[-1] // 2
            if len(wide) == 4:
                below = stage == "block3" and wide[2] == 512
                assert slender[2] == (wide[2] if below else wide[2] // 2)


def test_inception_v3_slim():
    backbone = build("inception_v3_slim", image_size=75)
    assert [s.output.shape[-1] for s in backbone.stages] == [
        *(64, 192, 288, 768 // 2, 2048 // 2)
    ]
    assert backbone.scaling == "tf"


@pytest.mark.parametrize("name", slim.BASES)
def test_fresh_weights_are_drawn_by_seed_and_path(name):
    size = {"image_size": 75} if name == "inception_v3_slim" else {}
    draws.check_draws(build(name, **size))


def test_other_settings_pass_through():
    backbone = build(bn_momentum=0.6, input_scaling="unit")
    norms = [x for x in backbone.model.layers if hasattr(x, "momentum")]
    assert [x.momentum for x in norms] == [0.6] * 4
    assert backbone.scaling == "unit"
    assert backbone.model.layers[1].name == "scaling_unit"


@pytest.mark.parametrize(
    "name, settings, message",
    [
        (
            "cbr_tiny_slim",
            {"slim_from": "block3"},
            "stage of cbr_tiny_slim 'block3'; known: conv1, conv2, conv3",
        ),
        (
            "cbr_tiny_slim",
            {"slim_from": "conv1"},
            "slim_from=conv1 would leave .* allowed: conv2, conv3, conv4",
        ),
        ("cbr_tiny_slim", {"slim_width": 1.0}, r"must be in \(0, 1\).*: 1.0"),
        ("cbr_tiny_slim", {"slim_width": 0.0}, r"must be in \(0, 1\).*: 0.0"),
        (
            "cbr_tiny",
            {"slim_width": 0.5},
            "resnet50_slim.*--slim_width=0.5 and --model=cbr_tiny",
        ),
        (
            "squeezenet",
            {"slim_from": "block3"},
            "goes with --model=cbr_la",
        ),
    ],
)
def test_what_does_not_fit_is_refused(name, settings, message):
    with pytest.raises(ValueError, match=message):
        build(name, **settings)
