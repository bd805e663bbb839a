"""Options of a view: defaults where they go, refused where they do nothing."""

import pytest

from transfusion_tf.analysis.streaming import plan
from transfusion_tf.analysis.views.options import RepresentationOptions


def test_defaults_are_those_of_the_library():
    assert RepresentationOptions().gather_options() == plan.GatherOptions()


def test_draws_take_the_place_of_groups():
    options = RepresentationOptions(channels=8, repeats=3, seed=5)
    assert options.groups is None and options.is_drawn
    made = options.gather_options()
    assert (made.channels, made.repeats, made.seed) == (8, 3, 5)
    assert made.num_slots == 3


def test_cka_needs_debiased_sums():
    assert RepresentationOptions(measures=["cka"]).gather_options().debiased


def test_what_measures_need_is_gathered():
    plain = RepresentationOptions().gather_options()
    assert not (plain.halves or plain.neighbors)
    options = RepresentationOptions(measures=("cca_held_out", "mutual_knn"))
    made = options.gather_options()
    assert made.halves and made.neighbors


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"repeats": 1}, "--repeats=1 goes with --max_points=N or --channels"),
        ({"channels": 8, "groups": 10}, "--groups=10 goes with all images"),
        ({"points": "pairs"}, "--points goes with --view=start_against_end"),
        (
            {"view": "start_against_end", "points": "draws"},
            "--points=draws goes with --max_points=N or --channels=N",
        ),
        ({"source": "imagenet"}, "--source goes with --view=reuse"),
        ({"view": "reuse", "split": "train"}, "probes on the training split"),
        ({"measures": ("pearson",)}, "'pearson'; known: cca, svcca"),
        ({"floors": False, "groups": 1, "seed": 0}, "--seed=0 goes with --fl"),
        (
            {"measures": ("cca_held_out",), "channels": 8},
            "--measures=cca_held_out goes with all images",
        ),
        (
            {"measures": ("mutual_knn",), "max_points": 100},
            "--measures=mutual_knn goes with all images",
        ),
        (
            {"measures": ("procrustes_held_out",), "groups": 1},
            "give --groups of 2 or more",
        ),
        ({"floors": "no"}, "'floors' .* must be a bool"),
    ],
)
def test_what_would_do_nothing_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RepresentationOptions(**settings)
