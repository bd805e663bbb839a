"""Trains the cells of a study and compares its arms."""

from transfusion_tf import files, progress
from transfusion_tf.study import (
    cell_state,
    directory,
    grid,
    live_table,
    summary,
    worker,
)
from transfusion_tf.study.directory import StudyDir
from transfusion_tf.study.executor import LocalProcesses, default_workers


def run(config, study_dir, *, num_workers=None, part=None, executor=None):
    """Trains what is missing of a study, and writes its tables when it is all.

    Finished cells are left alone; a cell that fails is tried a second time
    when all others have ended, and reported. The process may be killed at any
    time: the same call goes on.

    Args:
      config: StudyConfig.
      study_dir: its directory, made if need be.
      num_workers: runs at a time; None: by processors and memory.
      part: (index, count) of the part of an array job, which trains only its
        share of the cells; None: all.
      executor: Executor; None: processes of this machine.

    Returns:
      Lines for the terminal. With `part`, tables are written by the part that
      finds all cells finished.

    Raises:
      ValueError, FileNotFoundError, OSError: what was received is no study,
        or the directory holds another one, said in one line.
    """
    study = StudyDir(study_dir)
    cells, left_out = grid.cells(config)
    directory.begin(study, config, cells)
    data = files.read_json(study.config)["data"]
    mine = grid.share(cells, part)
    waiting = []
    for cell in mine:
        found = study.run(cell)
        if cell_state.is_finished(found, cell.config, fingerprint=data):
            cell_state.prune(found, config.keep)
        else:
            study.failure(cell).unlink(missing_ok=True)
            waiting.append(_task(study, cell, config.keep))
    executor = executor or LocalProcesses(
        num_workers or default_workers(config.num_threads)
    )
    with executor, live_table.LiveTable(study, mine) as table:
        failed = _train(executor, waiting, table)
    states = [cell_state.read(study, c, fingerprint=data) for c in cells]
    missing = sum(s.status == cell_state.WAITING for s in states)
    if part is not None and missing:
        return [*_failures(failed), *_rest(part, mine, missing)]
    return summary.write(study, config, cells, states, left_out=left_out)


def _task(study, cell, keep):
    return worker.Task(
        name=cell.name,
        config=cell.config,
        run_dir=study.run(cell).root,
        log=study.log(cell),
        failure=study.failure(cell),
        keep=keep,
    )


def _train(executor, tasks, table):
    """Trains tasks; returns {name: reason} of those that failed twice."""
    again = list(_tried(executor, tasks, table))
    for task, _ in again:
        progress.line(f"{task.name}: tried again")
    again = _tried(executor, [task for task, _ in again], table)
    return {task.name: reason for task, reason in again}


def _tried(executor, tasks, table):
    """Yields (task, reason) of the tasks that fail."""
    for task, reason in executor.run(worker.train, tasks):
        if reason is None:
            progress.line(f"{task.name}: finished, {table.count()}")
        else:
            # A process that died could not write it.
            worker.write_failure(task, reason)
            progress.line(f"{task.name}: {reason}")
            yield task, reason


def _failures(failed):
    for name, reason in failed.items():
        yield f"failed: {name}: {reason}"


def _rest(part, mine, missing):
    index, count = part
    yield (
        f"Part {index} of {count} with its {len(mine)} runs has ended; "
        f"{missing} runs of the study are not finished. The same command "
        "without --part trains what is left and writes the tables."
    )
