"""Barriers between runs: known truth, and two tiny runs."""

import shutil
import types

import numpy as np
import pytest

from transfusion_tf import files
from transfusion_tf.analysis.interventions import (
    barrier,
    channels,
    registry,
    staged,
    walks,
)
from transfusion_tf.analysis.interventions.options import InterventionOptions
from transfusion_tf.runs import checksums
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.runs.networks import load_backbone


def options(**settings):
    return InterventionOptions(
        **{
            "view": "barrier",
            "alphas": (0.25, 0.5, 0.75),
            "batch_size": 32,
            **settings,
        }
    )


@pytest.fixture(scope="module")
def shuffled(tiny_runs, tmp_path_factory):
    """A copy of a run, with the channels of its trained weights shuffled."""
    root = tmp_path_factory.mktemp("shuffled") / "shuffled"
    run = RunDir(shutil.copytree(tiny_runs[0], root))
    backbone = load_backbone(run, "best")
    rng = np.random.default_rng(0)
    order_of = [
        rng.permutation(stage.output.shape[-1]) for stage in backbone.stages
    ]
    values = channels.reordered(
        backbone, {v.path: v.numpy() for v in backbone.weights}, order_of
    )
    for weight in backbone.weights:
        weight.assign(values[weight.path])
    path = run.weights(run.checkpoint_step("best"))
    with checksums.recorded(run, path):
        backbone.model.save_weights(path)
    _as_of_another_seed(run)
    return root


def _as_of_another_seed(run):
    content = files.read_json(run.config)
    content["config"]["seed"] += 100
    files.write_json(run.config, content)


@pytest.fixture(scope="module")
def counted():
    """Counters of the parts of all StagedNetworks that are made."""
    return []


@pytest.fixture(scope="module")
def found(tiny_runs, shuffled, counted):
    """The tables of a run and its shuffled copy: two runs of one arm."""
    init = staged.StagedNetwork.__init__

    def counting(self, backbone):
        init(self, backbone)
        counted.append(self.calls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staged.StagedNetwork, "__init__", counting)
        return registry.run([str(tiny_runs[0]), str(shuffled)], options())


def test_shuffled_channels_are_a_barrier_and_matched_ones_are_none(found):
    heights = found["barrier_heights"].set_index("channels")
    plain, matched = heights.loc["as trained"], heights.loc["matched"]
    assert plain["loss_barrier"] > 0.02
    assert abs(matched["loss_barrier"]) < 1e-5
    assert abs(matched["auc_barrier"]) < 1e-6
    assert matched["share_moved"] > 0.9
    assert np.isnan(plain["share_moved"])
    ends = found["barrier"].query("alpha in (0, 1)")
    np.testing.assert_allclose(ends["auc"], ends["auc"].iloc[0], atol=1e-6)


def test_tables_of_two_runs(found):
    table, heights = found["barrier"], found["barrier_heights"]
    assert tuple(table.columns) == barrier.COLUMNS
    assert tuple(heights.columns) == barrier.HEIGHT_COLUMNS
    assert tuple(found["barrier_arms"].columns) == barrier.ARM_COLUMNS
    assert list(table["alpha"]) == [0, 0.25, 0.5, 0.75, 1] * 2
    assert list(heights["channels"]) == ["as trained", "matched"]
    assert set(heights["kind"]) == {"within"}
    assert (table["num_batch_norm_images"] == 160).all()
    for kind, rows in table.groupby("channels"):
        height = heights[heights["channels"] == kind].iloc[0]
        assert height["loss_barrier"] == rows["excess_loss"].max()
        assert height["auc_barrier"] == rows["auc_lost"].max()
        ends = rows["loss"].iloc[[0, -1]].mean()
        np.testing.assert_allclose(
            height["loss_above_mean"], rows["loss"].max() - ends
        )


def test_no_more_is_computed_than_is_needed(found, counted):
    del found
    # Two ends once, and three points on each of two lines.
    networks = 2 + 2 * 3
    needed = networks * (5 * 60 + 4 * 160)
    (calls,) = counted
    assert sum(calls.values()) <= 1.3 * needed


def subjects_of(*named):
    """Subjects with arms of (name, arm, seed)."""
    runs = [
        types.SimpleNamespace(
            name=name, arm=arm, config=types.SimpleNamespace(seed=seed)
        )
        for name, arm, seed in named
    ]
    arms = {}
    for run in runs:
        arms.setdefault(run.arm, []).append(run)
    return types.SimpleNamespace(runs=runs, arms=arms)


FOUR = subjects_of(
    ("a0", "a", 0), ("a1", "a", 1), ("b0", "b", 0), ("b2", "b", 2)
)


@pytest.mark.parametrize(
    "which, expected",
    [
        ("within", ["a0 a1", "b0 b2"]),
        ("between", ["a0 b0"]),
        ("all", ["a0 a1", "b0 b2", "a0 b0"]),
    ],
)
def test_pairs_are_of_an_arm_or_of_equal_seeds(which, expected):
    pairs = barrier.pairs_of(FOUR, which)
    assert [f"{one.name} {two.name}" for _, one, two in pairs] == expected


def test_runs_without_a_pair_are_refused():
    with pytest.raises(ValueError, match=r"no two of these .* \(a, seed 0\)"):
        barrier.pairs_of(subjects_of(("x", "a", 0), ("y", "b", 1)), "all")


def test_one_run_has_no_line(tiny_runs):
    with pytest.raises(ValueError, match="barrier needs at least 2 runs"):
        registry.run([str(tiny_runs[0])], options())


def test_networks_with_another_input_are_refused(tiny_runs, tmp_path):
    run = RunDir(shutil.copytree(tiny_runs[0], tmp_path / "other"))
    content = files.read_json(run.config)
    content["config"]["model"]["input_scaling"] = "caffe"
    files.write_json(run.config, content)
    with pytest.raises(ValueError, match="differ in input scaling: tf and caf"):
        registry.run(
            [str(tiny_runs[0]), str(run.root)], options(pairs="between")
        )


def test_a_height_is_that_of_the_highest_point():
    points = [
        {"alpha": a, "loss": loss, "excess_loss": excess, "auc_lost": lost}
        | dict.fromkeys(("excess_low", "excess_high", "auc_low", "auc_high"))
        for a, loss, excess, lost in (
            (0.0, 1.0, 0.0, 0.0),
            (0.5, 4.0, 2.0, -0.1),
            (1.0, 3.0, 0.0, 0.0),
        )
    ]
    found = barrier._heights(points)
    assert (found["loss_barrier"], found["loss_barrier_alpha"]) == (2.0, 0.5)
    assert found["loss_above_mean"] == 2.0
    assert (found["auc_barrier"], found["auc_barrier_alpha"]) == (0.0, 0.0)


def test_of_networks_that_are_not_matched_there_is_one_line(monkeypatch):
    monkeypatch.setattr(channels, "can_match", lambda name: False)
    walk = walks.Walk.__new__(walks.Walk)
    monkeypatch.setattr(walk, "_end", lambda subject: subject, raising=False)
    monkeypatch.setattr(walk, "_line", lambda *ends: ends, raising=False)
    subject = types.SimpleNamespace(
        config=types.SimpleNamespace(
            model=types.SimpleNamespace(name="mobilenet")
        )
    )
    assert len(list(walk.lines(subject, subject))) == 1
