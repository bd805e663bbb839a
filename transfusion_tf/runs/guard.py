"""Who may write into a run directory: one process, one configuration."""

import contextlib
import datetime
import os

from absl import logging

from transfusion_tf import files
from transfusion_tf.runs import contents, state
from transfusion_tf.runs import record as run_record


def is_finished(run, record, *, overwrite):
    """Whether `run` already holds the finished run that `record` describes.

    Writes nothing. Only `hold` keeps others from changing what is found.

    Raises:
      ValueError: the directory holds another run (the differences are
        listed), one that cannot be continued, or something that is not a run.
    """
    refuse_foreign(run, overwrite=overwrite)
    if overwrite or not run.config.is_file():
        return False
    old = run_record.read(run)
    is_over = run.read_status().get("status") == "finished"
    if not is_over:
        # First: another format has other settings.
        _refuse_to_continue(run, run_record.other_format(old, record))
    if different := run_record.differences(old, record):
        raise ValueError(
            f"{run.root} holds a run with another configuration: "
            f"{'; '.join(different)}. Give another --run_dir, or --overwrite."
        )
    if not is_over:
        _refuse_to_continue(run, _obstacle(run, old, record))
    return is_over


@contextlib.contextmanager
def hold(run, record, *, overwrite):
    """Claims `run` for this process and keeps its status.json.

    What `is_finished` looks at is looked at again, now that no other process
    can change it.

    Yields:
      Whether there is something to train; if not, the run is finished.

    Raises:
      ValueError: another process is training this run, or as `is_finished`.
      OSError: the directory cannot be written.
    """
    run.root.mkdir(parents=True, exist_ok=True)
    with _claimed(run):
        refuse_foreign(run, overwrite=overwrite)
        run.make()
        with _locked(run, run.lock):
            if is_finished(run, record, overwrite=overwrite):
                yield False
                return
            _begin(run, record, overwrite=overwrite)
            with _told_in_status(run, overwrite=overwrite):
                yield True
            for path in run.states:  # Nothing is left to resume.
                path.unlink(missing_ok=True)


def _claimed(run):
    """The lock beside the directory, if that is a place to write to.

    It outlives the directory, which may be deleted and made anew; the lock in
    the directory is met, too, where that is mounted at another place.
    """
    beside = run.lock_beside
    if os.access(beside.parent, os.W_OK):
        return _locked(run, beside)
    return contextlib.nullcontext()


def _locked(run, lock):
    return files.locked(
        lock,
        busy=f"Another process is training {run.root}; wait for it, or give "
        "another --run_dir.",
    )


def _begin(run, record, *, overwrite):
    """Deletes what is not to be continued, and writes config.json."""
    if overwrite:
        unwanted = contents.own(run.root)
    else:
        unwanted = contents.leftovers(run.root)
    for path in unwanted:
        if path != run.lock:
            path.unlink()
    earlier, step = [], 0
    if run.config.is_file():
        earlier = run_record.read(run)["parts"]
    if _has_state(run):
        step = state.read_progress(state.newest_intact(run.states)).step
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    part = {**record["parts"][-1], "step": step, "started": now}
    if earlier:
        _warn_of_changes(run, earlier[-1], part)
    files.write_json(run.config, {**record, "parts": [*earlier, part]})


@contextlib.contextmanager
def _told_in_status(run, *, overwrite):
    """Keeps status.json while the block trains."""
    try:
        _write_status(run, "running", "")
        yield
    except BaseException as error:
        reason = " ".join(str(error).split()) or "interrupted"
        # A full disk must not hide what went wrong in the first place.
        with contextlib.suppress(OSError):
            _write_status(run, "failed", f"{type(error).__name__}: {reason}")
        if isinstance(error, KeyboardInterrupt):
            without = " without --overwrite" if overwrite else ""
            error.add_note(f"the same command{without} continues")
        raise
    _write_status(run, "finished", "")


def _write_status(run, status, reason):
    files.write_json(run.status, {"status": status, "reason": reason})


def refuse_foreign(run, *, overwrite=False):
    """Raises ValueError where training would begin among files of others.

    With config.json of a run, the directory is a run's, whatever else is in
    it; that is left alone.
    """
    root = run.root
    if contents.is_unbegun(root) or run_record.is_there(run):
        return
    # A config.json that is damaged, or another program's, proves nothing.
    is_ours = not contents.foreign(root) and run.state.parent.is_dir()
    if is_ours and overwrite:
        return
    if is_ours and run.config.is_file():
        run_record.read(run)  # Says what is wrong with it.
    way_out = ", or --overwrite to delete them" if is_ours else ""
    raise ValueError(
        f"{root} has files in it but is not a run (it has no config.json of "
        f"one); give another --run_dir{way_out}."
    )


def _refuse_to_continue(run, obstacle):
    """Raises unless `obstacle`, a reason and a way out, is None."""
    if obstacle:
        raise ValueError(
            f"{run.root} cannot be continued: {obstacle}, or start anew with "
            "--overwrite."
        )


def _obstacle(run, old, new):
    """Why `run` cannot go on, and the way out; None if it can."""
    if obstacle := run_record.obstacle(old, new):
        return obstacle
    if any(run.weight_steps()) and not _has_state(run):
        return f"{run.state} is gone; restore it"
    return None


def _has_state(run):
    return any(path.is_file() for path in run.states)


def _warn_of_changes(run, old, new):
    """A run that is continued by other versions is not exact any more."""
    for what in ("packages", "devices"):
        if old.get(what) != new.get(what):
            logging.warning(
                "%s was begun with %s and goes on with %s: rounding may "
                "differ.",
                run.root,
                old.get(what),
                new.get(what),
            )
