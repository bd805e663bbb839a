"""What is said of probes and of distorted images."""

import pytest

from tests.reporting import intervention_tables as made
from transfusion_tf.reporting.sentences import probes, shortcut

MARGIN = 0.01


def said(lines, start):
    """The one line that begins so."""
    (line,) = [line for line in lines if line.startswith(start)]
    return line


@pytest.fixture(scope="module")
def of_probes():
    return list(probes.probes(made.probes(), MARGIN))


def test_where_probes_peak(of_probes):
    assert said(of_probes, "Source imagenet: ") == (
        "Source imagenet: the linear probe peaks at conv3 (AUC 0.850), 0.100 "
        "above the last stage, conv4 (95%: 0.080 to 0.120); the k-NN probe "
        "peaks at conv3 (AUC 0.830), 0.100 above the last stage, conv4 (95%: "
        "0.080 to 0.120)."
    )
    assert "which may be chance" in said(
        of_probes, "pretrained imagenet, trained: "
    )
    assert said(of_probes, "random, trained: ").startswith(
        "random, trained: the linear probe peaks at conv4 (AUC 0.860), the "
        "last stage; "
    )
    assert "peaks at conv1" in said(of_probes, "Random weights: ")
    assert not [line for line in of_probes if ", start" in line]


def test_a_peak_within_the_margin_is_level():
    tables = made.probes()
    tables["probes_peaks"].loc[:, ["low", "high"]] = -0.004, 0.008
    lines = list(probes.probes(tables, MARGIN))
    assert "level with the last stage" in said(lines, "Source imagenet: ")


def test_what_is_better_than_random_weights(of_probes):
    assert said(of_probes, "random, trained, against random weights: ") == (
        "random, trained, against random weights: the linear probe is better "
        "at conv2, conv3, conv4, most at conv4, by 0.280 (0.250 to 0.310); the "
        "k-NN probe is better at conv2, conv3, conv4, most at conv4, by 0.260 "
        "(0.230 to 0.290)."
    )
    assert "better at every stage" in said(
        of_probes, "pretrained imagenet, trained, against"
    )


def test_better_at_no_stage():
    tables = made.probes()
    tables["probes_arms"]["over_random_low"] = -0.1
    lines = list(probes.probes(tables, MARGIN))
    assert "is better at no stage" in said(lines, "Source imagenet, against")


def test_what_distorted_images_cost():
    lines = list(shortcut.shortcut(made.distorted(), MARGIN))
    assert said(lines, "random, AUC 0.880: ").startswith(
        # (0.80 - 0.5) / (0.88 - 0.5) = 0.789
        "random, AUC 0.880: with blocks shuffled it falls to 0.800 at 16 a "
        "side, 79% of what is above chance, and by less than 0.01 at 2 a "
        "side; low-pass it falls to 0.580 at 0.0625 of the side, 21% of what "
        "is above chance; high-pass it falls to 0.600 at 0.00781 of the side"
    )


def test_how_arms_differ():
    lines = list(shortcut.shortcut(made.distorted(), MARGIN))
    assert said(lines, "pretrained imagenet against random: ") == (
        "pretrained imagenet against random: with blocks shuffled it loses "
        "0.170 more at 16 a side (95%: 0.130 to 0.210); low-pass it loses "
        "0.150 less at 0.0312 of the side (95%: 0.110 to 0.190); high-pass no "
        "difference is shown."
    )


def test_less_than_chance_is_nothing():
    tables = made.distorted()
    tables["shortcut_arms"]["auc"] = 0.4
    (line, *_) = shortcut.shortcut(tables, MARGIN)
    assert "0% of what is above chance" in line
