"""AUC by training images on runs with predictions of known quality."""

import functools

import pytest

from tests.reporting.arm_trees import make_run
from transfusion_tf.analysis.comparing import train_sizes

RANDOM, PRETRAINED = "cbr_tiny random", "cbr_tiny pretrained imagenet"
# {--train_size: (signal of random runs, of pretrained ones)}
SIGNALS = {50: (0.2, 3.0), 200: (1.0, 3.0), None: (3.0, 3.0)}
NUM_ALL = 800


def make_size(root, size, signals=(1.0, 1.0), *, seeds=3, **options):
    """Runs of both arms on `size` images; None: all."""
    for init, signal in zip(("random", "pretrained"), signals, strict=True):
        for seed in range(seeds):
            subset = {} if size is None else {"subset_seed": seed}
            make_run(
                root / f"{init}-{size}-{seed}",
                **{
                    "seed": seed,
                    "signal": signal,
                    "init": init,
                    "train_size": size,
                    "num_train_images": size or NUM_ALL,
                    **subset,
                    **options,
                },
            )


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    for size, signals in SIGNALS.items():
        make_size(root, size, signals, num=(150, 150))
    return root


@functools.cache
def compared(runs, **options):
    return train_sizes.compare([runs / "*"], **options)


def test_rows_are_by_size_with_the_real_number_of_images(runs):
    found = compared(runs, margin=0.05)
    keys = ("arm", "train_size", "num_train_images", "num_seeds")
    assert [tuple(row[key] for key in keys) for row in found.arm_rows] == [
        (arm, size, count, 3)
        for size, count in ((50, 50), (200, 200), ("all", NUM_ALL))
        for arm in (PRETRAINED, RANDOM)
    ]
    assert [(row["arm"], row["reference"]) for row in found.rows] == [
        (PRETRAINED, RANDOM)
    ] * 3
    assert found.left_out == []


def test_differences_are_of_arms_of_one_size_and_adjusted_over_sizes(runs):
    found = compared(runs, margin=0.05)
    values = {
        (row["arm"], row["train_size"]): row["value"] for row in found.arm_rows
    }
    for row in found.rows:
        size = row["train_size"]
        expected = values[PRETRAINED, size] - values[RANDOM, size]
        assert row["difference"] == pytest.approx(expected)
    first, second, last = found.rows
    assert first["verdict"] == second["verdict"] == "helps"
    smallest = min(found.rows, key=lambda row: row["p_value"])
    assert smallest["p_adjusted"] == pytest.approx(3 * smallest["p_value"])
    assert last["p_adjusted"] > 0.05


def test_where_arms_part_and_meet(runs):
    (limits,) = compared(runs, margin=0.2).limit_rows
    assert limits == {
        "arm": PRETRAINED,
        "reference": RANDOM,
        "num_sizes": 3,
        "largest_different": 200,
        "smallest_equivalent": NUM_ALL,
        "margin": 0.2,
    }
    # With so small a margin equal arms are not shown to be equivalent.
    (limits,) = compared(runs, margin=0.0001).limit_rows
    assert limits["smallest_equivalent"] is None


def test_the_search_for_equivalence_ends_at_the_first_failure(tmp_path):
    make_size(tmp_path, 50, (2.0, 2.0))
    make_size(tmp_path, 200, (0.5, 3.0))
    make_size(tmp_path, None, (2.0, 2.0))
    found = train_sizes.compare([tmp_path / "*"], margin=0.3)
    verdicts = [row["verdict"] for row in found.rows]
    assert verdicts == ["equivalent", "helps", "equivalent"]
    assert found.limit_rows[0]["smallest_equivalent"] == NUM_ALL


def test_the_learning_rate_is_chosen_on_val_for_each_size(tmp_path):
    # At 0.1 random runs are the best on test at both sizes.
    for rate, val_aucs in ((0.001, (0.9, 0.6)), (0.1, (0.7, 0.7))):
        for size, val_auc in zip((50, None), val_aucs, strict=True):
            make_size(
                tmp_path / f"{rate}",
                size,
                (3.0 if rate == 0.1 else 1.0, 1.5),
                learning_rate=rate,
                val_auc=val_auc,
            )
    found = train_sizes.compare([tmp_path / "*" / "*"], margin=0.05)
    rates = {(r["arm"], r["train_size"]): r for r in found.arm_rows}
    assert len(rates) == len(found.arm_rows) == 4
    row = rates[RANDOM, 50]
    assert (row["learning_rate"], row["val_auc"]) == (0.001, 0.9)
    assert rates[RANDOM, "all"]["learning_rate"] == 0.1


def test_several_rates_without_a_val_auc_are_refused(tmp_path):
    for rate in (0.001, 0.1):
        for size in (50, None):
            make_size(tmp_path / f"{rate}", size, learning_rate=rate)
    with pytest.raises(ValueError, match="learning rate cannot be chosen"):
        train_sizes.compare([tmp_path / "*" / "*"])


def test_a_size_without_the_reference_is_left_out_and_named(tmp_path):
    for size in (50, 200):
        make_size(tmp_path, size)
    for path in tmp_path.glob("random-200-*"):
        (path / "predictions" / "test.csv").unlink()
    found = train_sizes.compare([tmp_path / "*"])
    assert [row["train_size"] for row in found.rows] == [50]
    assert len(found.left_out) == 4
    assert found.left_out[-1].startswith(
        f"200 training images: {PRETRAINED}: no runs from random weights"
    )
    found = train_sizes.compare([tmp_path / "*"], reference=RANDOM)
    assert f"200 training images: no runs of {RANDOM}" in found.left_out[-1]


def test_notes_of_one_subset_one_seed_and_few_positives(tmp_path):
    make_size(tmp_path / "a", 50, subset_seed=0)
    make_size(tmp_path / "a", None, num=(60, 60))
    found = train_sizes.compare([tmp_path / "a" / "*"])
    notes = [row["note"] for row in found.rows]
    assert "seeds share a choice of training images" in notes[0]
    assert notes[1] == ""
    for size in (50, None):
        make_size(tmp_path / "b", size, seeds=1, num=(4, 40))
    found = train_sizes.compare([tmp_path / "b" / "*"])
    for row in found.rows:
        assert "one seed" in row["note"]
        assert "only 4 images of one class" in row["note"]


def test_an_undefined_auc_is_no_difference(tmp_path):
    for size in (50, None):
        make_size(tmp_path, size, num=(0, 20))
    found = train_sizes.compare([tmp_path / "*"])
    assert {row["verdict"] for row in found.rows} == {"cannot_tell"}
    assert found.limit_rows[0]["largest_different"] is None


def test_bad_input_is_refused(runs, tmp_path):
    with pytest.raises(ValueError, match=r"one number of images \(50\)"):
        train_sizes.compare([runs / "*-50-*"])
    with pytest.raises(ValueError, match="--reference=x is none of the arms"):
        train_sizes.compare([runs / "*"], reference="x")
    with pytest.raises(ValueError, match="--margin must lie between 0 and 1"):
        train_sizes.compare([runs / "*"], margin=2)
    with pytest.raises(FileNotFoundError, match="matches nothing"):
        train_sizes.compare([tmp_path / "*"])
    make_size(tmp_path, 50, data="lungs")
    with pytest.raises(ValueError, match="on one data set"):
        train_sizes.compare([runs / "*", tmp_path / "*"])


def test_a_run_that_does_not_say_its_images_is_named(tmp_path):
    make_size(tmp_path, 50, num_train_images=None)
    with pytest.raises(ValueError, match="plan.num_images"):
        train_sizes.compare([tmp_path / "*"])
