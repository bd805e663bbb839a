"""Pairs of networks, and the rows that say what came of comparing them."""

import numpy as np
import pytest

from transfusion_tf import names
from transfusion_tf.analysis import moments, views

A, B, C = (views.Network(name, 9) for name in "abc")


def stage(num_datapoints=200, *, num_neurons=4, floors=True, num_images=None):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(num_datapoints, num_neurons))
    noise = rng.normal(size=(2, num_datapoints, num_neurons))

    def of(y):
        return moments.from_arrays(x, y, num_images=num_images)

    layout, chance = (of(x + 2 * noise[0]), of(noise[1]))
    if not floors:
        layout = chance = None
    return moments.StageMoments(of(x + noise[0]), layout, chance)


def rows_of(found, measures=("cca",)):
    return views.rows("between", {(A, B): {"conv1": found}}, measures=measures)


def test_flags_offer_exactly_the_views():
    assert tuple(views.VIEWS) == names.VIEWS


def test_network_is_named_in_messages():
    assert f"{A}" == "a at step 9"


def test_before_after_pairs_each_run_with_its_start():
    assert views.before_after([A, B]) == [
        (views.Network("a", 0), A),
        (views.Network("b", 0), B),
    ]


def test_between_pairs_every_two_runs():
    assert views.between([A, B, C]) == [(A, B), (A, C), (B, C)]


def test_between_needs_two():
    with pytest.raises(ValueError, match="at least two. Received: a"):
        views.between([A])


def test_rows_are_one_measure_of_one_stage_of_one_pair():
    compared = {
        pair: {"conv1": stage(), "conv2": stage()} for pair in [(A, B), (A, C)]
    }
    rows = views.rows("between", compared, measures=["cca", "svcca"])
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
        assert tuple(sorted(row)) == tuple(sorted(views.COLUMNS))
        assert row["value"] > row["layout"] > row["chance"] > 0
        assert (row["kept_x"], row["dropped_y"], row["note"]) == (4, 0, "")
        assert (row["num_datapoints"], row["num_images"]) == (200, 200)


def test_too_few_datapoints_leave_the_reason():
    cca, svcca = rows_of(stage(19), ["cca", "svcca"])
    assert cca["value"] is None and cca["chance"] is None
    assert "at least 20 datapoints. Received: 19" in cca["note"]
    assert cca["num_datapoints"] == 19
    assert svcca["value"] > 0 and svcca["note"] == ""


def test_dead_stage_is_undefined():
    x = np.zeros((50, 3))
    dead = moments.from_arrays(x, x)
    row = rows_of(moments.StageMoments(dead, dead, dead))[0]
    assert row["value"] is None and "dead" in row["note"]


def test_fewer_images_than_directions_is_a_warning():
    row = rows_of(stage(num_images=3))[0]
    assert row["value"] > 0
    assert row["note"].startswith("Fewer images (3) than directions (4)")


def test_no_floors_is_said():
    row = rows_of(stage(floors=False))[0]
    assert row["layout"] is None and row["chance"] is None
    assert row["value"] > 0 and row["note"].startswith("No floors")


def test_same_weights_are_said():
    rows = views.rows(
        "before_after", {(A, A): {"conv1": stage()}}, measures=["cca"]
    )
    assert "same weights" in rows[0]["note"]
