"""Sources that a study trains first, and runs that start from others."""

import json
import shutil

import pytest

from tests.study.tasks import InThisProcess
from transfusion_tf import tables
from transfusion_tf.study import cell_state, grid, runner, sources
from transfusion_tf.study.cell_state import FAILED, FINISHED, CellState
from transfusion_tf.study.directory import StudyDir
from transfusion_tf.study.spec import StudyConfig

SOURCE = "cbr_tiny-other-lr0.001"  # Whole, whatever starts from it.
RANDOM = "cbr_tiny@conv1-random-all-lr0.001-seed0"
TAKING = "cbr_tiny@conv1-pretrained-other-all-lr0.001-seed0"
PRETRAINED = "cbr_tiny@conv1 pretrained tiny"
RATES = "1e-2,1e-3,1e-4"


@pytest.fixture(scope="module")
def values(tiny_dataset, tmp_path_factory):
    other = tmp_path_factory.mktemp("records") / "other"
    shutil.copytree(tiny_dataset, other)
    return {
        "dataset": str(tiny_dataset),
        "source_dataset": str(other),
        "source_steps": 3,
        "models": "cbr_tiny@conv1",  # To trace more would show no more.
        "inits": "random,pretrained",
        "seeds": 1,
        "learning_rates": "1e-3",
        "steps": 2,
        "batch_size": 16,
        "snapshots": 0,
        "optimizer": "sgd",
        "num_threads": None,
    }


def run(values, study_dir, **options):
    config = StudyConfig.from_values(values)
    lines = runner.run(config, study_dir, executor=InThisProcess(), **options)
    return "\n".join(lines)


@pytest.fixture(scope="module")
def trained(values, tmp_path_factory):
    """The directory of a finished study, and what it has printed."""
    root = tmp_path_factory.mktemp("trained") / "study"
    return root, run(values, root)


def test_a_source_is_trained_first_and_its_best_weights_are_taken(trained):
    root, text = trained
    assert f"{PRETRAINED} against cbr_tiny@conv1 random: " in text
    assert str(root / "sources.csv") in text
    assert "\nlearning rate 0.001: " not in text
    row = tables.read(root / "sources.csv").iloc[0]
    assert (row["run"], row["status"], row["steps"]) == (SOURCE, FINISHED, 3)
    assert row["chosen"] == "yes" and row["dataset"].endswith("other")
    assert set(tables.read(root / "study.csv")["steps"]) == {2}
    started = json.loads((root / "runs" / TAKING / "config.json").read_text())
    place = root / "sources" / SOURCE
    assert started["config"]["init"]["weights"] == str(place)
    source = json.loads((place / "checksums.json").read_text())
    best = json.loads((place / "weights/best.json").read_text())["step"]
    name = f"weights/step-{best:07d}.weights.h5"
    assert started["source"]["sha256"] == source[name]


def test_other_weights_than_a_finished_run_took_are_an_error(
    values, trained, tmp_path
):
    root = tmp_path / "study"
    shutil.copytree(trained[0], root)
    text = run(values, root)  # Trains nothing.
    assert "against cbr_tiny@conv1 random" in text
    folder = root / "sources" / SOURCE / "weights"
    for path in folder.glob("*.h5"):
        path.write_bytes(path.read_bytes() + b"other")
    with pytest.raises(ValueError, match="started from other weights") as e:
        run(values, root)
    assert TAKING in str(e.value) and "\n" not in str(e.value)


def test_weights_that_are_given_are_compared_too(values, trained, tmp_path):
    weights = tmp_path / "source.weights.h5"
    place = trained[0] / "sources" / SOURCE
    shutil.copy(next(place.glob("weights/*.h5")), weights)
    given = {**values, "inits": "pretrained", "weights": str(weights)}
    del given["source_dataset"], given["source_steps"]
    root = tmp_path / "study"
    run(given, root)
    weights.write_bytes(weights.read_bytes() + b"other")
    with pytest.raises(ValueError, match="started from other weights"):
        run(given, root)


