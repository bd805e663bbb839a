"""Sources that a study trains first: runs on other data sets.

For each network and data set of --source_dataset there is a run at each
learning rate; the one with the best AUC on val is what the cells start from.
"""

import dataclasses
import functools
import pathlib
import typing

from transfusion_tf import files, names
from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study import cell_state, grid, selection, spec

# Settings of the study that say nothing of a run on other data.
_NOT_OF_SOURCES = (
    "select_threshold",
    "freeze_through",
    "unfreeze_at",
    "frozen_learning_rate",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SourceCell:
    """One run on a source data set; as grid.Cell, where both are used.

    Attributes:
      folder: of the study in which such runs lie.
      name: of its run directory in sources/.
      model: network, whole also for truncated ones.
      dataset: source data set.
      learning_rate: of the run.
      config: RunConfig.
    """

    folder: typing.ClassVar = "sources"

    name: str
    model: str
    dataset: str
    learning_rate: float
    config: RunConfig

    @property
    def group(self):
        """What one learning rate is chosen for."""
        return self.model, self.dataset

    @property
    def title(self):
        """The group in words."""
        return f"{self.model} on {self.dataset}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """What has become of the runs of a network on a source data set.

    Attributes:
      weights: directory of the run that serves, or None.
      status, reason: where none serves: what its cells have as theirs.
    """

    weights: pathlib.Path | None = None
    status: str = cell_state.WAITING
    reason: str = ""


def cells(config, found):
    """The SourceCells that the Cells of a StudyConfig need, in their order.

    Args:
      config: StudyConfig.
      found: its Cells.

    Raises:
      ValueError: a run that cannot be configured, or two of one name.
    """
    needed = dict.fromkeys(
        (spec.parse_model(cell.model)[0], cell.source_dataset)
        for cell in found
        if cell.source_dataset
    )
    return tuple(
        _cell(config, model, dataset, rate)
        for model, dataset in needed
        for rate in config.learning_rates
    )


def _cell(config, model, dataset, rate):
    settings = {
        flag: value
        for flag, value in config.settings.items()
        if flag not in _NOT_OF_SOURCES
    }
    if config.source_epochs or config.source_steps:
        settings |= {
            "epochs": config.source_epochs,
            "steps": config.source_steps,
        }
    values = {
        **grid.fitting(settings, model, "random"),
        "dataset": dataset,
        "model": model,
        "learning_rate": rate,
    }
    return SourceCell(
        name=f"{model}-{grid.label(dataset)}-lr{rate:g}",
        model=model,
        dataset=dataset,
        learning_rate=rate,
        config=RunConfig.from_flags_dict(values),
    )


def resolve(study, found, states):
    """What serves as source for each network and data set.

    Args:
      study: StudyDir.
      found: SourceCells.
      states: the CellState of each.

    Returns:
      {SourceCell.group: Source}; nothing serves while a run is not finished.
    """
    rates = selection.chosen(found, states)
    resolved = {}
    for cell, state in zip(found, states, strict=True):
        is_chosen = rates.get(cell.group) == cell.learning_rate
        known = resolved.get(cell.group, Source(status=cell_state.LEFT_OUT))
        if state.status == cell_state.WAITING:
            reason = f"its source {cell.name} is not trained yet"
            known = Source(status=cell_state.WAITING, reason=reason)
        elif known.status == cell_state.WAITING:
            continue
        elif is_chosen:
            known = Source(
                weights=study.run(cell).root, status=cell_state.FINISHED
            )
        elif state.status == cell_state.FAILED and known.weights is None:
            reason = f"its source {cell.name} has failed: {state.reason}"
            known = Source(status=cell_state.LEFT_OUT, reason=reason)
        resolved[cell.group] = known
    return resolved


def attach(found, resolved):
    """The Cells with the weights that their source runs have.

    Args:
      found: Cells of a study.
      resolved: of `resolve`.

    Returns:
      Tuple of Cells, and {name of a Cell without weights: its Source}.
    """
    attached, without = [], {}
    for cell in found:
        if cell.source_dataset:
            network, _ = spec.parse_model(cell.model)
            source = resolved[network, cell.source_dataset]
            if source.weights is None:
                without[cell.name] = source
            else:
                cell = _starting_from(cell, source.weights)
        attached.append(cell)
    return tuple(attached), without


def _starting_from(cell, weights):
    init = dataclasses.replace(cell.config.init, weights=str(weights))
    return dataclasses.replace(
        cell, config=dataclasses.replace(cell.config, init=init)
    )


def check_same_weights(study, found):
    """Refuses finished runs that started from what is not in the source now.

    Args:
      study: StudyDir.
      found: finished Cells.

    Raises:
      ValueError, FileNotFoundError: a source has other weights than its run
        has recorded, or none.
    """
    digest = functools.cache(_digest)
    for cell in found:
        weights = cell.config.init.weights
        if weights is None or weights in names.PUBLISHED_WEIGHTS:
            continue
        run = study.run(cell)
        recorded = run_record.read(run)["source"]["sha256"]
        present = digest(weights)
        if recorded != present:
            raise ValueError(
                f"{run.root} started from other weights than {weights} has "
                f"now (SHA-256 {recorded[:12]} there, {present[:12]} here). "
                "Restore the source, or delete this run and the others that "
                "started from it: they are then trained anew."
            )


def _digest(weights):
    path = pathlib.Path(weights)
    if path.is_dir():
        run = RunDir(path)
        path = run.weights(run.checkpoint_step("best"))
    return files.file_sha256(path)
