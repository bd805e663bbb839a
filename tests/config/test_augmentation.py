"""Recipes and ranges of augmentation in the configuration."""

import json

import pytest

from transfusion_tf import names
from transfusion_tf.config import augmentation
from transfusion_tf.config.run import DataConfig, RunConfig


def test_recipes_become_names_and_numbers():
    made = RunConfig.from_flags_dict({"augment": ["chest"]})
    data = json.loads(json.dumps(made.to_json()))["data"]
    assert data["augment"] == ["shift", "rotation", "zoom", "shear"]
    # Juodelyte et al. 2023: 10 degrees, 0.1, 0.1, 0.1; no flip on chest.
    ranges = {k: v for k, v in data.items() if k in augmentation.RANGES}
    assert ranges == {
        "rotation_degrees": 10.0,
        "shift_range": 0.1,
        "zoom_range": 0.1,
        "shear_range": 0.1,
    }
    assert RunConfig.from_json(made.to_json()) == made


def test_a_recipe_has_ranges_of_its_own_unless_they_are_given():
    fundus = DataConfig(augment=("fundus",))
    assert (fundus.rotation_degrees, fundus.hue_range) == (180.0, 0.01)
    assert DataConfig(augment=("hue",)).hue_range == 0.02
    given = DataConfig(augment=("fundus",), rotation_degrees=20.0)
    assert given.rotation_degrees == 20.0
    assert RunConfig.from_json(RunConfig(data=given).to_json()).data == given


def test_recipes_and_names_together_in_any_order_are_one_configuration():
    one = DataConfig(augment=("erasing", "light"))
    assert one.augment == ("horizontal_flip", "shift", "erasing")
    assert one == DataConfig(augment=("shift", "erasing", "horizontal_flip"))
    assert DataConfig(augment=("none",)) == DataConfig()


def test_without_augmentation_config_json_is_as_before():
    plain = RunConfig().to_json()["data"].keys()
    assert not any(name.endswith(("_range", "_degrees")) for name in plain)
    flipped = RunConfig(data=DataConfig(augment=("horizontal_flip",)))
    assert flipped.to_json()["data"].keys() == plain


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            ["spin"],
            "Unknown augmentation 'spin'; known: horizontal_flip.*, ch",
        ),
        (["chest", "shift"], "which has shift twice; chest stands for shift,"),
        (["light", "fundus"], "which has horizontal_flip twice; light stands"),
        (["none", "shift"], "--augment=none goes alone.*leave none out"),
    ],
)
def test_names_that_are_refused(given, message):
    with pytest.raises(ValueError, match=message) as caught:
        DataConfig(augment=given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("rotation_degrees", 181, r"\(0, 180\]"),
        ("rotation_degrees", 0, r"\(0, 180\]"),
        ("shift_range", 0.6, r"\(0, 0.5\]"),
        ("zoom_range", 1, r"\(0, 0.9\]"),
        ("shear_range", 50, r"\(0, 45\]"),
        ("brightness_range", 1.1, r"\(0, 1\]"),
        ("contrast_range", -0.1, r"\(0, 1\]"),
        ("saturation_range", 2, r"\(0, 1\]"),
        ("hue_range", 0.6, r"\(0, 0.5\]"),
        ("erasing_area", 0.01, r"\(0.02, 1\]"),
        ("erasing_probability", 0, r"\(0, 1\]"),
    ],
)
def test_limits_of_ranges(name, value, allowed):
    owner = augmentation.RANGES[name]
    with pytest.raises(ValueError, match=f"--{name} must be in {allowed}"):
        DataConfig(augment=(owner,), **{name: value})


def test_a_range_goes_with_its_augmentation():
    with pytest.raises(ValueError) as caught:
        DataConfig(augment=("light",), rotation_degrees=10)
    assert str(caught.value) == (
        "--rotation_degrees goes with --augment=rotation. Received: "
        "--rotation_degrees=10.0 and --augment=horizontal_flip,shift; leave "
        "--rotation_degrees out."
    )
    with pytest.raises(ValueError, match="and no --augment; leave"):
        DataConfig(hue_range=0.1)


def test_every_augmentation_but_flips_has_a_range():
    with_ranges = set(augmentation.RANGES.values())
    flips = {"horizontal_flip", "vertical_flip"}
    assert with_ranges == set(names.AUGMENTATIONS) - flips


def test_in_words():
    made = DataConfig(augment=("horizontal_flip", "rotation"))
    assert augmentation.in_words(made) == [
        "horizontal_flip",
        "rotation (rotation_degrees 10)",
    ]
