"""What config.json of a run holds, and whether two are of the same run."""

import copy
import json
import re

import pytest

from tests.guarded_runs import make_record
from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir


def test_defaults_that_earlier_versions_wrote_down_make_no_difference():
    made = RunConfig.from_flags_dict({"dataset": "d", "steps": 3, "seed": 1})
    record = run_record.build(made, data={}, source=None, plan={})
    earlier = {**record, "config": made.to_json()}
    earlier["config"]["train"]["momentum"] = 0.9
    earlier["config"]["data"]["subset_seed"] = 0
    earlier["config"]["init"]["gabor_phases"] = 4
    assert run_record.differences(earlier, record) == []
    earlier["config"]["seed"] = 0
    (line,) = run_record.differences(earlier, record)
    assert line == "config.seed: 0 there, 1 here"


def written(folder, change):
    """A RunDir whose config.json is that of a run, after `change`."""
    record = copy.deepcopy(make_record(seed=3))
    change(record)
    folder.joinpath("config.json").write_text(json.dumps(record))
    return RunDir(folder)


class TestRead:
    def test_what_was_built_comes_back(self, tmp_path):
        run = written(tmp_path, lambda record: None)
        assert run_record.read(run) == json.loads(run.config.read_text())
        assert run_record.read_config(run).seed == 3
        assert run_record.is_there(run)

    def test_a_directory_that_is_no_run(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="no config.json.; give"):
            run_record.read(RunDir(tmp_path))
        assert not run_record.is_there(RunDir(tmp_path))

    @pytest.mark.parametrize(
        "change, wrong",
        [
            (lambda r: r["config"].pop("train"), "config.train"),
            (lambda r: r["config"].update(seed="3"), "config.seed"),
            (lambda r: r["data"].update(classes=None), "data.classes"),
            (lambda r: r.update(source=[]), "source"),
            (lambda r: r.update(parts=[1]), "parts"),
            (lambda r: r.update(parts=[]), "parts"),
        ],
    )
    def test_parts_that_are_damaged_are_listed(self, tmp_path, change, wrong):
        run = written(tmp_path, change)
        with pytest.raises(ValueError, match=rf"\(wrong: {wrong}\). Restore"):
            run_record.read(run)
        assert not run_record.is_there(run)

    def test_records_from_before_parts_have_none(self, tmp_path):
        def change(record):
            del record["parts"], record["format"]

        record = run_record.read(written(tmp_path, change))
        assert record["parts"] == []
        assert "format 1 and" in run_record.other_format(record, make_record())


class TestCheckpointStep:
    def test_last_is_where_training_ends(self, tmp_path):
        run = written(tmp_path, lambda record: None).make()
        for step in (0, 4, 9):
            run.weights(step).touch()
        assert run_record.last_step(run) == 9
        assert run_record.checkpoint_step(run, "last") == 9
        assert run_record.checkpoint_step(run, "4") == 4
        run.weights(9).unlink()
        assert run_record.checkpoint_step(run, "best") == 4
        with pytest.raises(
            FileNotFoundError,
            match=r"no weights of its last step, 9 \(saved are steps 0, 4\); "
            ".*--checkpoint=best",
        ):
            run_record.checkpoint_step(run, "last")


class TestObstacle:
    def test_none_for_the_same_run(self):
        assert run_record.obstacle(make_record(), make_record()) is None
        assert run_record.other_format(make_record(), make_record()) is None

    @pytest.mark.parametrize(
        "old, message",
        [
            ({"onednn": False}, "oneDNN off.*TF_ENABLE_ONEDNN_OPTS=0"),
            ({"devices": 2}, "number of devices .*plan.devices: 2 there, 1 he"),
        ],
    )
    def test_what_rounds_or_adds_otherwise(self, old, message):
        found = run_record.obstacle(make_record(**old), make_record())
        assert re.search(message, found)

    def test_the_shift_of_earlier_releases(self):
        old = make_record()
        old["config"]["data"]["augment"] = ["shift"]
        assert "its shift was" in run_record.obstacle(old, make_record())
        old["config"]["data"]["shift_range"] = 0.1
        assert run_record.obstacle(old, make_record()) is None

    def test_another_plan(self):
        old = make_record()
        old["plan"] = {**old["plan"], "total_steps": 8}
        found = run_record.obstacle(old, make_record())
        assert "plan.total_steps: 8 there, 9 here" in found
