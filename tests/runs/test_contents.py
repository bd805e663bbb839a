"""What a run may take for its own, and what it must leave alone."""

import json
import shutil

import pytest

from tests.guarded_runs import RECORD, begin, finished, is_finished
from transfusion_tf import files
from transfusion_tf.runs import contents
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir


def names(paths, root):
    return [path.relative_to(root).as_posix() for path in paths]


def fill(run):
    """Puts something into every file of a run; returns their names."""
    evaluation = run.root / "evaluations" / "chest-test-best"
    paths = [
        run.config,
        run.history,
        run.status,
        run.metrics,
        run.init_report,
        run.checksums,
        run.best,
        run.weights(0),
        run.weights(1234567890),
        *run.states,
        run.lock,
        run.profile,
        run.profile.parent / "plugins/profile/2026_01_02/host.xplane.pb",
        run.predictions("val"),
        run.tensorboard / "events.out.tfevents.1.host.2.0.v2",
        evaluation / "predictions.csv",
        evaluation / "metrics.json",
        run.best.with_name(".tmp-0a1b-best.json"),
    ]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return names(paths, run.root)


FOREIGN = (
    "notes.txt",
    "weights/step-7.weights.h5",
    "weights/mine.h5",
    "tensorboard/plugins/profile",
    "chapters/config.json",
    "config.json.bak",
    "state/history.csv",
    ".tmp-notes.txt",
)


def test_every_file_is_known_as_a_run_s_or_as_foreign(tmp_path):
    run = RunDir(tmp_path)
    made = fill(run)
    for name in FOREIGN:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    own = names(contents.own(tmp_path), tmp_path)
    assert sorted(own) == sorted(made) and own[-1] == "config.json"
    assert own.index("state/newest.npz") < own.index("status.json")
    assert own.index("status.json") < own.index("weights/best.json")
    # Of a folder that is not ours, only that it is there.
    tops = {"tensorboard/plugins/profile": "tensorboard/plugins"}
    tops["chapters/config.json"] = "chapters"
    expected = sorted(tops.get(name, name) for name in FOREIGN)
    assert sorted(names(contents.foreign(tmp_path), tmp_path)) == expected


def test_all_that_training_and_evaluating_leave_is_known(tiny_runs, tmp_path):
    from transfusion_tf import experiment

    # Nothing lies beside the runs, and only what is known in them.
    assert sorted(tiny_runs[0].parent.iterdir()) == tiny_runs
    run = RunDir(shutil.copytree(tiny_runs[0], tmp_path / "run"))
    config = run_record.read_config(run)
    opened = experiment.open_dataset(config.data.dataset)
    experiment.evaluate(
        run.root, opened, "val", output_dir=run.root / "evaluations" / "a"
    )
    assert contents.foreign(run.root) == []
    assert names(tmp_path.iterdir(), tmp_path) == ["run"]


def test_overwriting_deletes_the_run_and_leaves_the_rest(tmp_path):
    run = finished(tmp_path)
    fill(run)
    files.write_json(run.config, RECORD)
    for name in FOREIGN:
        (run.root / name).parent.mkdir(parents=True, exist_ok=True)
        (run.root / name).write_text("mine")
    begin(run, overwrite=True)
    left = names(contents.own(run.root), run.root)
    assert sorted(left) == ["config.json", "status.json"]
    assert all((run.root / name).read_text() == "mine" for name in FOREIGN)


@pytest.mark.parametrize(
    "content",
    [
        {"thesis.tex": "x"},
        {"thesis.tex": "x", "config.json": "{}"},
        {"thesis.tex": "x", "config.json": ""},
        {"config.json": '{"architectures": ["ViT"]}'},
        {"config.json": '{"config": {}, "data": {}}', "pytorch_model.bin": "x"},
        {"config.json": "{}", "weights/mine.h5": "x", "state/x": "x"},
        {"history.csv": "x"},
        {"weights/step-0000007.weights.h5": "x"},
    ],
)
def test_a_directory_of_other_things_is_never_taken(tmp_path, content):
    for name, text in content.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    run = RunDir(tmp_path)
    for overwrite in (False, True):
        with pytest.raises(ValueError, match="has files in it but is not a"):
            is_finished(run, RECORD, overwrite=overwrite)
        with pytest.raises(ValueError, match="has files in it but is not a"):
            begin(run, overwrite=overwrite)
    found = {
        path.relative_to(tmp_path).as_posix(): path.read_text()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert found == content


def test_killed_before_there_is_a_configuration_it_begins_anew(tmp_path):
    run = RunDir(tmp_path / "run").make()
    run.lock.touch()
    (run.root / ".tmp-0123456789ab-config.json").write_text("{")
    assert not is_finished(run, RECORD)
    begin(run)
    assert files.read_json(run.config)["config"] == files.plain(
        RECORD["config"]
    )


def damaged(change):
    record = json.loads(json.dumps(RECORD))
    change(record)
    return json.dumps(record)


DAMAGED = [
    "",
    "{",
    "[]",
    "null",
    "[" * 100_000,
    damaged(lambda record: record.update(config=None)),
    damaged(lambda record: record.update(data=[])),
    damaged(lambda record: record.update(source="x")),
    damaged(lambda record: record.update(parts=None)),
    damaged(lambda record: record.update(parts=[])),
    damaged(lambda record: record["config"].update(train=None)),
    damaged(lambda record: record["config"].update(seed="0")),
    damaged(lambda record: record["data"].pop("image_size")),
    damaged(lambda record: record["data"].update(classes=7)),
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_configuration_is_named_and_can_be_overwritten(
    tmp_path, text
):
    run = finished(tmp_path)
    run.config.write_text(text)
    with pytest.raises(ValueError, match="config.json is .*--overwrite"):
        is_finished(run, RECORD)
    with pytest.raises(ValueError, match="config.json is .*--overwrite"):
        begin(run)
    assert run.history.exists()
    begin(run, overwrite=True)
    assert not run.history.exists()
    assert not is_finished(run, RECORD)


def test_a_damaged_configuration_takes_nothing_foreign_with_it(tmp_path):
    run = finished(tmp_path)
    run.config.write_text("")
    (run.root / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="give another --run_dir"):
        begin(run, overwrite=True)
    assert run.history.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "7", '{"status": 1, "reason": ""}']
)
def test_a_damaged_status_is_named(tmp_path, text):
    run = finished(tmp_path)
    run.status.write_text(text)
    with pytest.raises(ValueError, match="status.json is .*Delete this file"):
        is_finished(run, RECORD)


def test_killed_while_it_deletes_it_is_not_taken_for_whole(tmp_path):
    run = finished(tmp_path)
    fill(run)
    files.write_json(run.config, RECORD)
    files.write_json(run.status, {"status": "finished", "reason": ""})
    own = contents.own(run.root)
    for path in own[: own.index(run.status)]:
        path.unlink()
        assert is_finished(run, RECORD)  # Nothing that counts is gone.
    for path in own[own.index(run.status) : -2]:
        path.unlink()
        with pytest.raises(ValueError, match="cannot be continued"):
            is_finished(run, RECORD)
    own[-2].unlink()
    assert names(contents.own(run.root), run.root) == ["config.json"]
    assert not is_finished(run, RECORD)
