"""Sentences on sizes and on time, from tables small enough to check."""

import numpy as np
import pandas as pd

from transfusion_tf.reporting.sentences import comparing


def differences(arm="tiny pretrained"):
    return pd.DataFrame(
        {
            "arm": arm,
            "reference": "tiny random",
            "num_train_images": [50, 500],
            "difference": [0.1, 0.001],
            "low": [0.05, -0.004],
            "high": [0.15, 0.006],
            "verdict": ["helps", "equivalent"],
            "note": "",
        }
    )


def test_the_smallest_and_the_largest_size():
    assert comparing.train_sizes(differences()) == (
        "tiny pretrained against tiny random: helps (+0.1000 [+0.0500, "
        "+0.1500]) at 50 training images and makes no difference that matters "
        "(+0.0010 [-0.0040, +0.0060]) at 500 training images."
    )


def test_of_many_arms_three_are_named():
    table = pd.concat([differences(f"arm {n}") for n in range(4)])
    said = comparing.train_sizes(table)
    assert "arm 2 against" in said and "arm 3" not in said
    assert said.endswith("; the others are in the table.")


def test_a_size_without_an_auc():
    table = differences().assign(
        difference=np.nan, verdict="cannot_tell", note="no positive image"
    )
    assert "(no positive image) at 50" in comparing.train_sizes(table)


def networks(**columns):
    return pd.DataFrame(
        {
            "arm": ["tiny", "small", "large"],
            "best": "large",
            "parameters": [10, 2000, 30000],
            "value": [0.7, 0.8, 0.81],
            "difference": [-0.11, -0.01, 0.0],
            "difference_low": [-0.15, -0.014, np.nan],
            "difference_high": [-0.07, -0.006, np.nan],
            "margin": 0.02,
            "non_inferior": [False, True, True],
            **columns,
        }
    )


def test_the_smallest_network_that_is_not_inferior():
    assert comparing.network_sizes(networks()) == (
        "The best, large, has an AUC of 0.810 with 30,000 parameters; the "
        "smallest not inferior to it within 0.02 is small with 2,000, a "
        "difference of -0.010 [-0.014, -0.006]."
    )


def test_no_smaller_network_will_do():
    none = {"non_inferior": [False, False, True]}
    assert comparing.network_sizes(networks(**none)).endswith(
        "no smaller one is shown to be not inferior within 0.02."
    )
    worse = {**none, "difference_high": [-0.07, -0.03, np.nan]}
    assert comparing.network_sizes(networks(**worse)).endswith(
        "every smaller one is worse by more than 0.02."
    )
    first = networks(best="tiny")
    assert comparing.network_sizes(first).endswith(
        "none of these networks is smaller."
    )


def test_how_soon_a_target_is_reached():
    table = pd.DataFrame(
        {
            "arm": ["tiny pretrained", "tiny random", "tiny gabor"],
            "reference": "tiny random",
            "target": 0.75,
            "unit": "step",
            "num_runs": [3, 3, 1],
            "num_reached": [3, 2, 0],
            "median": [100.0, 300.0, np.nan],
            "speed_up": [3.0, np.nan, np.nan],
        }
    )
    seconds = table.assign(unit="seconds", median=9.0)
    assert comparing.convergence(pd.concat([table, seconds])) == (
        "A validation AUC of 0.750 is reached by 2 of 3 runs of tiny random "
        "(median 300 steps), 3 of 3 runs of tiny pretrained (median 100 steps, "
        "3.00 times as fast as the reference), 0 of 1 run of tiny gabor."
    )
    other = table.assign(reference="small random", target=0.8)
    assert comparing.convergence(pd.concat([table, other])).endswith(
        "0 of 1 run of tiny gabor; the others are in the table."
    )


def test_median_steps_by_stage():
    table = pd.DataFrame(
        {
            "series": "tiny",
            "unit": ["step", "step", "seconds"],
            "through": ["none", "conv1", "none"],
            "median": [np.nan, 200.0, 5.0],
        }
    )
    assert comparing.convergence_stages(table) == (
        "Median steps by the last stage taken: tiny: none n/a, conv1 200."
    )
