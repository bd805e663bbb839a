"""Pictures of probes: what is drawn, from made tables."""

import numpy as np
import pandas as pd

from tests.reporting import intervention_tables as made
from transfusion_tf.reporting.figures.interventions import probes


def lines_of(axes, values):
    """The lines of a panel that go through these heights."""
    return [
        line
        for line in axes.lines
        if len(line.get_ydata()) == len(values)
        and np.allclose(line.get_ydata(), values)
    ]


def test_a_panel_for_each_probe_and_a_line_for_each_network():
    figure = probes.stages(made.probes())
    assert [axes.get_title() for axes in figure.axes] == [
        "linear probe",
        "k-NN probe",
    ]
    for axes, shift in zip(figure.axes, (0, 0.02), strict=True):
        for (kind, arm), aucs in made.PROBES.items():
            found = lines_of(axes, np.array(aucs) - shift)
            assert found, (kind, arm)
        ticks = [text.get_text() for text in axes.get_xticklabels()]
        assert ticks == list(made.STAGES)


def test_an_arm_has_one_colour_and_its_start_another_line():
    axes = probes.stages(made.probes()).axes[0]
    start, trained = (
        lines_of(axes, made.PROBES[kind, "random"])[0]
        for kind in ("start", "trained")
    )
    assert start.get_color() == trained.get_color()
    assert start.get_linestyle() != trained.get_linestyle()
    other = lines_of(axes, made.PROBES["trained", "pretrained imagenet"])[0]
    assert other.get_color() != trained.get_color()


def test_the_legend_names_all():
    figure = probes.stages(made.probes())
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "source: imagenet" in texts
    assert "random, trained" in texts
    assert "random weights, 3 draws" in texts


def test_undefined_values_are_counted():
    tables = made.probes()
    tables["probes_arms"].loc[0, ["value", "low", "high"]] = np.nan
    axes = probes.stages(tables).axes[0]
    assert "n/a: 1 of 24" in [text.get_text() for text in axes.texts]


def test_without_a_floor():
    tables = made.probes()
    table = tables["probes_arms"]
    tables["probes_arms"] = table[table["network"] == "trained"]
    axes = probes.stages(tables).axes[0]
    assert lines_of(axes, made.PROBES["trained", "random"])


def test_each_of_many_arms_has_panels_of_its_own():
    table = made.probes()["probes_arms"]
    is_run = table["network"].isin(["start", "trained"])
    is_one = is_run & table["arm"].eq("random")
    arms = [f"arm {letter}" for letter in "abcde"]
    many = pd.concat(
        [table[~is_run], *(table[is_one].assign(arm=arm) for arm in arms)]
    )
    figure = probes.stages({"probes_arms": many})
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 2 * len(arms)
    assert [a.get_title() for a in shown if a.get_title()] == arms
    for axes in shown[:4]:  # Linear probes of the first four.
        for network in (
            ("start", "random"),
            ("trained", "random"),
            ("source", "imagenet"),
        ):
            assert lines_of(axes, made.PROBES[network])
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"source: imagenet", "start", "trained"} < set(texts)
    assert len(texts) == 5
