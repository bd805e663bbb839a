"""The zoo: parameter counts, stages, minimum sizes, momentum."""

import numpy as np
import pytest

from transfusion_tf import names
from transfusion_tf.models import zoo

# Trainable parameters with five outputs, by hand from the widths, e.g. for
# cbr_tiny: convolutions 25 * (3*32 + 32*64 + 64*128 + 128*256) = 1,077,600,
# batch norm 2 * (32 + 64 + 128 + 256) = 960, head 256*5 + 5 = 1,285.
TRAINABLE = {
    "cbr_larget": 8_539_173,
    "cbr_largew": 8_443_461,
    "cbr_small": 2_114_341,
    "cbr_tiny": 1_079_845,
    "cbr_tiny_wide": 4_310_085,
}
# Published by Raghu et al. 2019: kernels without the first convolution,
# biases and batch norm. That of CBR-Tiny fits widths 32-256 only.
PUBLISHED = {
    "cbr_larget": 8_532_480,
    "cbr_largew": 8_432_128,
    "cbr_small": 2_108_672,
    "cbr_tiny": 1_076_480,
}


@pytest.fixture(scope="module", params=names.MODELS)
def backbone(request):
    return zoo.build(request.param, num_outputs=5, image_size=32)


def size(variables):
    return sum(int(np.prod(v.shape)) for v in variables)


def test_tables_cover_the_zoo():
    assert set(TRAINABLE) == set(names.MODELS) == set(zoo.ZOO)


def test_parameter_counts(backbone):
    assert size(backbone.model.trainable_variables) == TRAINABLE[backbone.name]


def test_published_counts(backbone):
    kernels = [v for v in backbone.model.variables if v.name == "kernel"]
    if backbone.name in PUBLISHED:
        assert size(kernels[1:]) == PUBLISHED[backbone.name]
    else:  # The text's widths: four times the count that was published.
        assert size(kernels[1:]) == 4_303_360


def test_stages_halve_the_image_and_end_before_the_pool(backbone):
    sides = [stage.output.shape[1] for stage in backbone.stages]
    assert sides == [32, 16, 8, 4, 2][: len(sides)]
    assert backbone.stage_names == tuple(
        f"conv{i + 1}" for i in range(len(sides))
    )


def test_stages_and_head_hold_all_variables_once(backbone):
    paths = [v.path for s in backbone.stages for v in s.variables]
    paths += backbone.head_paths
    assert sorted(paths) == sorted(v.path for v in backbone.model.variables)


def test_feature_extractor_gives_each_stage(backbone):
    images = np.zeros((2, 32, 32, 3), np.float32)
    outputs = backbone.feature_extractor()(images)
    shapes = [tuple(output.shape) for output in outputs]
    assert shapes == [(2, *s.output.shape[1:]) for s in backbone.stages]
    assert min(float(np.min(output)) for output in outputs) >= 0  # After ReLU.


def test_batch_norm_has_the_momentum_asked_for():
    built = zoo.build("cbr_tiny", num_outputs=2, image_size=16, bn_momentum=0.5)
    norms = [x for x in built.model.layers if hasattr(x, "momentum")]
    assert [(x.momentum, x.epsilon) for x in norms] == [(0.5, 1e-3)] * 4


def test_pixels_are_scaled_inside_the_model():
    built = zoo.build("cbr_tiny", num_outputs=2, image_size=16)
    scaling = built.model.get_layer("scaling_tf")
    pixels = np.array([0, 127.5, 255], np.float32).reshape(1, 3, 1, 1)
    np.testing.assert_allclose(np.ravel(scaling(pixels)), [-1, 0, 1])


def test_the_smallest_image_fits_and_a_smaller_one_is_refused():
    zoo.build("cbr_small", num_outputs=2, image_size=16)
    with pytest.raises(ValueError, match="at least 16 pixels.*--image_size=15"):
        zoo.build("cbr_small", num_outputs=2, image_size=15)


def test_unknown_names_list_the_choices(backbone):
    with pytest.raises(ValueError, match="Unknown model 'vgg'; known: cbr_"):
        zoo.build("vgg", num_outputs=2, image_size=32)
    with pytest.raises(ValueError, match="'block1'; known: conv1, conv2"):
        backbone.stage("block1")
