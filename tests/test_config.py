"""RunConfig: JSON and flags in and out, and what it refuses."""

import json
import math
import typing

import pytest

from transfusion_tf import config
from transfusion_tf.config import RunConfig


def test_json_gives_back_the_same_configuration():
    made = RunConfig.from_flags_dict(
        {
            "model": "cbr_tiny",
            "init": "pretrained",
            "weights": "runs/a",
            "augment": ["shift"],
            "steps": 7,
            "seed": 3,
        }
    )
    text = json.dumps(made.to_json())
    assert RunConfig.from_json(json.loads(text)) == made


def test_epochs_have_a_default_only_without_steps():
    assert RunConfig().train.epochs == config.DEFAULT_EPOCHS
    assert RunConfig.from_flags_dict({"steps": 9}).train.epochs is None


def test_each_flag_belongs_to_one_field():
    fields = config.flag_fields()
    count = sum(
        len(part.__dataclass_fields__) for part in config.PARTS.values()
    )
    assert len(fields) == count + 1  # The seed stands in RunConfig itself.


def test_run_name_is_made_of_dataset_model_init_and_seed():
    made = RunConfig.from_flags_dict({"dataset": "data/chest/", "seed": 2})
    assert made.run_name == "chest-cbr_small-random-seed2"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "resnet"}, "Unknown model 'resnet'; known: cbr_larget"),
        ({"init": "magic"}, "Unknown init 'magic'; known: random, pretrained"),
        ({"optimizer": "rms"}, "Unknown optimizer 'rms'; known: adam, sgd"),
        ({"augment": ["spin"]}, "Unknown augmentation 'spin'"),
        ({"epochs": 1, "steps": 1}, "--epochs or --steps, not both"),
        ({"init": "pretrained"}, "--init=pretrained needs --weights: a run"),
        ({"init": "mean_var"}, "--init=mean_var needs --weights"),
        (
            {"init": "transfusion", "through": "conv1"},
            "--init=transfusion needs --weights",
        ),
        (
            {"init": "transfusion", "weights": "runs/a"},
            "--through=STAGE goes with --init=transfusion, which needs it",
        ),
        (
            {"init": "mean_var", "weights": "runs/a", "through": "conv1"},
            "Received: --init=mean_var --through=conv1",
        ),
        ({"weights": "runs/a"}, "--init=random takes no --weights"),
        ({"gabor_phases": 2}, "--gabor_phases goes with --init=gabor"),
        (
            {"init": "gabor", "gabor_wavelengths": ["3", "x"]},
            "--gabor_wavelengths must be numbers. Received: 'x'",
        ),
        ({"init": "gabor", "gabor_phases": 0}, "--gabor_phases must be at"),
        ({"init": "gabor", "gabor_bandwidth": 0}, "must be positive"),
        (
            {"init": "gabor", "gabor_color_fraction": 1.5},
            r"--gabor_color_fraction must be in \[0, 1\]",
        ),
        ({"input_scaling": "rgb"}, "Unknown input scaling 'rgb'; known: auto"),
        ({"unfreeze_at": 3}, "--unfreeze_at goes with --freeze_through"),
        (
            {"freeze_through": "conv1", "frozen_learning_rate": 0.1},
            "--frozen_learning_rate goes with --unfreeze_at",
        ),
        ({"learning_rate": 0.0}, "--learning_rate must be positive"),
        ({"batch_size": 0}, "--batch_size must be at least 1. Received: 0"),
        ({"bn_momentum": 1.0}, r"--bn_momentum must be in \[0, 1\)"),
        ({"colour": 1}, "Unknown setting 'colour'; known: augment"),
    ],
)
def test_refuses(settings, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_flags_dict(settings)


def float_fields():
    """(flag, whether it is a list) of every setting that has floats."""
    found = []
    for flag, (part, field) in config.flag_fields().items():
        owner = config.PARTS.get(part, RunConfig)
        hint = str(typing.get_type_hints(owner)[field.name])
        if "float" in hint:
            found.append((flag, "tuple" in hint))
    return found


def test_settings_with_floats_are_found():
    assert ("momentum", False) in float_fields()
    assert ("gabor_wavelengths", True) in float_fields()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("flag", "is_list"), float_fields())
def test_no_float_may_be_infinite_or_no_number(flag, is_list, value):
    settings = {
        "init": "gabor",
        "optimizer": "sgd",
        "freeze_through": "conv1",
        "unfreeze_at": 3,
        "model": "cbr_tiny_slim",
    }
    settings[flag] = [5.0, value] if is_list else value
    with pytest.raises(ValueError, match=f"--{flag} must be .*Received: -?"):
        RunConfig.from_flags_dict(settings)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"data": None}, "DataConfig must be a JSON object. Received: None"),
        ({"train": [1]}, "TrainConfig must be a JSON object. Received: .1"),
        ({"seed": "1"}, "RunConfig field 'seed' must be int. Received: '1'"),
        ({"seed": None}, "RunConfig field 'seed' must be int"),
        ({"train": {"batch_size": "32"}}, "'batch_size' must be int. Received"),
        ({"train": {"batch_size": 1.5}}, "'batch_size' must be int"),
        ({"train": {"batch_size": True}}, "'batch_size' must be int"),
        ({"train": {"learning_rate": {}}}, "'learning_rate' must be float"),
        (
            {"train": {"steps": "9"}},
            "'steps' must be int . None. Received: '9'",
        ),
        ({"data": {"augment": "shift"}}, "'augment' must be tuple"),
        ({"data": {"augment": [1]}}, "'augment' must be tuple"),
        ({"model": {"name": 5}}, "'name' must be str"),
        ({"init": {"gabor_wavelengths": ["x"]}}, "'gabor_wavelengths' must"),
    ],
)
def test_json_of_other_types_is_refused(value, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_json(value)


def test_transfusion_through_none_needs_no_weights():
    settings = {"init": "transfusion", "through": "none"}
    assert RunConfig.from_flags_dict(settings).init.weights is None


def test_gabor_takes_weights_or_none():
    for weights in (None, "runs/a"):
        made = RunConfig.from_flags_dict({"init": "gabor", "weights": weights})
        assert made.init.weights == weights


def test_unknown_field_in_json_is_named():
    with pytest.raises(ValueError, match="Unknown DataConfig field 'size'"):
        RunConfig.from_json({"data": {"size": 3}})
