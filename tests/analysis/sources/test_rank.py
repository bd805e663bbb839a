"""Sources ranked on tiny data: what is scored, kept, and refused."""

import types

import keras
import numpy as np
import pytest

from transfusion_tf import datasets, tables
from transfusion_tf.analysis.sources import (
    candidates,
    features,
    rank,
    ranking,
    scores,
    transferability,
)
from transfusion_tf.analysis.sources.target import Target
from transfusion_tf.analysis.views import probe
from transfusion_tf.config.run import RunConfig
from transfusion_tf.models import zoo
from transfusion_tf.runs import networks

STAGES = ["conv1", "conv2", "conv3", "conv4"]
SIZE = 16


def config_of(dataset):
    return RunConfig.from_flags_dict(
        {"model": "cbr_tiny", "dataset": str(dataset)}
    )


def saved(path, **options):
    """A file of the weights of a network."""
    options = {"name": "cbr_tiny", "num_outputs": 3, **options}
    zoo.build(image_size=SIZE, **options).model.save_weights(path)
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ranked")


@pytest.fixture(scope="module")
def ranked(folder, tiny_dataset, tiny_runs):
    """(tables, warnings) of a run and a file of random weights."""
    file = saved(folder / "file.weights.h5")
    return rank.run(
        [str(tiny_runs[0]), file],
        config_of(tiny_dataset),
        split="val",
        directory=folder / "features",
        random_draws=1,
    )


def test_every_network_stage_and_measure_has_a_row(ranked, tiny_runs):
    found, warnings = ranked
    table = found["source_scores"]
    assert not warnings
    assert tuple(table) == scores.COLUMNS
    of_stage = {
        measure: STAGES for measure in ("linear_auc", "knn_auc", "logme")
    } | {"leep": ["head"]}
    for _, of_network in table.groupby(["source", "seed"], dropna=False):
        for measure, of_measure in of_network.groupby("measure"):
            assert list(of_measure["stage"]) == of_stage[measure]
    kinds = table.drop_duplicates(["source", "seed"])
    assert list(zip(kinds["source"], kinds["kind"], strict=True)) == [
        ("tiny", "run"),
        ("file.weights.h5", "file"),
        ("random", "random"),
    ]
    # Of 160, 40 and 60 images, without patients.
    assert set(table["num_train_images"]) == {160}
    aucs = table[table["measure"] == "linear_auc"]
    assert set(aucs["num_images"]) == {40}
    assert aucs["num_patients"].isna().all()
    assert (aucs["low"] <= aucs["value"]).all()
    assert (aucs["value"] <= aucs["high"]).all()


def test_values_are_those_of_the_network_of_the_run(
    ranked, tiny_dataset, tiny_runs
):
    """Loaded and looked at in another way: predictions and a fresh pass."""
    backbone = networks.load_backbone(tiny_runs[0], "best")
    opened = datasets.open_dataset(str(tiny_dataset))
    (batch,) = datasets.images(opened, "train", image_size=SIZE, batch_size=160)
    logits = backbone.model.predict(batch["image"], verbose=0)
    table = ranked[0]["source_scores"]
    of_run = table[table["source"] == "tiny"].set_index(["measure", "stage"])
    of = {"task": "multiclass", "num_classes": 2}
    wanted = transferability.leep(
        transferability.softmax(logits), batch["label"], **of
    )
    assert of_run.loc[("leep", "head"), "value"] == pytest.approx(wanted, 1e-4)
    found, _ = probe.pooled({0: backbone}, ["conv2"], [batch])
    wanted = transferability.logme(found[0]["conv2"], batch["label"], **of)
    value = of_run.loc[("logme", "conv2"), "value"]
    assert value == pytest.approx(wanted, 1e-4)


