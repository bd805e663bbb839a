"""Which runs of a study are compared with each other."""

import pytest

from transfusion_tf.study.report import context as contexts
from transfusion_tf.study.report.features import network_runs


@pytest.fixture
def chosen(tmp_path):
    """chosen(study): its NetworkRuns."""

    def get(study):
        context = contexts.gather(study, tmp_path / "report")
        return network_runs.of_networks(context)

    return get


def names(network):
    return [path.name for path in network.paths]


def test_all_seeds_of_a_small_study(chosen, tiny_study):
    (network,) = chosen(tiny_study)
    assert network.model == "cbr_tiny"
    assert len(network.paths) == len(network.every) == 6
    assert set(network.init_of) == set(names(network))
    assert network.num_seeds == 3
    assert network.has_random and network.has_source
    assert network.chosen == (
        "cbr_tiny: compared are the runs on all training images."
    )
    first = [path.name for path in network.first_paths]
    assert len(first) == 2 and all(name.endswith("seed0") for name in first)


def test_one_fold_and_one_network_at_a_time(chosen, study_of_kind):
    (network,) = chosen(study_of_kind("folds"))
    assert all("fold1" in name for name in names(network))
    assert network.chosen.endswith("on all training images of fold 1.")


def test_many_seeds_and_sizes_are_cut(chosen, make_study):
    study = make_study(
        values={
            "models": "cbr_tiny,cbr_small",
            "seeds": 4,
            "train_sizes": "20,30",
        }
    )
    tiny, small = chosen(study)
    assert (tiny.model, small.model) == ("cbr_tiny", "cbr_small")
    for network in (tiny, small):
        assert len(network.paths) == 2 * 3 and len(network.every) == 2 * 4
        assert all("-30-" in name for name in names(network))
        assert not any("seed3" in name for name in names(network))
        assert network.chosen == (
            f"{network.model}: compared are the runs on 30 training images, "
            "the first three seeds of each start."
        )


def test_without_a_source(chosen, study_of_kind):
    (network,) = chosen(study_of_kind("no_comparison"))
    assert network.has_random and not network.has_source
