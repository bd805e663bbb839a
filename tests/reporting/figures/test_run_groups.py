"""Runs that differ by their seed alone share a look and a legend entry."""

import numpy as np
import pandas as pd

from transfusion_tf.reporting.figures import run_groups


def table(**columns):
    return pd.DataFrame(
        {
            "run": ["a", "b", "c"],
            "model": ["tiny", "tiny", "small"],
            "init": "random",
            "seed": [0, 1, 0],
            **columns,
        }
    )


def test_networks_are_not_mixed_up():
    found = run_groups.labels(table())
    assert found == {
        "a": "tiny, random (seeds 0, 1)",
        "b": "tiny, random (seeds 0, 1)",
        "c": "small, random (seed 0)",
    }
    looks = run_groups.styles(found)
    assert looks["a"] == looks["b"] != looks["c"]
    handles = run_groups.handles(found, ls="")
    assert [h.get_label() for h in handles] == [found["a"], found["c"]]
    assert [h.get_color() for h in handles] == [
        looks["a"]["color"],
        looks["c"]["color"],
    ]


def test_runs_of_one_seed_are_named():
    found = run_groups.labels(table(seed=0))
    assert found["b"] == "tiny, random: b" and found["a"] != found["b"]


def test_arms_by_their_names():
    arms = {"a": "tiny imagenet", "b": "tiny textures", "c": "small textures"}
    found = run_groups.labels(table(seed=0), arms)
    assert found["a"] == "tiny imagenet (seed 0)"
    assert len(set(found.values())) == 3


def test_predictions_of_other_tools_are_named_alone():
    found = run_groups.labels(table(model=np.nan, init=np.nan, seed=np.nan))
    assert found == {"a": "a", "b": "b", "c": "c"}
