"""The configuration of a study, from flags, TOML and JSON."""

import dataclasses
import pathlib

import pytest

from transfusion_tf.config.run import flag_fields
from transfusion_tf.study import grid, spec
from transfusion_tf.study.spec import StudyConfig

EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples").glob("*"))


def test_lists_may_be_texts_or_lists():
    texts = {"train_sizes": "500,all", "learning_rates": "1e-2,1e-3"}
    lists = {"train_sizes": [500, "all"], "learning_rates": [0.01, 0.001]}
    made = StudyConfig.from_values(texts)
    assert made == StudyConfig.from_values(lists)
    assert made.train_sizes == ("500", "all")
    assert made.learning_rates == (0.01, 0.001)
    assert StudyConfig.from_values({"train_sizes": 500}).train_sizes == ("500",)


def test_settings_of_runs_are_kept_apart_and_threads_are_always_there():
    made = StudyConfig.from_values({"epochs": 3, "seeds": 2})
    assert made.settings == {"epochs": 3, "num_threads": 1}
    assert StudyConfig.from_values({"num_threads": 4}).num_threads == 4


def test_json_gives_it_back():
    made = StudyConfig.from_values(
        {"augment": ["shift"], "train_sizes": "20,all", "keep": "best"}
    )
    assert StudyConfig.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    "values, message",
    [
        ({"modelss": "a"}, "Unknown setting of a study 'modelss'"),
        ({"models": "cbr_tin"}, "Unknown model 'cbr_tin'; known: cbr_larget"),
        ({"train_sizes": "500,some"}, "--train_sizes must be numbers of imag"),
        ({"learning_rates": "1e-3,0.001"}, "--learning_rates must name each"),
        ({"learning_rates": "fast"}, "--learning_rates must be numbers. Rec"),
        ({"inits": ""}, "--inits must name at least one value"),
        ({"seeds": 0}, "--seeds must be in \\[1, 10000\\]. Received: 0"),
        ({"margin": 1.5}, "--margin must be in \\(0, 1\\)"),
        ({"keep": "all"}, "Unknown kind of weights to keep 'all'"),
        ({"seed": 3}, "Unknown setting of a study 'seed'"),
    ],
)
def test_mistakes_name_what_was_received(values, message):
    with pytest.raises(ValueError, match=message):
        StudyConfig.from_values(values)


def test_toml(tmp_path):
    path = tmp_path / "study.toml"
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        spec.read_toml(path)
    path.write_text("seeds = ")
    with pytest.raises(ValueError, match="is not TOML"):
        spec.read_toml(path)
    path.write_text('seeds = 3\ntrain_sizes = [500, "all"]\n')
    made = StudyConfig.from_values(spec.read_toml(path))
    assert (made.seeds, made.train_sizes) == (3, ("500", "all"))


def test_every_setting_of_a_run_is_in_the_grid_or_shared():
    own = {field.name for field in dataclasses.fields(StudyConfig)}
    shared = spec.run_settings().keys()
    others = {*spec.IN_GRID, *spec.NOT_IN_STUDIES}
    assert flag_fields().keys() == shared | others
    # The two kinds have different names, or a flag would mean two things.
    assert not own & shared


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_studies(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("cbr_larget", "cbr_largew", "cbr_small", "cbr_tiny"):
        (tmp_path / "sources" / name).mkdir(parents=True)
    cells, left_out = grid.cells(StudyConfig.from_values(spec.read_toml(path)))
    assert len(cells) > 1 and not left_out
