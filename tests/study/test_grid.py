"""The cells of a study."""

import pytest

from transfusion_tf import names
from transfusion_tf.initialization import imagenet, radimagenet
from transfusion_tf.study import grid
from transfusion_tf.study.spec import StudyConfig


def cells(**values):
    return grid.cells(StudyConfig.from_values(values))


def test_a_cell_for_each_combination_with_names_of_its_own(tmp_path):
    source = tmp_path / "textures-run"
    source.mkdir()
    found, left_out = cells(
        models="cbr_tiny,resnet50",
        inits="random,pretrained,transfusion:conv1",
        weights=f"cbr_tiny:{source},imagenet",
        seeds=2,
        train_sizes="500,all",
        learning_rates="1e-3,1e-5",
    )
    assert not left_out
    assert len({cell.name for cell in found}) == len(found) == 2 * 3 * 2 * 2 * 2
    assert found[0].name == "cbr_tiny-random-500-lr0.001-seed0"
    by_name = {cell.name: cell for cell in found}
    cell = by_name["cbr_tiny-transfusion.conv1-textures_run-all-lr1e-05-seed1"]
    assert cell.config.init.weights == str(source)
    assert cell.config.init.through == "conv1"
    assert cell.config.train.learning_rate == 1e-5
    small = by_name["resnet50-pretrained-imagenet-500-lr0.001-seed1"]
    assert (small.config.data.train_size, small.config.seed) == (500, 1)
    assert small.config.data.subset_seed == 1
    assert small.title == "resnet50 pretrained imagenet 500 images"


def test_models_without_weights_are_left_out_and_listed():
    found, left_out = cells(
        models="cbr_tiny,squeezenet",
        inits="random,pretrained",
        weights="imagenet",
        seeds=1,
    )
    assert left_out == [
        "cbr_tiny pretrained: no weights; give --weights=cbr_tiny:SOURCE, or "
        "--source_dataset to train some first"
    ]
    assert {c.model for c in found if c.init == "pretrained"} == {"squeezenet"}
    with pytest.raises(ValueError, match="The study has no runs: cbr_tiny"):
        cells(models="cbr_tiny", inits="pretrained")


def test_published_weights_are_those_that_can_be_read():
    assert set(names.PUBLISHED_WEIGHTS["imagenet"]) == set(imagenet.FILES)
    assert names.PUBLISHED_WEIGHTS["radimagenet"] == radimagenet.MODELS


def test_settings_go_to_the_cells_that_they_go_with():
    found, _ = cells(
        models="cbr_tiny,cbr_tiny_slim",
        inits="random,gabor",
        seeds=1,
        learning_rates="1e-3",
        slim_width=0.25,
        gabor_phases=2,
    )
    widths = {(c.model, c.config.model.slim_width) for c in found}
    assert widths == {("cbr_tiny", None), ("cbr_tiny_slim", 0.25)}
    phases = {(c.init, c.config.init.gabor_phases) for c in found}
    assert phases == {("random", None), ("gabor", 2)}


def test_what_is_above_a_stage_is_another_cell(tmp_path):
    source = tmp_path / "run"
    source.mkdir()
    inits = "transfusion:none,transfusion:conv1,transfusion:conv1:mean_var"
    found, left_out = cells(
        inits=f"mean_var,random,{inits},transfusion:none:mean_var",
        weights=str(source),
        seeds=1,
        learning_rates="1e-3",
        mean_var_biases=True,
        reference="cbr_tiny:transfusion:conv1:mean_var",
    )
    assert not left_out
    starts = [cell.config.init for cell in found]
    # Drawn biases go with what is drawn by the statistics of a source.
    assert [
        (x.scheme, x.through, x.rest, x.mean_var_biases, x.weights is None)
        for x in starts
    ] == [
        ("mean_var", None, None, True, False),
        ("random", None, None, None, True),
        ("transfusion", "none", "random", False, True),
        ("transfusion", "conv1", "random", False, False),
        ("transfusion", "conv1", "mean_var", True, False),
        ("transfusion", "none", "mean_var", True, False),
    ]
    assert found[4].name == (
        "cbr_tiny-transfusion.conv1.mean_var-run-all-lr0.001-seed0"
    )
    assert len({cell.arm for cell in found}) == 6


