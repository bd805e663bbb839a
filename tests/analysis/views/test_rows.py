"""The rows that say what came of comparing networks."""

import typing

import numpy as np

from transfusion_tf.analysis import moments, stage_sums
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.analysis.views import selection

A, B, C = (selection.Network(name, 9) for name in "abc")


def stage(num_datapoints=200, *, num_neurons=4, floors=True, num_images=200):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(num_datapoints, num_neurons))
    noise = rng.normal(size=(2, num_datapoints, num_neurons))

    def of(y):
        images = np.arange(num_datapoints) % num_images
        return moments.from_arrays(x, y, images=images)

    layout, chance = (of(x + 2 * noise[0]), of(noise[1]))
    if not floors:
        layout = chance = None
    return stage_sums.StageMoments(of(x + noise[0]), layout, chance)


class Whole:
    """Sums of one stage in one group, of which these moments follow."""

    drawn, num_groups, images_of_groups = False, 1, np.array([200])

    def __init__(self, stage, found):
        self.stage, self._found = stage, found

    def moments(self, groups=None):
        return self._found


class Known(typing.NamedTuple):
    init: str
    digest: str


def rows_of(found, measures=("cca",), pair=(A, B)):
    sums = Whole("conv1", {pair: found})
    return view_rows.rows(
        "between", [sums], measures=measures, stages=["conv1"]
    )


def test_rows_are_one_measure_of_one_stage_of_one_pair():
    gathered = [
        Whole(name, {(A, B): stage(), (A, C): stage()})
        for name in ("conv2", "conv1")
    ]
    rows = view_rows.rows(
        "between",
        gathered,
        measures=["cca", "svcca"],
        stages=["conv1", "conv2"],
    )
    places = [
        (r["other_run"], r["stage"], r["stage_index"], r["measure"])
        for r in rows
    ]
    assert len(set(places)) == len(rows) == 8
    assert places[:3] == [
        ("b", "conv1", 0, "cca"),
        ("b", "conv1", 0, "svcca"),
        ("b", "conv2", 1, "cca"),
    ]
    for row in rows:
        assert tuple(sorted(row)) == tuple(sorted(view_rows.COLUMNS))
        assert row["value"] > row["layout"] > row["chance"] > 0
        assert (row["kept_x"], row["dropped_y"], row["note"]) == (4, 0, "")
        assert (row["num_datapoints"], row["num_images"]) == (200, 200)
        assert row["excess"] == row["value"] - row["chance"]
        # One group leaves nothing to compare.
        assert row["low"] is row["interval"] is row["level"] is None


def test_fewer_groups_than_asked_for_are_noted():
    def note(pair, asked):
        sums = Whole("conv1", {pair: stage()})
        (row,) = view_rows.rows(
            "between",
            [sums],
            measures=["cca"],
            stages=["conv1"],
            num_groups=asked,
        )
        assert row["num_groups"] == 1
        return row["note"]

    few = (
        "Fewer groups of images (1) than --groups=10: too few images or "
        "patients; no intervals."
    )
    assert note((A, B), 1) == ""
    assert note((A, B), 10) == few
    assert note((A, A), 10).endswith(f"their similarity is 1. {few}")


class Drawn:
    """Sums of five draws of channels of the same images."""

    stage, drawn, num_groups = "conv1", True, 5
    images_of_groups = np.full(5, 200)

    def __init__(self, draws):
        self._draws = draws

    def moments(self, groups):
        return {(A, B): self._draws[groups[0]]}


