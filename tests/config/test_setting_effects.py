"""No setting is accepted and ignored: each changes something, or is refused.

The table has a row for every setting: two values, what they need to have an
effect, where this shows, and, for those that go with another setting, others
with which they do nothing.
"""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from transfusion_tf.config import run
from transfusion_tf.config.run import RunConfig
from transfusion_tf.data import augment
from transfusion_tf.metrics import summary
from transfusion_tf.models import zoo
from transfusion_tf.training import (
    caching,
    distribution,
    imbalance,
    optimizers,
    precision,
    schedules,
    setup,
    stopping,
)

FULL, SLIM = {"model": "cbr_tiny"}, {"model": "cbr_tiny_slim"}
RANDOM, GABOR = {"init": "random"}, {"init": "gabor"}
SGD = {"optimizer": "sgd"}
ALL_IMAGES = {"train_size": None}
FROZEN = {"freeze_through": "conv1"}
PLATEAU = {"schedule": "plateau"}
# Evaluations after which the AUC does not rise.
LEVEL = [{"step": step, "val_auc": 0.7} for step in (1, 2, 3, 4, 5, 6)]
FIRST, SECOND = "first run", "second run"  # Stand for directories of runs.


@dataclasses.dataclass(frozen=True)
class Row:
    """One setting.

    Attributes:
      values: two values of it.
      shows: name of the function below that sees the difference; None where
        `test_experiment_settings.py` trains to see it.
      beside: settings that both values need.
      without: settings that it does not go with, or None; the first of them is
        the one that decides.
    """

    values: tuple
    shows: str | None
    beside: dict = dataclasses.field(default_factory=dict)
    without: dict | None = None


def _range(name, *values):
    """A Row of a range that goes with the augmentation `name`."""
    other = ["vertical_flip"]
    return Row(values, "augmented", {"augment": [name]}, {"augment": other})