def test_random_weights_and_files_without_classes_have_no_leep(ranked):
    table = ranked[0]["source_scores"].set_index("measure").loc["leep"]
    notes = dict(zip(table["source"], table["note"], strict=True))
    assert notes["random"] == "random weights have no classes"
    assert table[table["source"] == "random"]["value"].isna().all()
    # The file has a head of three classes.
    assert table[table["source"] == "file.weights.h5"]["value"].notna().all()


def test_called_again_nothing_is_computed_that_is_there(
    ranked, folder, tiny_dataset, tiny_runs, monkeypatch
):
    passes = []

    def counted(backbones, stages, batches):
        passes.append(len(backbones))
        return probe_pooled(backbones, stages, batches)

    probe_pooled = probe.pooled
    monkeypatch.setattr(features.probe, "pooled", counted)
    again = {
        "config": config_of(tiny_dataset),
        "split": "val",
        "directory": folder / "features",
        "random_draws": 1,
    }
    sources = [str(tiny_runs[0]), str(folder / "file.weights.h5")]
    found, _ = rank.run(sources, stages=["conv1", "conv3"], **again)
    assert not passes
    table = found["source_scores"]
    assert set(table["stage"]) == {"conv1", "conv3", "head"}
    assert table.query("measure == 'leep'")["value"].notna().sum() == 2
    for keep in ("linear_auc", "logme"):
        before, now = (
            of[of["measure"] == keep].set_index(["source", "stage"])["value"]
            for of in (ranked[0]["source_scores"], table)
        )
        place = ("tiny", "conv3")
        assert now[place] == pytest.approx(before[place], abs=1e-12)
    # One more source: its two splits alone.
    rank.run([*sources, str(tiny_runs[1])], stages=["conv1"], **again)
    assert len(passes) == 2


def test_features_of_something_else_and_damaged_ones_are_not_taken(
    folder, ranked, tiny_dataset, tiny_runs, tmp_path
):
    target = Target.open(config_of(tiny_dataset), split="val")
    (candidate,) = candidates.random("cbr_tiny", image_size=SIZE, seeds=[7])
    images, ids = target.images["val"], target.index["val"]["id"]
    store = features.Store(tmp_path)
    before = store.get(candidate.backbone, images, ids)
    (path,) = tmp_path.iterdir()
    kernel = candidate.backbone.first_kernel
    kernel.assign(kernel * 2)
    after = store.get(candidate.backbone, images, ids)
    assert len(list(tmp_path.iterdir())) == 2
    assert not np.array_equal(before["conv1"], after["conv1"])
    kernel.assign(kernel / 2)
    with np.load(path) as stored:
        arrays = dict(stored)
    # Another identity, at the same place: computed again, and kept.
    with path.open("wb") as stream:
        np.savez(stream, **{**arrays, "identity": np.array("{}")})
    again = store.get(candidate.backbone, images, ids)
    np.testing.assert_array_equal(again["conv1"], before["conv1"])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=f"{path.name} is damaged.*delete it"):
        store.get(candidate.backbone, images, ids)


def made_target(labels, patients=None):
    """A Target without images, of two classes."""
    card = types.SimpleNamespace(
        name="made", task="multiclass", classes=("no", "yes")
    )
    return types.SimpleNamespace(
        opened=types.SimpleNamespace(card=card),
        split="val",
        questions=types.SimpleNamespace(labels=labels, patients=patients),
    )


