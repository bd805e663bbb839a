"""Means over runs of what training did to their first filters, by start."""

from transfusion_tf import tables

COLUMNS = (
    "init",
    "num_runs",
    "num_filters",
    "relative_change",
    "cosine",
    "gabor_like_before",
    "gabor_like_after",
    "expected_by_chance",
)


def by_init(filters, counts, init_of):
    """A row for each start, as a DataFrame.

    `relative_change` and `cosine` are medians over the filters of all runs,
    the numbers of Gabor-like filters means over the runs; these are undefined
    where kernels are too small to be fitted.

    Args:
      filters: rows of analysis.filters.changes.COLUMNS.
      counts: rows of analysis.filters.gabor_like.COUNT_COLUMNS, the steps of a
        run in order.
      init_of: {run: how it started}.
    """
    filters = filters.assign(init=filters["run"].map(init_of))
    counts = counts.assign(init=counts["run"].map(init_of))
    rows = []
    for init, of in filters.groupby("init", sort=False):
        by_run = counts[counts["init"] == init].groupby("run", sort=False)
        found = by_run["num_gabor_like"]
        rows.append(
            {
                "init": init,
                "num_runs": of["run"].nunique(),
                "num_filters": of["filter"].nunique(),
                "relative_change": of["relative_change"].median(),
                "cosine": of["cosine"].median(),
                "gabor_like_before": found.nth(0).mean(),
                "gabor_like_after": found.nth(-1).mean(),
                "expected_by_chance": by_run["expected_by_chance"]
                .nth(-1)
                .mean(),
            }
        )
    return tables.frame(rows, columns=COLUMNS)
