"""Networks of runs on common images: what is refused, kept and continued."""

import dataclasses

import numpy as np
import pytest

from transfusion_tf import datasets
from transfusion_tf.analysis import comparison
from transfusion_tf.analysis.streaming import checkpoint, plan
from transfusion_tf.analysis.views import reuse, selection
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.models import zoo
from transfusion_tf.runs.directory import RunDir

STAGES = ["conv1", "conv2"]


@pytest.fixture(scope="module")
def runs(tiny_runs):
    return {path.name: RunDir(path) for path in tiny_runs}


@pytest.fixture(scope="module")
def images(runs):
    return comparison.images_of_runs(
        runs, split="test", max_images=None, batch_size=25
    )


@pytest.fixture(scope="module")
def pair(runs):
    return tuple(
        selection.Network(name, run.checkpoint_step("last"))
        for name, run in runs.items()
    )


@pytest.fixture(scope="module")
def networks(runs, pair):
    return comparison.load(runs, [pair])


def gather(networks, pair, images, directory=None, **options):
    found = comparison.gather(
        networks,
        [pair],
        images,
        stages=STAGES,
        options=plan.GatherOptions(**options),
        batch_size=8,
        directory=directory,
    )
    return list(found)


def covariances(gathered, pair):
    return [sums.moments()[pair].measured.cov_xy for sums in gathered]


@pytest.fixture(scope="module")
def whole(networks, pair, images):
    """Covariances of a pass that nothing interrupts."""
    return covariances(gather(networks, pair, images), pair)


def test_images_are_those_of_the_split(images, runs, tiny_dataset):
    assert images.num_images == 60
    ids = np.concatenate([batch["id"] for batch in images()])
    assert len(set(ids)) == 60
    again = np.concatenate([batch["id"] for batch in images()])
    np.testing.assert_array_equal(ids, again)
    some = comparison.images_of_runs(
        runs,
        dataset=str(tiny_dataset),
        split="train",
        max_images=30,
        batch_size=25,
    )
    assert [len(batch["id"]) for batch in some()] == [25, 5]


def test_more_images_than_there_are_is_refused(runs):
    with pytest.raises(ValueError, match="--max_images=61.* has 60 images"):
        comparison.images_of_runs(
            runs, split="test", max_images=61, batch_size=25
        )


class NoExamples:
    root = "records"

    def num_examples(self, split):
        del split
        return 0


def test_an_empty_split_is_refused():
    with pytest.raises(ValueError, match="'val' of records is empty"):
        comparison.ComparisonImages(
            NoExamples(), "val", image_size=16, max_images=None, batch_size=2
        )


def copy_with(run, folder, changes):
    """A run whose config.json says something else."""
    import shutil

    from transfusion_tf import files

    copied = RunDir(shutil.copytree(run.root, folder))
    record = files.read_json(copied.config)
    for path, value in changes.items():
        *parents, last = path.split(".")
        of = record
        for name in parents:
            of = of[name]
        of[last] = value
    files.write_json(copied.config, record)
    return copied


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"config.model.name": "cbr_small"}, "of one network can be compared"),
        ({"data.image_size": 20}, "of one image size can be compared"),
        ({"data.fingerprint": "f" * 64}, "say with --dataset which images"),
    ],
)
def test_runs_that_do_not_fit(runs, tmp_path, changes, message):
    name, run = next(iter(runs.items()))
    other = copy_with(run, tmp_path / "other", changes)
    with pytest.raises(ValueError, match=message):
        comparison.images_of_runs(
            {name: run, "other": other},
            split="test",
            max_images=None,
            batch_size=25,
        )


def test_a_stage_that_is_not_there_is_refused(runs, pair):
    with pytest.raises(ValueError, match="'conv9'; known: conv1"):
        comparison.load(runs, [pair], stages=["conv9"])


def test_an_interrupted_pass_goes_on_and_is_not_repeated(
    networks, pair, images, whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN_SAVES", -1)
    plain, taken = checkpoint.SavedPass.save, []

    def save(self, state):
        plain(self, state)
        taken.append(state.num_batches)
        if state.num_batches == 3 and taken.count(3) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.SavedPass, "save", save)
    with pytest.raises(KeyboardInterrupt):
        gather(networks, pair, images, tmp_path)
    continued = covariances(gather(networks, pair, images, tmp_path), pair)
    assert taken[:4] == [1, 2, 3, 4]  # The first three were not repeated.
    for one, other in zip(whole, continued, strict=True):
        np.testing.assert_array_equal(one, other)
    before = len(taken)

    def no_images():
        raise AssertionError("The images are not needed again.")

    no_images.num_images, no_images.identity = 60, images.identity
    finished = covariances(gather(networks, pair, no_images, tmp_path), pair)
    assert len(taken) == before
    np.testing.assert_array_equal(whole[0], finished[0])
    # Other options are other sums.
    gather(networks, pair, images, tmp_path, seed=1, floors=False)
    assert len(taken) > before


