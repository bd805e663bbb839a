"""Whether two records are of the same run."""

from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import record as run_record


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
