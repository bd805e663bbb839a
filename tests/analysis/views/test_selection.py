"""Pairs of networks, and the rows that say what came of comparing them."""

import pytest

from transfusion_tf.analysis.views import selection

A, B, C = (selection.Network(name, 9) for name in "abc")


def test_network_is_named_in_messages():
    assert f"{A}" == "a at step 9"


def test_before_after_pairs_each_run_with_its_start():
    assert selection.before_after([A, B], {}) == [
        (selection.Network("a", 0), A),
        (selection.Network("b", 0), B),
    ]


def test_parts_share_no_network():
    steps = {"a": [0, 4], "b": [0]}
    of_runs = selection.independent(selection.dynamics([A, B], steps))
    assert [[first.step for first, _ in part] for part in of_runs] == [
        [0, 4],
        [0],
    ]
    chain = [(A, B), (C, C), (selection.Network("c", 0), A), (C, B)]
    assert selection.independent(chain) == [[chain[i] for i in (1, 0, 2, 3)]]


def test_between_pairs_every_two_runs():
    assert selection.between([A, B, C], {}) == [(A, B), (A, C), (B, C)]


def test_between_needs_two():
    with pytest.raises(ValueError, match="at least two. Received: a"):
        selection.between([A], {})


def test_dynamics_pairs_each_snapshot_with_the_trained_network():
    found = selection.dynamics([A, B], {"a": [0, 4, 9, 12], "b": [9]})
    assert found == [
        (selection.Network("a", 0), A),
        (selection.Network("a", 4), A),
        (A, A),
        (B, B),
    ]


def test_starts_and_ends_are_compared():
    starts = [selection.Network(name, 0) for name in "ab"]
    assert selection.start_against_end([A, B], {}) == [tuple(starts), (A, B)]


def test_a_start_is_not_what_training_ended_with():
    """E.g. --checkpoint=0, or a run that was stopped before its first step."""
    with pytest.raises(
        ValueError, match="checkpoint of b is step 0, the start"
    ):
        selection.start_against_end([A, selection.Network("b", 0)], {})


def test_weights_that_were_not_kept_are_named():
    steps = {"a": [0, 9], "b": [3, 9]}
    selection.check_saved(selection.between([A, B], steps), steps)
    selection.check_saved(selection.reuse([A], steps), steps)
    with pytest.raises(
        ValueError, match="of b at step 0, .* saved are steps 3"
    ):
        selection.check_saved(selection.before_after([A, B], steps), steps)