def test_draws_of_the_same_images_have_a_range_and_no_level():
    of_draws = [stage(num_neurons=n) for n in (3, 4, 5, 6, 7)]
    singles = [rows_of(found)[0]["value"] for found in of_draws]
    (row,) = view_rows.rows(
        "between", [Drawn(of_draws)], measures=["cca"], stages=["conv1"]
    )
    assert (row["interval"], row["level"]) == ("range of draws", None)
    assert (row["low"], row["high"]) == (min(singles), max(singles))
    assert row["low"] < row["value"] < row["high"]
    assert row["chance_low"] < row["chance"] < row["chance_high"]
    by_draw = view_rows.rows(
        "between",
        [Drawn(of_draws)],
        measures=["cca"],
        stages=["conv1"],
        by_draw=True,
    )
    assert [r["value"] for r in by_draw] == singles
    assert {(r["low"], r["interval"], r["level"]) for r in by_draw} == {
        (None, None, None)
    }
    # Five equal draws: no spread, and still no interval is claimed.
    (row,) = view_rows.rows(
        "between", [Drawn([stage()] * 5)], measures=["cca"], stages=["conv1"]
    )
    assert row["low"] == row["high"] == row["value"]
    assert row["level"] is None


def test_too_few_datapoints_leave_the_reason():
    cca, svcca = rows_of(stage(19), ["cca", "svcca"])
    assert cca["value"] is None and cca["chance"] is None
    assert "at least 20 datapoints. Received: 19" in cca["note"]
    assert cca["num_datapoints"] == 19
    assert svcca["value"] > 0 and svcca["note"] == ""


def test_held_out_measures_and_neighbours_leave_the_reason():
    found = moments.from_arrays(
        np.eye(9)[:, :3], np.eye(9)[:, 2:5], patients=np.full(9, "a")
    )
    both = stage_sums.StageMoments(found, found, found)
    rows = rows_of(both, ["procrustes_held_out", "mutual_knn"])
    assert [row["value"] for row in rows] == [None, None]
    assert "one group of patients" in rows[0]["note"]
    assert "Received: 0; give more images" in rows[1]["note"]


def test_rows_have_the_effective_ranks_of_both_sides():
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    found = moments.from_arrays(corners * [3, 1], corners)
    (row,) = rows_of(stage_sums.StageMoments(found), ["svcca"])
    np.testing.assert_allclose(row["effective_rank_x"], 4 / 3**0.75)
    np.testing.assert_allclose(row["effective_rank_y"], 2.0)


def test_dead_stage_is_undefined():
    x = np.zeros((50, 3))
    dead = moments.from_arrays(x, x)
    row = rows_of(stage_sums.StageMoments(dead, dead, dead))[0]
    assert row["value"] is None and "dead" in row["note"]
    assert row["effective_rank_x"] is None


def test_fewer_images_than_directions_is_a_warning():
    row = rows_of(stage(num_images=3))[0]
    assert row["value"] > 0
    assert row["note"].startswith("Fewer images (3) than directions (4)")


def test_one_direction_that_decides_is_said():
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])

    def of(scales):
        found = moments.from_arrays(corners * scales, corners)
        return rows_of(
            stage_sums.StageMoments(found, found, found),
            ["svcca", "cka", "cka_plain", "procrustes"],
        )

    # Variances 9 and 1 count as (9 + 1)^2 / (81 + 1) = 1.22 directions.
    svcca, *weighted = of([3, 1])
    assert svcca["note"] == ""
    for row in weighted:
        assert row["note"].startswith("Variance of a side is that of 1.22 dir")
    assert not any(row["note"] for row in of([1, 1]))


def test_no_floors_is_said():
    row = rows_of(stage(floors=False))[0]
    assert row["layout"] is None and row["chance"] is None
    assert row["value"] > 0 and row["note"].startswith("No floors")


def test_same_weights_are_said():
    rows = rows_of(stage(), pair=(A, A))
    assert "same weights" in rows[0]["note"]


def test_equal_files_are_said_and_inits_are_told():
    sums = Whole("conv1", {(A, B): stage(), (A, C): stage()})
    known = {
        A: Known("random", "1f"),
        B: Known("pretrained", "1f"),
        C: Known("mean_var", "2e"),
    }
    same, other = view_rows.rows(
        "between", [sums], measures=["cca"], stages=["conv1"], known=known
    )
    assert "same weights" in same["note"] and other["note"] == ""
    assert (same["init"], same["other_init"]) == ("random", "pretrained")
    assert other["other_init"] == "mean_var"
