"""What is lost where a stage is replaced: known truth, and two tiny runs."""

import shutil

import numpy as np
import pytest
from scipy import special

from tests.analysis.interventions import small_networks
from transfusion_tf import files
from transfusion_tf.analysis import moments, similarity
from transfusion_tf.analysis.interventions import (
    criticality_tables,
    losses,
    registry,
    replacing,
    resilience,
    scoring,
    staged,
)
from transfusion_tf.analysis.interventions.options import InterventionOptions
from transfusion_tf.initialization import schemes
from transfusion_tf.metrics import auc
from transfusion_tf.runs.directory import RunDir

STAGES = ["conv1", "conv2", "conv3", "conv4"]


def options(**settings):
    return InterventionOptions(
        **{"draws": 2, "alphas": (0.5,), "batch_size": 32, **settings}
    )


@pytest.fixture(scope="module")
def counted():
    """Counters of the parts of all StagedNetworks that are made."""
    return []


@pytest.fixture(scope="module")
def found(tiny_runs, counted):
    """The tables of two tiny runs."""
    init = staged.StagedNetwork.__init__

    def counting(self, backbone):
        init(self, backbone)
        counted.append(self.calls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staged.StagedNetwork, "__init__", counting)
        paths = [str(run) for run in tiny_runs]
        return registry.run(paths, options(noise=(0.1,)))


def test_every_stage_is_replaced_in_every_run(found):
    table = found["resilience"]
    assert tuple(table.columns) == resilience.COLUMNS
    assert list(table["stage"]) == [s for s in STAGES for _ in range(3)] * 2
    assert list(table["replaced_by"]) == ["start", "start", "fresh"] * 8
    assert list(table["alpha"].fillna(-1)) == [0, 0.5, -1] * 8
    assert list(table["run"]) == ["seed0"] * 12 + ["seed1"] * 12
    assert set(table["arm"]) == {"cbr_tiny random"}
    assert (table["num_images"] == 60).all()
    assert (table["num_batch_norm_images"] == 160).all()
    np.testing.assert_allclose(
        table["lost"], table["reference_auc"] - table["auc"]
    )
    drawn = table[table["replaced_by"] == "fresh"]
    assert (
        drawn["lost"].between(drawn["lowest_draw"], drawn["highest_draw"]).all()
    )
    assert (drawn["lowest_draw"] < drawn["highest_draw"]).any()
    assert (table["low"] <= table["lost"]).all()
    assert (table["lost"] <= table["high"]).all()


def test_the_unchanged_network_comes_back_with_its_auc(found, tiny_runs):
    for name, rows in found["resilience"].groupby("run"):
        path = next(run for run in tiny_runs if run.name == name)
        metrics = RunDir(path).read_metrics()
        value = metrics["test"]["auc"]["value"]
        np.testing.assert_allclose(rows["saved_auc"], value, atol=2e-3)


def test_arms_are_means_of_their_runs(found):
    runs, arms = found["resilience"], found["resilience_arms"]
    assert tuple(arms.columns) == resilience.ARM_COLUMNS
    keys = ["stage", "replaced_by", "alpha"]
    means = runs.groupby(keys, dropna=False, sort=False)["lost"].mean()
    np.testing.assert_allclose(arms["lost"], means)
    assert (arms["num_seeds"] == 2).all()


def test_each_stage_of_each_run_has_its_criticality(found, tiny_runs):
    runs, arms = found["criticality"], found["criticality_arms"]
    assert tuple(runs.columns) == criticality_tables.COLUMNS
    assert tuple(arms.columns) == criticality_tables.ARM_COLUMNS
    assert list(runs["stage"]) == STAGES * 2 and list(arms["stage"]) == STAGES
    whole = found["resilience"]
    at_start = whole[whole["alpha"] == 0]
    for column in ("run", "reference_auc", "distance", "num_images"):
        assert list(runs[column]) == list(at_start[column])
    # A stage that can go back has no criticality, and no other has none.
    back = runs["criticality"] == 0
    assert back.any() and not back.all()
    assert (runs["alpha"][back] == 0).all() and (runs["noise"][~back] > 0).all()
    assert back[at_start["lost"].to_numpy() <= 0.01].all()
    held = runs[~back & runs["criticality"].notna()]
    np.testing.assert_allclose(
        held["criticality"],
        (held["alpha"] * held["scaled_distance"] / held["noise"]) ** 2,
    )
    plain = registry.run([str(tiny_runs[0])], options(max_images=20, draws=0))
    assert plain.keys() == {"resilience", "resilience_arms"}


def test_no_more_is_computed_than_is_needed(found, counted):
    del found
    # Of each of four stages: start, half way, two draws, and with two draws of
    # noise start, half way and trained; the network itself, twice in the end.
    # Batch norm: 160 training images, in full batches; the scores: 60. Five
    # parts: the stages and the head, without batch norm.
    needed = 0
    for part in range(5):
        changed = 10 * min(part + 1, 4)
        needed += (2 + changed) * 60
        if part < 4:
            needed += (1 + changed) * 160
    (calls,) = counted  # One network, for both runs.
    assert 2 * needed <= sum(calls.values()) <= 1.3 * 2 * needed


