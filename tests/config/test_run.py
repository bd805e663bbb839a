"""RunConfig: JSON and flags in and out, and what it refuses."""

import json
import math
import pathlib
import typing

import numpy as np
import pytest

from transfusion_tf.config import run
from transfusion_tf.config.run import RunConfig


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
    assert RunConfig().train.epochs == run.DEFAULT_EPOCHS
    assert RunConfig.from_flags_dict({"steps": 9}).train.epochs is None


def test_each_flag_belongs_to_one_field():
    fields = run.flag_fields()
    count = sum(len(part.__dataclass_fields__) for part in run.PARTS.values())
    assert len(fields) == count + 1  # The seed stands in RunConfig itself.


def test_run_name_is_made_of_dataset_model_init_and_seed():
    made = RunConfig.from_flags_dict({"dataset": "data/chest/", "seed": 2})
    assert made.run_name == "chest-cbr_small-random-seed2"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "resnet"}, "Unknown model 'resnet'; known: cbr_larget"),
        ({"init": "magic"}, "Unknown init 'magic'; known: random, pretrained"),
        (
            {"optimizer": "rms"},
            "Unknown optimizer 'rms'; known: adam, adamw, sgd",
        ),
        ({"augment": ["spin"]}, "Unknown augmentation 'spin'"),
        (
            {"augment": ["vertical_flip", "vertical_flip"]},
            "--augment must name each augmentation once",
        ),
        ({"epochs": 1, "steps": 1}, "--epochs or --steps, not both"),
        ({"init": "pretrained"}, "--init=pretrained needs --weights: a run"),
        ({"init": "mean_var"}, "--init=mean_var needs --weights"),
        (
            {"init": "transfusion", "through": "conv1"},
            "--init=transfusion needs --weights",
        ),
        (
            {"init": "transfusion", "weights": "runs/a"},
            "--init=transfusion needs --through=STAGE",
        ),
        (
            {"init": "mean_var", "weights": "runs/a", "through": "conv1"},
            "Received: --through=conv1 and --init=mean_var",
        ),
        ({"weights": "runs/a"}, "--weights goes with --init=pretr"),
        ({"init": "shuffled"}, "--init=shuffled needs --weights"),
        (
            {"init": "transfusion", "through": "none", "rest": "mean_var"},
            "--init=transfusion needs --weights",
        ),
        (
            {"init": "mean_var", "weights": "runs/a", "rest": "mean_var"},
            "--rest goes with --init=transfusion. Received: --rest=mean_var",
        ),
        (
            {"init": "transfusion", "through": "conv1", "rest": "gabor"},
            "Unknown rest 'gabor'; known: random, mean_var",
        ),
        (
            {
                "init": "transfusion",
                "through": "conv1",
                "weights": "runs/a",
                "mean_var_biases": True,
            },
            "--mean_var_biases goes with --rest=mean_var of --init=transfusion",
        ),
        ({"gabor_phases": 2}, "--gabor_phases goes with --init=gabor"),
        (
            {"init": "gabor", "gabor_wavelengths": ["3", "x"]},
            "--gabor_wavelengths must be numbers. Received: 'x'",
        ),
        (
            {"init": "gabor", "gabor_phases": 0},
            "--gabor_phases must be in",
        ),
        ({"init": "gabor", "gabor_bandwidth": 0}, r"must be in \[0.01, 10\]"),
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
    for flag, (part, field) in run.flag_fields().items():
        owner = run.PARTS.get(part, RunConfig)
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


def test_transfusion_through_none_needs_no_weights():
    settings = {"init": "transfusion", "through": "none"}
    assert RunConfig.from_flags_dict(settings).init.weights is None


def test_gabor_takes_weights_or_none():
    for weights in (None, "runs/a"):
        made = RunConfig.from_flags_dict({"init": "gabor", "weights": weights})
        assert made.init.weights == weights


