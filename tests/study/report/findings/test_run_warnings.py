"""What a run warns of stands in the report."""

from transfusion_tf import files
from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.report.findings import warnings

DATA = {
    "name": "d",
    "fingerprint": "f",
    "task": "multiclass",
    "classes": ["a", "b"],
    "image_size": 16,
}


def said(root, **metrics):
    run = RunDir(root).make()
    config = RunConfig.from_flags_dict({"early_stopping": 2})
    plan = {"total_steps": 9}
    files.write_json(
        run.config, record.build(config, data=DATA, source=None, plan=plan)
    )
    files.write_json(
        run.init_report,
        {"counts": {}, "scheme": "random", "warnings": ["Odd."]},
    )
    files.write_json(run.metrics, metrics)
    return list(warnings._of_run(run))


def test_what_a_training_warned_of_is_handed_on(tmp_path):
    few = [{"name": "few_steps", "text": "Few."}]
    found = said(tmp_path / "new", best_step=1, last_step=4, warnings=few)
    assert found == ["Odd.", "Few."]
    # Earlier releases wrote none.
    assert said(tmp_path / "old", best_step=1) == ["Odd."]


def test_the_last_step_is_the_one_that_was_taken(tmp_path):
    found = said(tmp_path / "stopped", best_step=4, last_step=4)
    assert len(found) == 2 and "those of the last step" in found[1]
    assert said(tmp_path / "on", best_step=4, last_step=6) == ["Odd."]