ROWS = {
    "dataset": Row(("a", "b"), "run_name"),
    "image_size": Row((16, 20), "network"),
    "train_size": Row((40, 80), "subset"),
    "subset_seed": Row((0, 1), "subset", {"train_size": 40}, ALL_IMAGES),
    "num_folds": Row((3, 5), "fold_ids", {"fold": 1}),
    "fold": Row((1, 2), "fold_ids", {"num_folds": 3}, {"num_folds": None}),
    "augment": Row((["shift"], ["horizontal_flip"]), None),
    "shift_range": _range("shift", 0.1, 0.2),
    "rotation_degrees": _range("rotation", 10, 20),
    "zoom_range": _range("zoom", 0.1, 0.2),
    "shear_range": _range("shear", 0.1, 0.2),
    "brightness_range": _range("brightness", 0.1, 0.2),
    "contrast_range": _range("contrast", 0.1, 0.2),
    "saturation_range": _range("saturation", 0.1, 0.2),
    "hue_range": _range("hue", 0.1, 0.2),
    "erasing_area": _range("erasing", 0.4, 0.1),
    "erasing_probability": _range("erasing", 0.2, 0.9),
    "cache": Row(("memory", "off"), "kept"),
    "model": Row(("cbr_tiny", "cbr_tiny_wide"), "network"),
    "bn_momentum": Row((0.9, 0.5), "network", {}, {"model": "convnext_tiny"}),
    "input_scaling": Row(("tf", "unit"), "network"),
    "slim_from": Row(("conv2", "conv3"), "network", SLIM, FULL),
    "slim_width": Row((0.5, 0.25), "network", SLIM, FULL),
    "truncate_at": Row(("conv2", "conv3"), "network"),
    "init": Row(("random", "gabor"), "start"),
    "weights": Row((FIRST, SECOND), "start", {"init": "pretrained"}, RANDOM),
    "through": Row(
        ("conv1", "conv2"),
        "start",
        {"init": "transfusion", "weights": FIRST},
        {"init": "pretrained", "weights": FIRST},
    ),
    "gabor_orientations": Row((8, 3), "start", GABOR, RANDOM),
    "gabor_wavelengths": Row(([3], [4]), "start", GABOR, RANDOM),
    "gabor_phases": Row((4, 2), "start", GABOR, RANDOM),
    "gabor_bandwidth": Row((1.0, 0.5), "start", GABOR, RANDOM),
    "gabor_color_fraction": Row((0.5, 0.0), "start", GABOR, RANDOM),
    "batch_size": Row((32, 16), "plan"),
    "optimizer": Row(("adam", "sgd"), "optimizer"),
    "learning_rate": Row((0.001, 0.1), "rates"),
    "momentum": Row((0.9, 0.5), "optimizer", SGD, {"optimizer": "adam"}),
    "weight_decay": Row(
        (0.01, 0.1), "optimizer", {"optimizer": "adamw"}, {"optimizer": "adam"}
    ),
    "clip_norm": Row((1.0, 2.0), "optimizer"),
    "ema_momentum": Row((0.9, 0.99), "optimizer"),
    "schedule": Row(("cosine", "step"), "rates"),
    "plateau_factor": Row(
        (0.1, 0.5), "rates", PLATEAU, {"schedule": "constant"}
    ),
    "plateau_patience": Row((1, 2), "rates", PLATEAU, {"schedule": "constant"}),
    "early_stopping": Row((1, 2), "end"),
    "warmup_steps": Row((0, 2), "rates"),
    "epochs": Row((1, 2), "plan"),
    "steps": Row((9, 10), "plan"),
    "eval_every": Row((2, 3), "plan"),
    "train_auc": Row((40, 80), "scored"),
    "snapshots": Row((8, 2), "plan"),
    "select_threshold": Row((1, 2), "selection"),
    "class_weights": Row((["balanced"], ["1", "3"]), "balance"),
    "positive_weights": Row((["balanced"], ["1", "2"]), "label_balance"),
    "head_bias": Row(("zero", "prior"), "balance"),
    "freeze_through": Row(("conv1", "conv2"), "frozen"),
    "unfreeze_at": Row(
        (2, 3), "rates", {**FROZEN, "warmup_steps": 1}, {"freeze_through": None}
    ),
    "frozen_learning_rate": Row(
        (0.1, 0.2),
        "rates",
        {**FROZEN, "unfreeze_at": 3},
        {"unfreeze_at": None, **FROZEN},
    ),
    "strategy": Row(("one_device", "mirrored"), "strategy"),
    "num_virtual_devices": Row(
        (3, 5), "strategy", {"strategy": "mirrored"}, {"strategy": "auto"}
    ),
    "precision": Row(("float32", "mixed_bfloat16"), "step_types"),
    "jit": Row(("off", "on"), "compiled"),
    "batch_norm": Row(("synchronized", "per_replica"), "strategy"),
    "num_threads": Row((3, 5), "strategy"),
    "seed": Row((0, 1), "start"),
}


@pytest.fixture
def made(tiny_dataset, tiny_runs):
    """Makes a RunConfig for the tiny data set."""
    places = dict(zip((FIRST, SECOND), map(str, tiny_runs), strict=True))

    def make(**settings):
        settings = {
            "dataset": str(tiny_dataset),
            "model": "cbr_tiny",
            **settings,
        }
        if "weights" in settings:
            settings["weights"] = places[settings["weights"]]
        return RunConfig.from_flags_dict(settings)

    return make


def run_name(made):
    return made.run_name


def network(made):
    backbone = zoo.build(
        made.model.name,
        num_outputs=2,
        image_size=made.data.image_size or 16,
        **made.model.build_options,
    )
    return backbone.model.to_json()


def start(made):
    backbone, _ = setup.RunSetup.prepare(made).initial_backbone()
    lowest = backbone.stages[0].variables + backbone.stages[1].variables
    return [variable.numpy().tolist() for variable in lowest]


def subset(made):
    return setup.RunSetup.prepare(made).keep_ids


def scored(made):
    return setup.RunSetup.prepare(made).scored_ids


