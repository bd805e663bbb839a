"""Sentences on representations say what small tables hold."""

import numpy as np
import pandas as pd

from transfusion_tf.reporting.sentences import representations as sentences


def summary(values, num_pairs=3, measure="svcca", layout=np.nan):
    """Rows for {kind: means from the bottom to the top stage}."""
    return pd.DataFrame(
        [
            {
                "kind": kind,
                "measure": measure,
                "stage": f"conv{index + 1}",
                "stage_index": index,
                "num_pairs": num_pairs,
                "mean": value,
                "chance": 0.1 + 0.02 * index,
                "layout": layout,
            }
            for kind, of_kind in values.items()
            for index, value in enumerate(of_kind)
        ]
    )


def test_between_is_on_the_top_stage_from_the_most_alike_kind():
    found = sentences.between(
        summary(
            {"random and random": [0.9, 0.412], "a and b": [0.8, 0.5]},
            layout=0.3,
        )
    )
    assert found == (
        "At the top stage, conv2, the mean SVCCA of two trained networks is "
        "0.50 for a and b (3 pairs); 0.41 for random and random (3 pairs). "
        "There, the layout floor is 0.30, the chance floor is 0.12."
    )


def test_of_many_kinds_the_highest_and_the_lowest_are_named():
    kinds = {f"kind {place}": [0.5 - place / 100] for place in range(6)}
    assert sentences.between(summary(kinds, num_pairs=1)) == (
        "At the top stage, conv1, the mean SVCCA of two trained networks is "
        "0.50 for kind 0 (1 pair); 0.45 for kind 5 (1 pair) (other kinds lie "
        "between these). There, the chance floor is "
        "0.10."
    )


def test_an_undefined_top_stage_is_said():
    assert sentences.between(summary({"a": [0.9, np.nan]}, measure="cka")) == (
        "At the top stage, conv2, linear CKA, debiased is undefined (n/a)."
    )


def test_before_after_names_the_nearest_and_the_furthest_stage():
    found = sentences.before_after(
        summary(
            {
                "random": [0.9, 0.7, 0.75],
                "pretrained eyes": [0.99, np.nan, 0.8],
                "gabor": [np.nan] * 3,
            }
        )
    )
    assert found == (
        "By SVCCA, random (3 runs) stays nearest to its start at conv1 (0.90) "
        "and is furthest from it at conv2 (0.70); pretrained eyes (3 runs) "
        "stays nearest to its start at conv1 (0.99) and is furthest from it at "
        "conv3 (0.80); gabor: n/a."
    )


def test_the_layout_floor_stands_beside_each_similarity():
    one = summary({"random": [0.9, 0.7]}, layout=0.65)
    assert sentences.before_after(one) == (
        "By SVCCA, random (3 runs) stays nearest to its start at conv1 (0.90, "
        "layout floor 0.65) and is furthest from it at conv2 (0.70, layout "
        "floor 0.65)."
    )


def fits(r_squared, note=""):
    return pd.DataFrame(
        {
            "measure": "svcca",
            "stage": ["conv1", "conv2", "conv3"],
            "num_points": 15,
            "num_runs": 6,
            "r_squared": r_squared,
            "note": note,
        }
    )


def test_the_start_explains_most_and_least_of_the_end():
    assert sentences.start_against_end(fits([0.8, 0.05, np.nan])) == (
        "Over 15 pairs of 6 runs, SVCCA at the start explains most of that "
        "after training at conv1 (R squared 0.80) and least at conv2 (0.05)."
    )


def test_without_a_line_the_reason_is_given():
    assert sentences.start_against_end(fits([np.nan] * 3, "No line.")) == (
        "Of SVCCA: No line."
    )


def probes(values):
    return pd.DataFrame(
        [
            {
                "run": run,
                "measure": "probe_auc",
                "stage": f"conv{index + 1}",
                "value": value,
            }
            for run, of_run in values.items()
            for index, value in enumerate(of_run)
        ]
    )


def test_reuse_is_on_the_best_stage_of_the_source():
    found = sentences.reuse(
        probes({"source": [0.7, 0.9], "seed0": [0.71, 0.65]}),
        summary({"random": [0.3, 0.2], "pretrained": [0.9, 0.95]}),
    )
    assert found == (
        "A linear probe of the source reaches its highest AUC at conv2, 0.90; "
        "that of random weights is 0.65 there. Trained, random is nearest to "
        "the source at conv1 (SVCCA 0.30); pretrained is nearest to the source "
        "at conv2 (SVCCA 0.95)."
    )


def test_reuse_without_random_weights_or_a_defined_auc():
    one = summary({"pretrained": [0.9]})
    kept = "Trained, pretrained is nearest to the source at conv1 (SVCCA 0.90)."
    assert sentences.reuse(probes({"source": [0.7]}), one) == (
        f"A linear probe of the source reaches its highest AUC at conv1, 0.70. "
        f"{kept}"
    )
    assert sentences.reuse(probes({"source": [np.nan]}), one) == (
        f"The AUCs of probes are undefined (n/a). {kept}"
    )


def correlations(values, lows, highs, note=""):
    return pd.DataFrame(
        {
            "init": "pretrained",
            "measure": "svcca",
            "stage": ["conv1", "conv2"],
            "coefficient": "spearman",
            "value": values,
            "low": lows,
            "high": highs,
            "num_points": 8,
            "note": note,
        }
    )


def test_gain_says_where_an_interval_leaves_out_zero():
    begins = (
        "Over 8 runs, Spearman's coefficient of SVCCA and gain lies between "
        "-0.60 (conv2) and 0.10 (conv1); "
    )
    found = correlations([0.1, -0.6], [-0.5, -0.9], [0.7, -0.2])
    assert sentences.gain(found) == (
        f"{begins}its interval leaves out 0 at conv2."
    )
    found = correlations([0.1, -0.6], [-0.5, -0.9], [0.7, 0.2])
    assert sentences.gain(found) == f"{begins}no interval leaves out 0."


def test_gain_without_coefficients_gives_the_reason():
    found = correlations([np.nan] * 2, np.nan, np.nan, "Not defined: few.")
    assert sentences.gain(found) == "No coefficient: Not defined: few."
