"""Run directories that are claimed and left, without any training."""

import pytest

from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import guard
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir

ABOUT = {
    "name": "a",
    "fingerprint": "f",
    "task": "multiclass",
    "classes": ["0", "1"],
    "image_size": 16,
}


def make_record(
    *, about=ABOUT, source=None, devices=1, onednn=True, **settings
):
    """The record of a run with these settings."""
    return run_record.build(
        RunConfig.from_flags_dict(settings),
        data=about,
        source=source,
        plan={"total_steps": 9, "devices": devices},
        machine={"devices": ["CPU"] * devices, "onednn": onednn},
    )


RECORD = make_record()


def begin(run, record=RECORD, *, overwrite=False):
    """Trains for no time at all, and is interrupted."""
    with pytest.raises(KeyboardInterrupt):
        with guard.hold(run, record, overwrite=overwrite) as is_open:
            assert is_open
            raise KeyboardInterrupt


def finished(tmp_path, record=RECORD):
    """A RunDir in which `record` has been trained to the end."""
    run = RunDir(tmp_path / "run")
    with guard.hold(run, record, overwrite=False):
        run.history.write_text("rows")
    return run


def is_finished(run, record, *, overwrite=False):
    """As run_guard.is_finished."""
    return guard.is_finished(run, record, overwrite=overwrite)