def test_unknown_field_in_json_is_named():
    with pytest.raises(ValueError, match="Unknown data setting 'size'"):
        RunConfig.from_json({"data": {"size": 3}})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": "0.1"}, "--learning_rate must be a number.*'0.1'"),
        ({"learning_rate": True}, "--learning_rate must be a number.*: True"),
        ({"learning_rate": None}, "--learning_rate must be a number.*: None"),
        ({"learning_rate": 10**400}, "--learning_rate must be a finite"),
        ({"learning_rate": float("nan")}, "--learning_rate must be a finite"),
        ({"batch_size": 32.0}, "--batch_size must be an integer.*: 32.0"),
        ({"batch_size": "32"}, "--batch_size must be an integer.*: '32'"),
        ({"seed": True}, "--seed must be an integer. Received: True"),
        ({"steps": "9"}, "--steps must be an integer. Received: '9'"),
        ({"model": 3}, "--model must be text. Received: 3"),
        ({"dataset": None}, "--dataset must be text. Received: None"),
        ({"augment": "shift"}, "--augment must be a list of texts.*: 'shift'"),
        ({"augment": [1]}, "--augment must be texts. Received: 1"),
        (
            {"init": "gabor", "gabor_wavelengths": [True]},
            "--gabor_wavelengths must be numbers. Received: True",
        ),
        ({"snapshots": 10**9}, r"--snapshots must be in \[0, 10000\]"),
        ({"seed": 2**32}, r"--seed must be in \[0, 4294967295\]"),
        (
            {"train_size": 9, "subset_seed": -1},
            r"--subset_seed must be in \[0, 4294967295\]. Received: -1",
        ),
        ({"image_size": 10**9}, r"--image_size must be in \[1, 8192\]"),
        ({"steps": 10**30}, r"--steps must be in \[1, 1000000000\]"),
        (
            {"init": "gabor", "gabor_orientations": 10**9},
            r"--gabor_orientations must be in \[1, 360\]",
        ),
        ({"init": "gabor", "gabor_phases": 10**9}, "--gabor_phases must be in"),
        # 2 to this power overflows.
        ({"init": "gabor", "gabor_bandwidth": 1e6}, "--gabor_bandwidth must"),
        (
            {"strategy": "mirrored", "num_virtual_devices": 10**9},
            r"--num_virtual_devices must be in \[1, 64\]",
        ),
        ({"optimizer": "sgd", "momentum": 1.1}, r"--momentum must be in"),
    ],
)
def test_types_and_limits(settings, message):
    with pytest.raises(ValueError, match=message) as caught:
        RunConfig.from_flags_dict(settings)
    assert "\n" not in str(caught.value)


def test_numbers_of_numpy_and_paths_become_plain():
    made = RunConfig.from_flags_dict(
        {
            "seed": np.int64(3),
            "learning_rate": np.float32(0.5),
            "dataset": pathlib.Path("data/chest"),
            "augment": ("shift",),
            "init": "gabor",
            "gabor_wavelengths": ["3", 4],
        }
    )
    values = (
        made.seed,
        made.train.learning_rate,
        made.data.dataset,
        *made.init.gabor_wavelengths,
    )
    assert values == (3, 0.5, "data/chest", 3.0, 4.0)
    assert list(map(type, values)) == [int, float, str, float, float]
    json.dumps(made.to_json())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "'config' of a configuration must be a dict. Received: None"),
        ([], "'config' of a configuration must be a dict"),
        ({"train": None}, "'train' of a configuration must be a dict"),
        ({"train": [1]}, r"'train' of a configuration must be a dict.*\[1\]"),
        ({"tarin": {}}, "Unknown section of the configuration 'tarin'"),
        ({"seed": "3"}, "--seed must be an integer"),
        ({"seed": None}, "--seed must be an integer"),
        ({"train": {"steps": True}}, "--steps must be an integer"),
        ({"train": {"learning_rate": []}}, "--learning_rate must be a number"),
        ({"train": {"momentum": "x"}}, "--momentum must be a number"),
        ({"data": {"augment": None}}, "--augment must be a list of texts"),
        ({"model": {"name": {}}}, "--model must be text"),
    ],
)
def test_json_of_other_types_is_refused(value, message):
    with pytest.raises(ValueError, match=message) as caught:
        RunConfig.from_json(value)
    assert "\n" not in str(caught.value)


# As config.json had it before settings said what they go with.
EARLIER = {
    "data": {
        "dataset": "d",
        "image_size": 16,
        "train_size": None,
        "subset_seed": 0,
        "augment": [],
    },
    "model": {
        "name": "squeezenet",
        "bn_momentum": 0.9,
        "input_scaling": "tf",
        "slim_from": None,
        "slim_width": None,
    },
    "init": {
        "scheme": "random",
        "weights": None,
        "through": None,
        "gabor_orientations": 8,
        "gabor_wavelengths": [],
        "gabor_phases": 4,
        "gabor_bandwidth": 1.0,
        "gabor_color_fraction": 0.5,
    },
    "train": {"optimizer": "adam", "momentum": 0.9, "steps": 3},
    "seed": 0,
}


def test_runs_of_earlier_versions_are_read():
    made = RunConfig.from_json(EARLIER)
    assert made == RunConfig.from_flags_dict(
        {
            "dataset": "d",
            "image_size": 16,
            "model": "squeezenet",
            "input_scaling": "tf",
            "steps": 3,
        }
    )
    assert RunConfig.from_json(made.to_json()) == made
    ignored = {**EARLIER, "train": {**EARLIER["train"], "momentum": 0.5}}
    assert RunConfig.from_json(ignored) == made
    slim = {**EARLIER, "model": {"name": "cbr_tiny_slim", "slim_width": None}}
    assert RunConfig.from_json(slim).model.slim_width == 0.5


def test_json_that_no_version_has_written_is_refused():
    changed = {**EARLIER, "init": {**EARLIER["init"], "gabor_phases": 2}}
    with pytest.raises(ValueError, match="--gabor_phases goes with"):
        RunConfig.from_json(changed)