def test_cells_of_a_source_that_fails_are_left_out_in_parts(values, tmp_path):
    root = tmp_path / "study"
    # The second part has no source to train, and the first has not begun.
    text = run(values, root, part=(2, 2))
    assert "1 of them start from sources that other parts train" in text
    assert not (root / "sources").exists()
    odd = root / "sources" / SOURCE
    odd.mkdir(parents=True)
    (odd / "notes.txt").write_text("mine")
    text = run(values, root, part=(1, 2))
    table = tables.read(root / "study.csv").set_index("run")
    assert dict(table["status"]) == {RANDOM: FINISHED, TAKING: "left out"}
    reason = table["reason"][TAKING]
    assert reason.startswith(f"its source {SOURCE} has failed: ")
    assert f"left out: {TAKING}: left out ({reason})" in text
    assert list(tables.read(root / "sources.csv")["status"]) == [FAILED]
    assert f"warning: The source {SOURCE} failed (" in text


def resolved(*states):
    config = StudyConfig.from_values(
        {
            "inits": "random,pretrained",
            "source_dataset": "synthetic_textures",
            "learning_rates": RATES,
            "seeds": 1,
        }
    )
    cells, _ = grid.cells(config)
    found = sources.cells(config, cells)
    states = [CellState(status=s, val_auc=auc) for s, auc in states]
    chosen = sources.resolve(StudyDir("study"), found, states)
    attached, without = sources.attach(cells, chosen)
    return {cell.config.init.weights for cell in attached}, without


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 0, 1), (1, 2, 0)])
def test_the_best_of_several_rates_serves_once_all_have_ended(order):
    states = [(FINISHED, 0.8), (FINISHED, 0.7), (FAILED, None)]
    weights, without = resolved(*(states[i] for i in order))
    rate = RATES.split(",")[order.index(0)]
    name = f"cbr_tiny-synthetic_textures-lr{float(rate):g}"
    assert weights == {None, f"study/sources/{name}"} and not without
    states[1] = (cell_state.WAITING, None)
    weights, without = resolved(*(states[i] for i in order))
    assert weights == {None, "synthetic_textures"} and len(without) == 3
    assert {s.status for s in without.values()} == {cell_state.WAITING}


def test_no_rate_that_has_finished():
    _, without = resolved(*[(FAILED, None)] * 3)
    assert {s.status for s in without.values()} == {cell_state.LEFT_OUT}
    assert {s.weights for s in without.values()} == {None}


def test_settings_of_a_run_on_other_data():
    config = StudyConfig.from_values(
        {
            "inits": "pretrained",
            "source_dataset": "synthetic_textures,synthetic_fundus",
            "source_epochs": 7,
            "steps": 5,
            "select_threshold": 2,
            "freeze_through": "conv1",
            "batch_size": 8,
            "learning_rates": "1e-3",
            "train_sizes": "50",
        }
    )
    found = sources.cells(config, grid.cells(config)[0])
    assert [cell.dataset for cell in found] == [
        "synthetic_textures",
        "synthetic_fundus",
    ]
    made = found[0].config
    assert (made.train.epochs, made.train.steps) == (7, None)
    assert made.train.batch_size == 8 and made.data.train_size is None
    assert made.train.freeze_through is made.train.select_threshold is None


@pytest.mark.parametrize(
    "values, message",
    [
        ({"source_epochs": 2}, "--source_epochs=2 goes with --source_dataset"),
        (
            {"source_dataset": "a", "source_epochs": 2, "source_steps": 3},
            "not both",
        ),
        ({"source_dataset": "a", "inits": "random"}, "does nothing"),
        ({"source_dataset": "a,a"}, "must name each value once"),
        ({"source_dataset": "x/a,y/a"}, "would both be called"),
    ],
)
def test_mistakes_are_found_before_any_run(values, message):
    with pytest.raises(ValueError, match=message):
        grid.cells(StudyConfig.from_values(values))


def test_a_data_set_that_is_not_there(values, tmp_path):
    given = {**values, "source_dataset": str(tmp_path / "none")}
    with pytest.raises(FileNotFoundError, match="--source_dataset=.* no rec"):
        run(given, tmp_path / "study")
    assert not (tmp_path / "study").exists()
