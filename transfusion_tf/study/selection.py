"""The learning rate of each arm, chosen on val alone.

One learning rate for all arms favours one of them. So each network, init and
number of training images has its own, in each fold where there are folds, and
all have had as many to choose from.
"""

import numpy as np

from transfusion_tf.analysis.comparing import chosen_arms
from transfusion_tf.study import cell_state

CHOICE_FIELDS = ("arm", "learning_rate", "val_auc", "tried")


def chosen(cells, states):
    """The learning rate of each group of cells.

    It is the one with the largest mean over seeds of the best val_auc, of
    equal ones the lower. Rates that lack runs of some seeds are chosen only
    where all rates do: of those with the most finished runs.

    Args:
      cells: Cells of a study.
      states: the CellState of each.

    Returns:
      {Cell.group: learning rate}, without groups that have no finished run.
    """
    values = _val_aucs(cells, states)
    return {
        group: chosen_arms.best_rate(rates) for group, rates in values.items()
    }


def choices(cells, states, rates):
    """What `chosen` has chosen, as dicts of CHOICE_FIELDS.

    Args:
      cells: Cells of a study.
      states: the CellState of each.
      rates: of `chosen`.

    Returns:
      List of {"arm": Cell.title, "learning_rate", "val_auc": its mean over
      seeds (None if undefined), "tried": rates that have finished runs}.
    """
    values = _val_aucs(cells, states)
    titles = {cell.group: cell.title for cell in cells}
    found = []
    for group, rate in rates.items():
        aucs = values[group][rate]
        found.append(
            {
                "arm": titles[group],
                "learning_rate": rate,
                "val_auc": None if None in aucs else float(np.mean(aucs)),
                "tried": sorted(values[group]),
            }
        )
    return found


def _val_aucs(cells, states):
    """{group: {learning rate: val AUCs of its finished runs}}."""
    values = {}
    for cell, state in zip(cells, states, strict=True):
        if state.status == cell_state.FINISHED:
            rates = values.setdefault(cell.group, {})
            rates.setdefault(cell.learning_rate, []).append(state.val_auc)
    return values


def warnings(cells, rates):
    """Lines on choices at the edge of what was tried.

    Args:
      cells: Cells of a study.
      rates: of `chosen`.
    """
    tried = sorted({cell.learning_rate for cell in cells})
    titles = {cell.group: cell.title for cell in cells}
    if len(tried) == 1:
        yield (
            f"All arms had the learning rate {tried[0]:g}, which may suit one "
            "of them better; give several --learning_rates."
        )
        return
    for edge, word in ((tried[0], "lower"), (tried[-1], "higher")):
        there = [titles[group] for group in rates if rates[group] == edge]
        if there:
            yield (
                f"{edge:g} is at the edge of --learning_rates and was chosen "
                f"for {'; '.join(there)}: a {word} one may be better."
            )
