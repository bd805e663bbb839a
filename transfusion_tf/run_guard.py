"""Who may write into a run directory: one process, one configuration."""

import contextlib
import fcntl
import shutil

from absl import logging

from transfusion_tf import files, run_record


def is_finished(run, record, *, overwrite):
    """Whether `run` already holds the finished run that `record` describes.

    Raises:
      ValueError: the directory holds another run (the differences are
        listed), or something that is not a run.
    """
    if overwrite or not run.root.exists():
        return False
    if not run.config.is_file():
        _refuse_foreign(run)
        return False
    different = run_record.differences(run_record.read(run), record)
    if different:
        raise ValueError(
            f"{run.root} holds a run with another configuration: "
            f"{'; '.join(different)}. Give another --run_dir, or --overwrite."
        )
    return run.read_status().get("status") == "finished"


@contextlib.contextmanager
def hold(run, record, *, overwrite):
    """Claims `run` for this process and keeps its status.json.

    Raises:
      ValueError: another process is training this run.
      OSError: the directory cannot be written.
    """
    if overwrite and run.root.exists():
        if not run.config.is_file():
            _refuse_foreign(run)
        shutil.rmtree(run.root)
    run.make()
    with open(run.lock, "w") as lock:
        _lock(lock, run)
        _remove_leftovers(run)
        _warn_of_other_packages(run, record)
        files.write_json(run.config, record)
        try:
            _write_status(run, "running", "")
            yield
        except BaseException as error:
            reason = " ".join(str(error).split()) or "interrupted"
            # A full disk must not hide what went wrong in the first place.
            with contextlib.suppress(OSError):
                _write_status(
                    run, "failed", f"{type(error).__name__}: {reason}"
                )
            raise
        _write_status(run, "finished", "")
        run.state.unlink(missing_ok=True)  # Nothing is left to resume.


def _write_status(run, status, reason):
    files.write_json(run.status, {"status": status, "reason": reason})


def _refuse_foreign(run):
    """Raises unless the directory is empty."""
    if any(run.root.iterdir()):
        raise ValueError(
            f"{run.root} has files in it but is not a run (no config.json); "
            "give another --run_dir."
        )


def _lock(lock, run):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(
            f"Another process is training {run.root}; wait for it, or give "
            "another --run_dir."
        ) from None


def _warn_of_other_packages(run, record):
    """A run that is taken up by other versions is not exact any more."""
    if not run.config.is_file():
        return
    old, new = run_record.read(run)["packages"], record["packages"]
    if old != new:
        logging.warning(
            "%s was begun with %s and goes on with %s: rounding may differ.",
            run.root,
            old,
            new,
        )


def _remove_leftovers(run):
    """Temporary files of a process that was killed while it wrote."""
    for path in run.root.rglob(files.TEMPORARY_GLOB):
        path.unlink()
