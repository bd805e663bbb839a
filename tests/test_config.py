"""RunConfig: JSON and flags in and out, and what it refuses."""

import json

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