def fold_ids(made):
    return setup.RunSetup.prepare(made).records.fold_ids


def kept(made):
    """How many training images stay decoded."""
    prepared = setup.RunSetup.prepare(made)
    cache = caching.ImageCache(prepared.records, prepared.config.data, None)
    images = cache.training(None, prepared.plan.num_images, 10**6)
    return images and images.num_images


def plan(made):
    return setup.RunSetup.prepare(made).record()["plan"]


def augmented(made):
    """The bytes of an image, augmented with four seeds."""
    image = np.random.default_rng(0).uniform(0, 255, (16, 16, 3))
    return [
        augment.apply(
            image.astype(np.float32),
            tf.constant([seed, 0]),
            which=made.data.augment,
            ranges=made.data.ranges,
        )
        .numpy()
        .tobytes()
        for seed in range(4)
    ]


def frozen(made):
    prepared = setup.RunSetup.prepare(made)
    backbone, _ = prepared.initial_backbone()
    return [layer.name for layer in prepared.frozen_layers(backbone)]


def optimizer(made):
    return optimizers.make(made.train).get_config()


def step_types(made):
    """Floating types of what the layers give while a step is traced."""
    backbone = zoo.build(made.model.name, num_outputs=2, image_size=16)
    with precision.computing(backbone.model, made.train.precision):
        return [layer.compute_dtype for layer in backbone.model.layers]


def compiled(made):
    one_device = tf.distribute.OneDeviceStrategy("/cpu:0")
    return precision.uses_xla(made.train, one_device)


def rates(made):
    at = schedules.learning_rate(made.train, 9)
    return [at(step, LEVEL[:step]) for step in range(9)]


def end(made):
    ends = stopping.rule(made.train)
    return [ends(LEVEL[:count]) for count in range(6)]


def selection(made):
    rng = np.random.default_rng(0)
    return summary.summarize(
        "ordinal",
        ("none", "mild", "severe"),
        rng.integers(0, 3, 60),
        rng.dirichlet(np.ones(3), 60),
        select_threshold=made.train.select_threshold,
    )["selection"]


def balance(made):
    labels = np.array([0, 0, 1])
    return imbalance.of(made.train, "multiclass", ("a", "b"), labels)


def label_balance(made):
    labels = np.array([[0, 1], [0, 1], [1, 0]])
    return imbalance.of(made.train, "multilabel", ("a", "b"), labels)


def strategy(made):
    """What is made, or why not: the devices of this process are fixed."""
    tf.constant(0)
    try:
        return type(distribution.make_strategy(made.train))
    except ValueError as error:
        return str(error)


def test_the_table_has_every_setting():
    assert ROWS.keys() == run.flag_fields().keys()


@pytest.mark.parametrize("name", ROWS)
def test_changes_something(made, name):
    row = ROWS[name]
    first, second = (made(**row.beside, **{name: v}) for v in row.values)
    assert first.to_json() != second.to_json()
    for one in (first, second):
        assert RunConfig.from_json(one.to_json()) == one
    if row.shows is not None:
        observe = globals()[row.shows]
        assert observe(first) != observe(second)


@pytest.mark.parametrize("name", [n for n in ROWS if ROWS[n].without])
def test_refused_where_it_would_do_nothing(made, name):
    row = ROWS[name]
    (other, value), *_ = row.without.items()
    for given in row.values:
        with pytest.raises(ValueError, match=f"^--{name} goes with") as caught:
            made(**{**row.without, name: given})
        message = str(caught.value)
        assert f"--{other}" in message and "\n" not in message
        if value is not None:
            shown = ",".join(value) if isinstance(value, list) else value
            assert f"--{other}={shown}" in message
    # Not given, it is no part of such a configuration.
    assert made(**row.without)


def test_every_setting_that_goes_with_another_is_tried_without_it():
    conditional = {
        name
        for name, (_, field) in run.flag_fields().items()
        if field.metadata["goes_with"]
    }
    assert conditional == {name for name in ROWS if ROWS[name].without}