def test_a_copy_of_itself_in_place_of_a_stage_loses_nothing(tiny_runs):
    tables = registry.run([str(tiny_runs[0])], options(checkpoint="0", draws=0))
    for table in tables.values():
        assert len(table) == 8
        assert (table["lost"] == 0).all()
    assert (tables["resilience"]["distance"] == 0).all()


def test_draws_follow_from_the_seed_and_are_no_start_of_a_run():
    backbone = small_networks.chain(0)
    start = small_networks.values(small_networks.chain(1))

    def fresh(seed):
        replaced, variants = replacing.variants(
            backbone, start, options(seed=seed)
        )
        return [
            np.concatenate([value.ravel() for value in one.values.values()])
            for what, one in zip(replaced, variants, strict=True)
            if what.by == "fresh"
        ]

    first, again, other = fresh(0), fresh(0), fresh(1)
    assert len(first) == 3 * 2  # Stages, draws.
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, different)
    assert not np.array_equal(first[0], first[1])
    own = schemes.random(backbone, None, None, 0).values
    of_first = [own[v.path].ravel() for v in backbone.stages[0].variables]
    assert not np.array_equal(first[0], np.concatenate(of_first))


def test_stages_on_the_way_are_between_start_and_trained():
    backbone = small_networks.chain(0)
    start = small_networks.values(small_networks.chain(1))
    replaced, variants = replacing.variants(
        backbone, start, options(draws=0, alphas=(0.25,))
    )
    assert [one.alpha for one in replaced] == [0, 0.25] * 3
    for (path, half), value in zip(
        variants[3].values.items(),
        small_networks.values(backbone, "conv2").values(),
        strict=True,
    ):
        expected = 0.75 * start[path] + 0.25 * value
        np.testing.assert_allclose(half, expected, rtol=1e-6)
        np.testing.assert_array_equal(variants[2].values[path], start[path])


def test_a_stage_that_the_head_ignores_loses_nothing_though_it_is_unlike():
    backbone, other = small_networks.ignoring(0), small_networks.ignoring(1)
    pixels = small_networks.images(40)
    network = staged.StagedNetwork(backbone)
    changes = [
        staged.Variant(index, small_networks.values(other, stage))
        for index, stage in enumerate(backbone.stage_names)
    ]
    base, changes, _ = scoring.estimated(
        network, staged.Variant(0, {}), changes, small_networks.batches(pixels)
    )
    found = scoring.score(
        network, base, changes, small_networks.batches(pixels), "multiclass"
    )
    whole, lower, upper = (
        auc.auc(found.labels, scores[:, 1]) for scores in found.scores
    )
    assert upper == whole and lower != whole
    maps = [one.feature_extractor()(pixels)[1] for one in (backbone, other)]
    added = [np.asarray(m)[..., 4:].mean(axis=(1, 2)) for m in maps]
    alike = similarity.cka(moments.from_arrays(*added), debiased=True).value
    assert alike < 0.5


def test_intervals_are_wider_where_patients_have_several_images():
    # Of each patient two equal images: as if there were half as many.
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(40) % 2, 2)
    before, after = (
        special.expit(np.repeat(rng.normal(size=40) + shift * labels[::2], 2))
        for shift in (2.0, 1.0)
    )
    patients = np.repeat([f"p{n}" for n in range(40)], 2)
    subject = small_networks.subject()
    scores = [
        np.stack([1 - one, one], axis=-1)[None] for one in (before, after)
    ]
    by_image, by_patient = (
        losses.lost([subject], labels, groups, scores[0], [scores[1]])
        for groups in (None, patients)
    )
    assert by_image["lost"] == by_patient["lost"] > 0
    widths = [one["high"] - one["low"] for one in (by_image, by_patient)]
    np.testing.assert_allclose(widths[1] / widths[0], np.sqrt(2), rtol=0.05)
    assert (by_image["num_patients"], by_patient["num_patients"]) == (None, 40)


def changed_run(tiny_runs, tmp_path, change):
    """A copy of a run, beside the other one, after change(RunDir)."""
    run = RunDir(shutil.copytree(tiny_runs[0], tmp_path / "changed"))
    change(run)
    return [str(run.root), str(tiny_runs[1])]


def _unfinished(run):
    files.write_json(run.status, {"status": "running", "reason": ""})


def _other_data(run):
    content = files.read_json(run.config)
    content["data"]["fingerprint"] = "0" * 64
    files.write_json(run.config, content)


def _other_network(run):
    content = files.read_json(run.config)
    content["config"]["model"]["name"] = "cbr_small"
    files.write_json(run.config, content)


@pytest.mark.parametrize(
    "change, message",
    [
        (_unfinished, r"changed is not finished \(running\); let train.py"),
        (
            lambda run: run.weights(0).unlink(),
            "needs the weights of changed at step 0, which are not there",
        ),
        (_other_data, "trained on different data"),
        (_other_network, "Runs of one network can be compared"),
    ],
)
def test_runs_that_cannot_be_used_are_named(
    tiny_runs, tmp_path, change, message
):
    paths = changed_run(tiny_runs, tmp_path, change)
    with pytest.raises(ValueError, match=message):
        registry.run(paths, options())


def test_other_records_are_refused(tiny_runs, tmp_path):
    paths = changed_run(tiny_runs, tmp_path, _other_data)[:1]
    with pytest.raises(ValueError, match="is not what changed was trained on"):
        registry.run(paths, options())
