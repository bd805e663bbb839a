"""Trains the cells of a study and compares its arms."""

import dataclasses

from transfusion_tf import names, progress
from transfusion_tf.data import records
from transfusion_tf.study import (
    cell_state,
    directory,
    grid,
    live_table,
    sources,
    summary,
    worker,
)
from transfusion_tf.study.directory import StudyDir
from transfusion_tf.study.executor import (
    Executor,
    LocalProcesses,
    default_workers,
)


def run(config, study_dir, *, num_workers=None, part=None, executor=None):
    """Trains what is missing of a study, and writes its tables when it is all.

    Finished cells are left alone; a cell that fails is tried a second time
    when all others have ended, and reported. Sources come first, and the cells
    of one that fails are left out. The process may be killed at any time: the
    same call goes on.

    Args:
      config: StudyConfig.
      study_dir: its directory, made if need be.
      num_workers: runs at a time; None: by processors and memory.
      part: (index, count) of the part of an array job, which trains only its
        share of the cells, and of those whose sources are there; None: all.
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
    source_cells = sources.cells(config, cells)
    data = directory.begin(study, config, cells)
    executor = executor or LocalProcesses(
        num_workers or default_workers(config.num_threads)
    )
    trainer = _Trainer(study, config, data, executor, part)
    given = [cell for cell in cells if not cell.source_dataset]
    sources.check_same_weights(study, trainer.finished(given))
    with executor:
        failed = trainer.train(source_cells)
        source_states = trainer.states(source_cells)
        resolved = sources.resolve(study, source_cells, source_states)
        cells, without = sources.attach(cells, resolved)
        ready = [cell for cell in cells if cell.name not in without]
        sources.check_same_weights(study, trainer.finished(ready))
        failed |= trainer.train(cells, without)
    states = trainer.states(cells, without)
    waiting = {
        cell.name
        for cell, state in zip(cells, states, strict=True)
        if state.status == cell_state.WAITING
    }
    if part is not None and waiting:
        return [*_failures(failed), *_rest(part, waiting, without)]
    warnings = _on_official_test(config)
    if source_cells:
        warnings += summary.write_sources(study, source_cells, source_states)
    return summary.write(
        study, config, cells, states, left_out=left_out, warnings=warnings
    )


def _on_official_test(config):
    """A line, in a list, where folds are cut from an official test split."""
    if not config.num_folds or config.dataset in names.SYNTHETIC:
        return []
    card = records.open_records(config.dataset).card
    if card.splits.get("test") != "official":
        return []
    return [
        f"The official test split of {card.name} is not used as such: its "
        "images are cut into the folds with all others."
    ]


@dataclasses.dataclass(frozen=True)
class _Trainer:
    """Trains cells of a study, and knows how far they have come.

    Attributes:
      study: StudyDir.
      config: StudyConfig.
      data: {data set: fingerprint of its records, or None}.
      executor: Executor, entered where `train` is called.
      part: as of `run`.
    """

    study: StudyDir
    config: object
    data: dict
    executor: Executor
    part: tuple | None

    def train(self, cells, without=()):
        """Trains this part's share; returns {name: reason} of what fails.

        Args:
          cells: Cells or SourceCells, of all parts.
          without: names of those that cannot be trained.
        """
        # Shared out first: what is trained elsewhere must not move a share.
        share = grid.share(cells, self.part)
        mine = [cell for cell in share if cell.name not in without]
        if not mine:
            return {}
        finished = self.finished(mine)
        for cell in finished:
            cell_state.prune(self.study.run(cell), self._keep(cell))
        done = {cell.name for cell in finished}
        waiting = [cell for cell in mine if cell.name not in done]
        for cell in waiting:
            self.study.failure(cell).unlink(missing_ok=True)
        tasks = [self._task(cell) for cell in waiting]
        with live_table.LiveTable(self.study, mine) as table:
            return _train(self.executor, tasks, table)

    def finished(self, cells):
        """Those of the cells whose runs are finished."""
        return [
            cell
            for cell in cells
            if cell_state.is_finished(
                self.study.run(cell),
                cell.config,
                fingerprint=self.data[cell.config.data.dataset],
            )
        ]

    def states(self, cells, without=()):
        """The CellState of each cell; `without`: sources.attach has it."""
        found = []
        for cell in cells:
            if cell.name in without:
                source = without[cell.name]
                found.append(
                    cell_state.CellState(
                        status=source.status, reason=source.reason
                    )
                )
                continue
            data = self.data[cell.config.data.dataset]
            found.append(cell_state.read(self.study, cell, fingerprint=data))
        return found

    def _task(self, cell):
        return worker.Task(
            name=cell.name,
            config=cell.config,
            run_dir=self.study.run(cell).root,
            log=self.study.log(cell),
            failure=self.study.failure(cell),
            keep=self._keep(cell),
        )

    def _keep(self, cell):
        """The weights of its run to keep: of a source those that serve."""
        if isinstance(cell, sources.SourceCell):
            return (*self.config.keep, "best")
        return self.config.keep


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


def _rest(part, waiting, without):
    index, count = part
    yield (
        f"Part {index} of {count} has ended; {len(waiting)} runs of the study "
        "are not finished. The same command without --part trains what is left "
        "and writes the tables."
    )
    dependent = len(waiting & without.keys())
    if dependent:
        yield (
            f"{dependent} of them start from sources that other parts train: "
            "when all parts have ended, start them again with the same "
            "--part, and each trains its share of these."
        )
