"""The stages of the networks of runs, probed."""

import numpy as np
import pytest
import tensorflow as tf

from tests.short_trainings import starter
from transfusion_tf import datasets
from transfusion_tf.analysis.interventions import options, probes, probing
from transfusion_tf.data import pipeline
from transfusion_tf.models.stages import Backbone
from transfusion_tf.runs import networks, record
from transfusion_tf.runs.directory import RunDir

STAGES = ["conv1", "conv2", "conv3", "conv4"]
TRAIN, TEST = 100, 60


@pytest.fixture(scope="module")
def runs(tiny_dataset, tiny_runs, tmp_path_factory):
    """Two runs from random weights, and one from the first of them."""
    start = starter(tiny_dataset, tmp_path_factory.mktemp("pretrained"))
    pretrained = start(init="pretrained", weights=str(tiny_runs[0]), seed=5)
    return [*tiny_runs, pretrained.root]


@pytest.fixture(scope="module")
def made(runs):
    """(tables of the view, number of images that networks were shown)."""
    seen = []
    plain = Backbone.feature_extractor

    def counting(backbone):
        extract = plain(backbone)

        def call(images, training):
            seen.append(len(images))
            return extract(images, training=training)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Backbone, "feature_extractor", counting)
        found = probes.make_tables(
            runs,
            options.InterventionOptions(
                view="probes", draws=2, max_probe_images=TRAIN, batch_size=50
            ),
        )
    return found, sum(seen)


def test_networks(made):
    table = made[0]["probes"]
    networks = table.drop_duplicates(["network", "run"])
    assert [
        (row["network"], row["run"], row["step"])
        for row in networks.fillna(-1).to_dict("records")
    ] == [
        ("source", "tiny", -1),
        ("random", "random weights 1", -1),
        ("random", "random weights 2", -1),
        ("start", "seed0", 0),
        ("trained", "seed0", 6),
        ("start", "seed1", 0),
        ("trained", "seed1", 6),
        ("start", "run", 0),
        ("trained", "run", 3),
    ]
    assert list(table["stage"].unique()) == STAGES
    assert list(table["probe"].unique()) == ["linear", "knn"]
    assert len(table) == 9 * len(STAGES) * 2
    assert (table["num_train_images"] == TRAIN).all()
    assert (table["num_images"] == TEST).all()


def test_each_network_is_computed_once_for_each_image(made):
    """Seven networks: the source is a trained run, and another run's start."""
    assert made[1] == 7 * (TRAIN + TEST)


def test_a_start_that_is_the_source_has_its_answers(made):
    table = made[0]["probes"].set_index(["stage", "probe"])
    source = table[table["network"] == "source"]
    start = table[(table["network"] == "start") & (table["run"] == "run")]
    np.testing.assert_array_equal(source["value"], start["value"])
    # Others are other networks.
    other = table[(table["network"] == "trained") & (table["run"] == "run")]
    assert not (other["value"] == source["value"]).all()


def test_features_are_those_of_the_stages(runs, made):
    """The linear probe of conv2, from the network's own layers."""
    config = record.read_config(RunDir(runs[1]))
    opened = datasets.open_dataset(config.data.dataset)
    model = networks.load_backbone(runs[1], "best").model
    layer = tf.keras.Model(model.input, model.get_layer("conv2_relu").output)
    features, columns = [], []
    for split, count in (("train", TRAIN), ("test", TEST)):
        (batch,) = datasets.images(
            opened, split, image_size=16, batch_size=1000
        )
        maps = layer.predict(batch["image"][:count], verbose=0)
        features.append(maps.mean(axis=(1, 2)))
        index = pipeline.read_index(opened, split)
        columns.append({k: v[:count] for k, v in index.items()})
    questions = probing.Questions("multiclass", opened.card.classes, *columns)
    expected = questions.ask(probing.Linear(), *features)
    table = made[0]["probes"]
    (row,) = table[
        (table["run"] == "seed1")
        & (table["network"] == "trained")
        & (table["stage"] == "conv2")
        & (table["probe"] == "linear")
    ].to_dict("records")
    auc = expected.numbers["auc"]
    assert row["value"] == pytest.approx(auc["value"], abs=0.005)
    assert row["setting"] == expected.setting


def test_draws_are_no_start_of_a_run(made):
    table = made[0]["probes"]
    table = table[table["probe"] == "linear"]
    values = {
        tuple(rows["value"])
        for (kind, _), rows in table.groupby(["network", "run"])
        if kind in ("random", "start")
    }
    assert len(values) == 5


def test_without_a_source(tiny_runs):
    found = probes.make_tables(
        tiny_runs[:1],
        options.InterventionOptions(view="probes", draws=0, max_images=20),
    )
    assert set(found["probes"]["network"]) == {"start", "trained"}
    assert found["probes_arms"]["over_random"].isna().all()


def test_a_source_that_is_given(tiny_runs):
    found = probes.make_tables(
        tiny_runs[:1],
        options.InterventionOptions(
            view="probes", draws=0, source=str(tiny_runs[1]), neighbours=3
        ),
    )["probes"]
    assert list(found["network"].unique()) == ["source", "start", "trained"]
    assert set(found[found["probe"] == "knn"]["setting"]) == {"k = 3"}