def test_the_ranking_is_by_the_best_stage_against_the_best_of_random():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    target = made_target(labels)

    def scored(signal):
        score = 1 / (1 + np.exp(-(signal * labels + rng.normal(size=200))))
        return np.stack([1 - score, score], axis=1)

    found = {
        ("weak", "conv1"): [scored(0.1)],
        ("weak", "conv2"): [scored(0.2)],
        ("strong", "conv1"): [scored(3.0)],
        ("strong", "conv2"): [scored(0.5)],
        ("random", "conv1"): [scored(0.0), scored(0.0)],
        ("random", "conv2"): [scored(0.2), scored(0.2)],
    }
    rows = []
    for (name, stage), networks_ in found.items():
        for index, of_network in enumerate(networks_):
            order = np.argsort(of_network[:, 1])
            ranks = np.empty(200)
            ranks[order] = np.arange(1, 201)
            # The rank sum of Mann and Whitney, by hand.
            auc = (ranks[labels == 1].sum() - 100 * 101 / 2) / 100**2
            rows += [
                {
                    **dict.fromkeys(scores.COLUMNS),
                    "source": name,
                    "kind": name,
                    "seed": index,
                    "stage": stage,
                    "measure": measure,
                    "value": value,
                }
                for measure, value in (("linear_auc", auc), ("logme", -0.5))
            ]
    table = tables.frame(rows, columns=scores.COLUMNS)
    ranked = ranking.of_scores(target, table, found, margin=0.01)
    assert list(ranked["source"]) == ["strong", "weak", "random"]
    assert list(ranked["rank"][:2]) == [1, 2]
    first, second, floor = ranked.to_dict("records")
    assert (first["stage"], first["verdict"]) == ("conv1", "helps")
    assert second["verdict"] == "cannot_tell"
    assert first["linear_auc"] == pytest.approx(
        table.query("source == 'strong' & measure == 'linear_auc'")[
            "value"
        ].max()
    )
    # Of random weights, the mean of the networks at one stage.
    at = table.query("source == 'random' & measure == 'linear_auc'")
    best = at.groupby("stage")["value"].mean().max()
    assert first["random_auc"] == pytest.approx(best)
    assert first["difference"] == pytest.approx(first["linear_auc"] - best)
    assert floor["linear_auc"] == pytest.approx(best)
    assert first["logme"] == -0.5 and np.isnan(first["leep"])


def of_one_channel(path):
    """A file of weights of a network that sees grey images."""
    image = keras.Input((SIZE, SIZE, 1))
    layer = keras.layers.Conv2D(64, 5, use_bias=False, name="conv1_conv")
    keras.Model(image, layer(image)).save_weights(path)
    return str(path)


@pytest.mark.parametrize(
    ("make", "stages", "message"),
    [
        (lambda p: "nowhere.h5", (), "--sources=nowhere.h5: there is no such"),
        (saved, ("block1",), "Unknown stage of cbr_tiny 'block1'"),
        (
            lambda p: saved(p, truncate_at="conv2"),
            (),
            "they end at conv2 and have no conv3",
        ),
        (lambda p: saved(p, name="cbr_small"), (), "do not fit cbr_tiny"),
        (of_one_channel, (), "do not fit cbr_tiny"),
    ],
)
def test_sources_that_do_not_fit_are_refused(make, stages, message, tmp_path):
    source = make(tmp_path / "w.weights.h5")
    with pytest.raises((ValueError, OSError), match=message) as caught:
        candidates.of_sources(
            [source], "cbr_tiny", image_size=SIZE, stages=stages
        )
    assert "\n" not in str(caught.value)


def test_a_truncated_source_is_probed_at_the_stages_that_it_has(tmp_path):
    source = saved(tmp_path / "w.weights.h5", truncate_at="conv2")
    (found,) = candidates.of_sources(
        [source], "cbr_tiny", image_size=SIZE, stages=("conv1", "conv2")
    )
    assert found.head is None
    assert (
        found.no_head == "the source ends below conv4, which the head follows"
    )


def test_sources_of_one_name_are_told_apart(tmp_path, tiny_runs):
    places = [str(run) for run in tiny_runs]
    found = candidates.of_sources(
        places, "cbr_tiny", image_size=SIZE, stages=()
    )
    assert [candidate.name for candidate in found] == places
    with pytest.raises(ValueError, match="must name each source once"):
        candidates.of_sources(
            places[:1] * 2, "cbr_tiny", image_size=SIZE, stages=()
        )
