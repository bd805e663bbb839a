"""The tables of a study: its cells, its arms and what can be said of them."""

import dataclasses

from transfusion_tf import tables
from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import (
    arms,
    paired_table,
    references,
    run_comparison,
)
from transfusion_tf.reporting import comparison_report
from transfusion_tf.study import cell_state, selection, spec, starts

# Fields of a CellState that are columns as they are.
_FOUND = ("steps", "seconds", "val_auc", "test_auc", "reason")
COLUMNS = (
    "run",
    "model",
    "init",
    "source",
    "train_size",
    "learning_rate",
    "seed",
    "status",
    "chosen",
    *_FOUND,
    "fold",
)
SOURCE_COLUMNS = (
    "run",
    "model",
    "dataset",
    "learning_rate",
    "status",
    "chosen",
    *_FOUND,
)
_SPLIT = "test"


def write(study, config, cells, states, *, left_out=(), warnings=()):
    """Writes study.csv and what comparison_report.write does.

    Args:
      study: StudyDir.
      config: StudyConfig.
      cells: its Cells.
      states: the CellState of each.
      left_out: lines on what has no cells.
      warnings: lines of `write_sources`.

    Returns:
      Lines for the terminal: what is missing, and the verdicts.
    """
    rates = selection.chosen(cells, states)
    rows = [
        _row(cell, state, rates)
        for cell, state in zip(cells, states, strict=True)
    ]
    tables.write(study.table, rows, columns=COLUMNS)
    missing = list(left_out)
    missing += [
        f"{cell.name}: {state.status}"
        + (f" ({state.reason})" if state.reason else "")
        for cell, state in zip(cells, states, strict=True)
        if state.status != cell_state.FINISHED
    ]
    if not rates:
        shown = [f"{study.root}: none of the runs is finished."]
        return [*shown, *missing, str(study.table)]
    runs = [
        study.run(cell).root
        for cell, row in zip(cells, rows, strict=True)
        if row["chosen"] == "yes"
    ]
    found = _compared(runs, config, missing)
    found = dataclasses.replace(
        found,
        learning_rates=selection.choices(cells, states, rates),
        warnings=[
            *warnings,
            *selection.warnings(cells, rates),
            *_failures(states),
            *found.warnings,
        ],
    )
    return [
        comparison_report.write(found, study.root),
        *(str(path) for path in (study.sources_table,) if path.is_file()),
        str(study.table),
    ]


def write_sources(study, source_cells, states):
    """Writes sources.csv.

    Args:
      study: StudyDir.
      source_cells: sources.SourceCells.
      states: the CellState of each.

    Returns:
      Lines to warn of: runs that failed, rates at the edge of those tried.
    """
    rates = selection.chosen(source_cells, states)
    rows = [
        {
            "model": cell.model,
            "dataset": cell.dataset,
            **_numbers(cell, state, rates),
        }
        for cell, state in zip(source_cells, states, strict=True)
    ]
    tables.write(study.sources_table, rows, columns=SOURCE_COLUMNS)
    lines = [
        f"The source {cell.name} failed ({state.reason})."
        for cell, state in zip(source_cells, states, strict=True)
        if state.status == cell_state.FAILED
    ]
    if len({cell.learning_rate for cell in source_cells}) > 1:
        edges = selection.warnings(source_cells, rates)
        lines += [f"Sources: {line}" for line in edges]
    return lines


def _failures(states):
    """Lines on the runs that have failed."""
    failed = sum(state.status == cell_state.FAILED for state in states)
    if failed:
        yield (
            f"{failed} of {len(states)} runs failed; study.csv says why. The "
            "same command tries them again."
        )


def _row(cell, state, rates):
    size = spec.ALL_IMAGES if cell.train_size is None else cell.train_size
    return {
        "model": cell.model,
        "init": cell.init,
        "source": cell.source or "",
        "train_size": size,
        "seed": cell.seed,
        "fold": cell.fold,
        **_numbers(cell, state, rates),
    }


def _numbers(cell, state, rates):
    """What tables say of a Cell or a SourceCell."""
    is_chosen = rates.get(cell.group) == cell.learning_rate
    is_there = state.status == cell_state.FINISHED
    return {
        "run": cell.name,
        "learning_rate": cell.learning_rate,
        "status": state.status,
        "chosen": "yes" if is_there and is_chosen else "no",
        **{name: getattr(state, name) for name in _FOUND},
    }


def _compared(runs, config, missing):
    """The Comparison of the arms at their chosen learning rates.

    All comparisons of the study, over all numbers of images, are planned
    together.
    """
    grouped, partial = arms.of_runs(
        auc_table.load(runs, _SPLIT),
        # Chosen in each fold alone.
        free=("learning_rate",) if config.num_folds else (),
    )
    pairs, without = _references(grouped, config.reference)
    threshold = config.settings.get("select_threshold")
    left_out = [*missing, *partial, *without]
    return run_comparison.Comparison(
        arm_rows=paired_table.arm_rows(grouped, threshold=threshold),
        rows=paired_table.rows(
            pairs, margin=config.margin, threshold=threshold
        ),
        margin=config.margin,
        left_out=left_out,
        warnings=run_comparison.warnings(grouped, left_out),
    )


def _references(grouped, reference):
    """What each arm is compared with: an arm of as many training images."""
    if reference is None:
        return references.of_arms(grouped)
    pairs, left_out = [], []
    for arm in grouped:
        fitting = [
            other for other in grouped if _is_reference(other, arm, reference)
        ]
        if len(fitting) != 1:
            left_out.append(
                f"{arm.name}: {len(fitting)} arms with the same training "
                f"images are its --reference={reference}"
            )
        elif fitting[0] is not arm:
            pairs.append((arm, fitting[0]))
    return pairs, left_out


def _is_reference(other, arm, reference):
    settings = other.settings
    init = starts.init_text(
        *(settings[name] for name in ("init", "through", "rest"))
    )
    return (
        f"{arms.model_label(settings)}:{init}" == reference
        and settings["train_size"] == arm.settings["train_size"]
    )
