"""One sentence on each figure of first-layer filters, from its numbers."""

import pandas as pd

from transfusion_tf import tables


def changes(summary):
    """How far training moved the filters.

    Args:
      summary: rows of analysis.filters.summaries.COLUMNS.
    """
    listed = "; ".join(
        f"{_number(row.relative_change)} of its norm for {row.init} "
        f"({_runs(row.num_runs)})"
        for row in summary.itertuples()
    )
    return f"Training changed the median filter by {listed}."


def gabor_like(summary):
    """How many filters are Gabor-like, before and after.

    Args:
      summary: as of `changes`.
    """
    parts = []
    for row in summary.itertuples():
        if pd.isna(row.gabor_like_before):
            parts.append(f"{row.init}: n/a")
            continue
        before, after, expected = (
            _number(number, 1)
            for number in (
                row.gabor_like_before,
                row.gabor_like_after,
                row.expected_by_chance,
            )
        )
        parts.append(
            f"{row.init} ({_runs(row.num_runs)}) {before} before and {after} "
            f"after training, where chance gives {expected}"
        )
    return (
        f"Gabor-like filters of {summary['num_filters'].max()}, mean over "
        f"runs: {'; '.join(parts)}."
    )


def _runs(number):
    return f"{int(number)} run{'' if number == 1 else 's'}"


def _number(value, digits=2):
    return tables.UNDEFINED if pd.isna(value) else f"{value:.{digits}f}"
