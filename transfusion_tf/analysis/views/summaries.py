"""Means over networks of a view, by what kind of pair they are."""

from transfusion_tf import tables

COLUMNS = (
    "kind",
    "measure",
    "stage",
    "stage_index",
    "num_pairs",
    "num_undefined",
    "mean",
    "lowest",
    "highest",
    "chance",
    "layout",
)


def by_kind(table, kinds):
    """A row for each kind of pair, measure and stage, as a DataFrame.

    Means leave out what is undefined; `chance` and `layout` are the means of
    the floors.

    Args:
      table: rows of analysis.views.rows.COLUMNS of one view.
      kinds: the kind of each row, in words.
    """
    keys = ["kind", "measure", "stage", "stage_index"]
    grouped = table.assign(kind=kinds).groupby(keys, sort=False)
    return tables.frame(
        [
            {
                **dict(zip(keys, of, strict=True)),
                "num_pairs": len(rows),
                "num_undefined": int(rows["value"].isna().sum()),
                "mean": rows["value"].mean(),
                "lowest": rows["value"].min(),
                "highest": rows["value"].max(),
                "chance": rows["chance"].mean(),
                "layout": rows["layout"].mean(),
            }
            for of, rows in grouped
        ],
        columns=COLUMNS,
    )
