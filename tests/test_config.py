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
        ({"init": "pretrained"}, "every other init needs them"),
        ({"weights": "runs/a"}, "'random' takes no --weights"),
        ({"learning_rate": 0.0}, "--learning_rate must be positive"),
        ({"batch_size": 0}, "--batch_size must be at least 1. Received: 0"),
        ({"bn_momentum": 1.0}, r"--bn_momentum must be in \[0, 1\)"),
        ({"colour": 1}, "Unknown setting 'colour'; known: augment"),
    ],
)
def test_refuses(settings, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_flags_dict(settings)


def test_unknown_field_in_json_is_named():
    with pytest.raises(ValueError, match="Unknown DataConfig field 'size'"):
        RunConfig.from_json({"data": {"size": 3}})