@pytest.mark.parametrize(
    "values, message",
    [
        ({"slim_width": 0.5}, "--slim_width=0.5 does nothing in any run"),
        ({"momentum": 0.5}, "--momentum goes with --optimizer=sgd"),
        ({"inits": "transfusion"}, "goes with a stage, as in transfusion:con"),
        ({"inits": "random:conv1"}, "goes with a stage"),
        ({"inits": "transfusion:"}, "goes with a stage"),
        ({"inits": "transfusion:conv1:random"}, "if that is mean_var, as in"),
        ({"inits": "transfusion:conv1:mean_var:x"}, "Received: transfusion:co"),
        ({"rest": "mean_var"}, "Unknown setting of a study"),
        ({"mean_var_biases": True}, "--mean_var_biases=True does nothing in"),
        ({"inits": "rand"}, "Unknown init 'rand'"),
        ({"models": "vgg@block1"}, "Unknown model 'vgg'"),
        ({"models": "resnet50@"}, "@ comes before a stage"),
        ({"truncate_at": "conv1"}, "Unknown setting of a study"),
        ({"learning_rates": "0.1234561,0.1234562"}, "would both be called"),
        (
            {"reference": "cbr_tiny:gabor"},
            "--reference=cbr_tiny:gabor is none of the arms: cbr_tiny:random",
        ),
        ({"epochs": 2, "steps": 3}, "Give --epochs or --steps, not both"),
    ],
)
def test_mistakes_are_found_before_any_run(values, message):
    with pytest.raises(ValueError, match=message):
        cells(**{"inits": "random", **values})
    with pytest.raises(FileNotFoundError, match="no such file or directory"):
        cells(weights="resnet5:imagenet")


def test_a_truncated_network_is_a_value_beside_the_whole_one(tmp_path):
    source = tmp_path / "run"
    source.mkdir()
    found, left_out = cells(
        models="cbr_tiny,cbr_tiny@conv2,cbr_tiny_slim@conv3",
        inits="random,pretrained",
        weights=f"cbr_tiny:{source}",
        seeds=1,
        learning_rates="1e-3",
        slim_width=0.25,
    )
    assert [cell.name for cell in found if cell.init == "random"] == [
        "cbr_tiny-random-all-lr0.001-seed0",
        "cbr_tiny@conv2-random-all-lr0.001-seed0",
        "cbr_tiny_slim@conv3-random-all-lr0.001-seed0",
    ]
    models = [cell.config.model for cell in found if cell.init == "random"]
    assert [(m.name, m.truncate_at, m.slim_width) for m in models] == [
        ("cbr_tiny", None, None),
        ("cbr_tiny", "conv2", None),
        ("cbr_tiny_slim", "conv3", 0.25),
    ]
    taken = {cell.model for cell in found if cell.source}
    assert taken == {"cbr_tiny", "cbr_tiny@conv2"}
    assert len(left_out) == 1


def test_each_seed_has_a_cell_for_each_fold():
    found, _ = cells(inits="random", seeds=2, num_folds=3)
    assert len(found) == 12
    assert {(c.seed, c.fold) for c in found} == {
        (seed, fold) for seed in (0, 1) for fold in (1, 2, 3)
    }
    cell = found[1]
    assert cell.name == "cbr_tiny-random-all-lr0.001-seed0-fold2of3"
    assert (cell.config.data.num_folds, cell.config.data.fold) == (3, 2)
    assert cell.title == "cbr_tiny random all images fold 2"
    assert len({c.arm for c in found}) == 1


def test_parts_share_all_cells():
    found, _ = cells(inits="random,gabor", seeds=5)
    parts = [grid.share(found, (index, 3)) for index in (1, 2, 3)]
    assert sorted(c.name for part in parts for c in part) == sorted(
        c.name for c in found
    )
    assert grid.share(found, None) == found
    assert grid.parse_part("3/16") == (3, 16)
    for text in ("0/2", "3/2", "1", "1/0", "a/2", "-1/2"):
        with pytest.raises(ValueError, match="--part must be I/N"):
            grid.parse_part(text)
