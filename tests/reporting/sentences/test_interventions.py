"""Sentences on interventions are what the tables say."""

from tests.reporting.figures.interventions import tables_of_views
from transfusion_tf.reporting.sentences import interventions


def test_resilience_names_what_is_lost_and_what_is_needed():
    made = tables_of_views.of_resilience(arms=("cbr_tiny random",))
    table = made["resilience_arms"]
    table.loc[table["stage"] == "conv1", ["lost", "low", "high"]] = (0, 0, 0)
    assert list(interventions.resilience(made, 0.01)) == [
        "cbr_tiny random, one stage back at its start: most is lost at conv3, "
        "0.300 of AUC 0.900 (95%: 0.280 to 0.320); less than 0.01 at conv1.",
        "cbr_tiny random, one stage at fresh random weights: most is lost at "
        "conv2, 0.400 of AUC 0.900 (95%: 0.380 to 0.420); less than 0.01 at "
        "conv1.",
        "cbr_tiny random, on the way back: share of its change in training "
        "that a stage needs, of those tried, to lose at most 0.01: conv1 none, "
        "conv2 1, conv3 1.",
    ]


def test_the_share_is_the_smallest_above_which_nothing_is_lost():
    made = tables_of_views.of_resilience(arms=("cbr_tiny random",))
    *_, path = interventions.resilience(made, 0.06)
    assert path.endswith("0.06: conv1 0.5, conv2 0.5, conv3 1.")


def test_a_stage_whose_interval_holds_the_margin_is_not_spared():
    made = tables_of_views.of_resilience(arms=("cbr_tiny random",))
    first, *_ = interventions.resilience(made, 0.11)
    assert first.endswith("less than 0.11 for certain at no stage.")


def test_criticality_names_the_most_critical_stage():
    made = {
        **tables_of_views.of_resilience(),
        **tables_of_views.of_criticality(arms=("cbr_tiny random",)),
    }
    made["resilience_arms"] = made["resilience_arms"].iloc[:0]
    start = (
        "cbr_tiny random, criticality of stages, losing at most 0.01: conv1 0, "
        "conv2 1e+03, conv3 "
    )
    assert list(interventions.resilience(made, 0.01)) == [
        f"{start}beyond; most critical: conv3 (beyond the noises given)."
    ]
    table = made["criticality_arms"]
    table["criticality"] = table["criticality"].fillna(20)
    assert list(interventions.resilience(made, 0.01)) == [
        f"{start}20; most critical: conv2."
    ]
    table["criticality"] = 0.0
    (line,) = interventions.resilience(made, 0.01)
    assert line.endswith("conv3 0; every stage can go back.")


def test_barrier_says_between_whom():
    made = tables_of_views.of_barrier()
    made["barrier_arms"]["note"] = "not matched: for a reason"
    found = list(interventions.barrier(made, 0.01))
    assert len(found) == 7
    assert found[0] == (
        "Between seeds of cbr_tiny random (1 pair, channels as trained): a "
        "barrier; on the line AUC falls by up to 0.300 in the mean (0.300 to "
        "0.300), loss rises by up to 0.300."
    )
    assert found[1].startswith(
        "Between seeds of cbr_tiny random (1 pair, channels matched): no "
        "barrier above 0.01"
    )
    assert found[4].startswith(
        "Between cbr_tiny random and cbr_tiny pretrained (1 pair, channels as"
    )
    assert found[6] == "Not matched: for a reason."