@pytest.mark.parametrize("small_first", [True, False])
def test_another_memory_splits_passes_and_reads_no_wrong_stage(
    networks, pair, images, whole, tmp_path, monkeypatch, small_first
):
    """A folder of moments goes from one machine to another."""
    plans = plan.stage_plans(
        {n: networks[n].backbone for n in pair},
        [pair],
        STAGES,
        plan.GatherOptions(),
    )
    needed = [one.num_bytes(plan.GatherOptions(), 8) for one in plans]
    memories = max(needed), sum(needed)  # Two passes, and one.
    for memory in memories if small_first else reversed(memories):
        monkeypatch.setattr(
            plan, "default_max_bytes", lambda memory=memory: memory
        )
        found = gather(networks, pair, images, tmp_path)
        assert [sums.stage for sums in found] == STAGES
        for one, other in zip(whole, covariances(found, pair), strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(list(tmp_path.iterdir())) == 3


def test_the_digest_is_of_what_the_stages_compute(networks, pair, runs):
    def digest(**options):
        backbone = zoo.build(
            "cbr_tiny", num_outputs=options.pop("outputs", 5), **options
        )
        for variable in backbone.model.trainable_variables:
            variable.assign(np.full(variable.shape, 0.1))
        return comparison.weights_digest(backbone)

    plain = digest(image_size=16)
    assert digest(image_size=16, outputs=3) == plain
    assert digest(image_size=18) != plain
    assert digest(image_size=16, input_scaling="torch") != plain
    again = comparison.load(runs, [pair])
    for network in pair:
        assert again[network].digest == networks[network].digest


def test_reuse_of_a_source(runs, images, pair):
    source = selection.Network(selection.SOURCE, 0)
    first, second = runs
    given = {source: reuse.source_network(runs.values(), str(runs[first].root))}
    pairs = selection.reuse(pair, {})
    loaded = comparison.load(runs, pairs, given=given)
    gathered = comparison.gather(
        loaded,
        pairs,
        images,
        stages=STAGES,
        options=plan.GatherOptions(),
        batch_size=32,
    )
    rows = view_rows.rows(
        "reuse", gathered, measures=["svcca"], stages=STAGES, known=loaded
    )
    values = {(r["other_run"], r["other_step"], r["stage"]): r for r in rows}
    best = runs[first].checkpoint_step("best")
    same = values.get((first, best, "conv1"))
    if same is not None:  # The best weights are the last ones.
        assert same["value"] == pytest.approx(1.0, abs=1e-5)
    other = values[second, 0, "conv2"]
    assert other["chance"] < other["value"] < 0.99
    starts = [selection.Network(second, 0)]
    probes = reuse.probe_rows(
        "reuse", loaded, images, stages=STAGES, others=starts
    )
    assert [(r["run"], r["stage"]) for r in probes] == [
        ("source", "conv1"),
        ("source", "conv2"),
        (second, "conv1"),
        (second, "conv2"),
    ]
    for row in probes:
        assert set(row) == set(view_rows.COLUMNS)
        assert 0.5 < row["low"] < row["value"] <= row["high"] <= 1.0


def test_the_source_of_a_slim_run_is_of_full_width(runs, images, tmp_path):
    name, run = next(iter(runs.items()))
    slim = copy_with(
        run,
        tmp_path / "slim",
        {
            "config.model.name": "cbr_tiny_slim",
            "config.model.slim_from": "conv3",
            "config.model.slim_width": 0.5,
        },
    )
    source = reuse.source_network([slim], str(run.root))
    assert source.backbone.name == "cbr_tiny"
    width = source.backbone.stage("conv3").output.shape[-1]
    trained = comparison.load(runs, [(selection.Network(name, 6),) * 2])
    (whole,) = trained.values()
    assert source.digest == whole.digest
    backbone = zoo.build("cbr_tiny_slim", num_outputs=2, image_size=16)
    assert backbone.stage("conv3").output.shape[-1] == width // 2
    both = selection.Network(selection.SOURCE, 0), selection.Network("slim", 6)
    given = {
        both[0]: source,
        both[1]: comparison.LoadedNetwork(backbone, "random", "2f"),
    }
    gathered = comparison.gather(
        given,
        [both],
        images,
        stages=["conv3"],
        options=plan.GatherOptions(),
        batch_size=32,
    )
    (row,) = view_rows.rows(
        "reuse", gathered, measures=["svcca"], stages=["conv3"], known=given
    )
    assert 0 < row["chance"] < row["value"] < 1


def test_reuse_needs_a_source(runs):
    with pytest.raises(ValueError, match="give the source network with --so"):
        reuse.source_network(runs.values(), None)


def test_equal_weights_are_told(runs, pair, tmp_path):
    first = next(iter(runs.values()))
    copies = {"one": first, "two": copy_with(first, tmp_path / "two", {})}
    both = tuple(selection.Network(name, pair[0].step) for name in copies)
    loaded = comparison.load(copies, [both])
    assert len({network.digest for network in loaded.values()}) == 1
    assert loaded[both[0]].init == "random"
    assert dataclasses.is_dataclass(loaded[both[0]])


def test_probes_use_all_images(images):
    assert images.opened.num_examples("train") == 160
    assert images.reading == {"image_size": 16, "batch_size": 25}
    read = datasets.images(images.opened, "train", **images.reading)
    assert sum(len(batch["id"]) for batch in read) == 160
