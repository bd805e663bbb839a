"""Pictures of arms: panels by network, one axis, n/a where nothing is."""

import numpy as np
import pandas as pd

from transfusion_tf.reporting.figures import auc
from transfusion_tf.reporting.figures.comparing import (
    convergence,
    network_sizes,
    train_sizes,
)

STARTS = ("random", "pretrained x")


def arms(networks):
    return [(n, f"{n} {start}") for n in networks for start in STARTS]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_aucs_of_arms_in_panels_of_their_networks():
    rows = pd.DataFrame(
        [
            {
                "arm": arm,
                "model": network,
                "dataset": "eyes",
                "split": "test",
                "auc_of": of,
                "positive": "",
                "negative": "",
                "value": np.nan if of == "rare" else 0.8,
                "low": 0.7,
                "high": 0.9,
                "level": 0.95,
                "seed_values": "" if of == "rare" else "0.75 0.85",
                "num_images": 1234,
                "num_patients": 99.0,
                "note": "",
            }
            for network, arm in arms(["tiny", "small"])
            for of in ("sick", "rare")
        ]
    )
    figure = auc.of_arms(rows)
    left, right = figure.axes
    assert (left.get_title("left"), right.get_title("left")) == (
        "tiny",
        "small",
    )
    assert left.get_xlim() == right.get_xlim()
    assert left.get_ylim() == right.get_ylim()
    assert texts(left) == texts(right) == ["n/a", "n/a"]
    title = figure.get_suptitle()
    assert title == "eyes, test: 1,234 images of 99 patients; means over seeds"
    names = [text.get_text() for text in figure.legends[0].texts]
    assert names == [*STARTS, "one seed"]
    seeds = [line for line in left.lines if line.get_marker() == "|"]
    drawn = [list(line.get_xdata()) for line in seeds if line.get_alpha()]
    assert drawn.count([0.75, 0.85]) == 2


def convergence_tables():
    about = {"reference": "", "target": 0.75, "unit": "step", "num_runs": 1}
    rows, runs, curves = [], [], []
    for network, arm in arms(["tiny", "small"]):
        sized = f"{arm}, train_size=50"
        rows.append(
            {
                **about,
                "arm": sized,
                "network": network,
                "reference": f"{network} random, train_size=50",
                "num_reached": 1,
                "median": 20.0 if network == "tiny" else np.nan,
                "num_images": 60,
                "num_patients": np.nan,
            }
        )
        runs.append({"arm": sized, "is_reached": True, "step": 20})
        if sized != "small random, train_size=50":
            curve = {"mean": 0.7, "lowest": 0.6, "highest": 0.8, "num_runs": 1}
            curves.append({"arm": sized, "step": 20, **curve})
    return map(pd.DataFrame, (rows, runs, curves))


def test_convergence_has_a_line_of_panels_for_each_network():
    figure = convergence.draw(*convergence_tables(), dataset="eyes")
    first, times, second, _ = figure.axes
    assert first.get_title("left") == "tiny: target 0.750"
    assert second.get_title("left") == "small: target 0.750"
    assert {axes.get_xlim() for axes in figure.axes} == {first.get_xlim()}
    assert first.get_ylim() == second.get_ylim()
    # The arm without a validation AUC.
    assert texts(first) == [] and texts(second) == ["n/a: 1 of 2 curves"]
    ticks = [label.get_text() for label in times.get_yticklabels()]
    assert ticks == [f"{start}\n1 of 1 runs" for start in STARTS]
    assert figure.get_suptitle().startswith("eyes, val: 60 images\n")


def test_networks_of_one_cost_stand_beside_each_other():
    table = pd.DataFrame(
        {
            "arm": ["tiny random", "tiny pretrained"],
            "dataset": "eyes",
            "split": "test",
            "best": "tiny pretrained",
            "value": [0.7, 0.8],
            "difference": [-0.1, 0.0],
            "difference_low": [-0.2, np.nan],
            "difference_high": [0.0, np.nan],
            "non_inferior": [False, True],
            "margin": 0.01,
            "parameters": 10,
            "multiply_adds": np.nan,
            "milliseconds_single": np.nan,
            "milliseconds_batch": np.nan,
            "front_parameters": [False, True],
            "machine": "",
            "num_images": 40,
            "num_patients": np.nan,
        }
    )
    figure = network_sizes.draw(table)
    figure.canvas.draw()
    axes = figure.axes[0]
    marks = [line for line in axes.lines if line.get_marker() in ("o", "s")]
    at = [m.get_transform().transform(m.get_xydata())[0, 0] for m in marks]
    assert len(at) == 2 and 5 < at[1] - at[0] < 50
    left, right = axes.bbox.intervalx
    assert left < at[0] and at[1] < right
    lowest, highest = axes.get_ylim()
    assert lowest < -0.2 and highest > 0  # The interval's ends.
    assert "eyes, test: 40 images; means over seeds" in figure.get_suptitle()


def test_arms_of_one_size_stay_nearer_to_it_than_to_the_next():
    names = [f"arm {n}" for n in range(9)]
    table = pd.DataFrame(
        [
            {
                "arm": name,
                "dataset": "eyes",
                "split": "test",
                "metric": "AUC of sick",
                "train_size": str(size),
                "num_train_images": size,
                "value": np.nan if name == "arm 8" else 0.8,
                "low": 0.7,
                "high": 0.9,
                "num_images": 40,
                "num_patients": 20.0,
            }
            for name in names
            for size in (100, 120)
        ]
    )
    none = pd.DataFrame(columns=["arm", "difference"])
    (axes,) = train_sizes.draw(table, none, margin=0.01).axes
    at = np.sort([x for line in axes.lines for x in line.get_xdata()])
    assert at[at < 110].max() < 100 * 1.2**0.25
    assert at[at > 110].min() > 120 / 1.2**0.25
    assert texts(axes) == ["n/a: 2 of 18"]
