"""What the pictures of arms by size and by time show, from their tables.

Tables are as `tables.read` returns them. Numbers are those of the tables,
rounded; each function returns one sentence.
"""

from transfusion_tf.reporting import verdict_text

_MOST = 3  # Arms that a sentence names.
_STEP = "step"


def train_sizes(table):
    """How the differences change from the smallest to the largest size.

    Args:
      table: rows of analysis.comparing.train_sizes.COLUMNS.
    """
    if table.empty:
        return "No arm has another to be compared with."
    parts = [
        f"{arm} against {of['reference'].iloc[0]}: "
        f"{_at_size(of.iloc[0])} and {_at_size(of.iloc[-1])}"
        for arm, of in table.groupby("arm", sort=False)
    ]
    return _first_ones(parts, "; ")


def _at_size(row):
    said = verdict_text.words(_plain(row))
    return f"{said} at {row['num_train_images']} training images"


def network_sizes(table):
    """Which is the smallest network that is not inferior to the best.

    Args:
      table: rows of analysis.comparing.network_sizes.COLUMNS, fewest
        parameters first.
    """
    best = table[table["arm"] == table["best"]].iloc[0]
    first = (
        f"The best, {best['arm']}, has an AUC of {best['value']:.3f} with "
        f"{best['parameters']:,} parameters"
    )
    smaller = table[table["parameters"] < best["parameters"]]
    if smaller.empty:
        return f"{first}, and none of these networks is smaller."
    fitting = smaller[smaller["non_inferior"].astype(bool)]
    margin = f"{best['margin']:g}"
    if len(fitting):
        row = fitting.iloc[0]
        return (
            f"{first}; the smallest not inferior to it within {margin} is "
            f"{row['arm']} with {row['parameters']:,}, {_difference(row)}."
        )
    if (smaller["difference_high"] < -smaller["margin"]).all():
        return f"{first}, and every smaller one is worse by more than {margin}."
    return (
        f"{first}; no smaller one is shown to be not inferior within {margin}."
    )


def _difference(row):
    low, high = row["difference_low"], row["difference_high"]
    return f"a difference of {row['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"


def convergence(table):
    """How soon arms reach the target of their network.

    Args:
      table: rows of analysis.comparing.convergence.COLUMNS.
    """
    table = table[table["unit"] == _STEP]
    parts = [
        _of_target(of.iloc[0], of)
        for _, of in table.groupby(["reference", "target"], sort=False)
    ]
    # Each names some arms: of several networks or sizes the first will do.
    said = _first_ones(parts, "; ", most=1)
    return f"{said[0].upper()}{said[1:]}"


def _of_target(first, of):
    is_reference = of["arm"] == of["reference"]
    times = [_reached(row) for _, row in of[is_reference].iterrows()]
    times += [_reached(row) for _, row in of[~is_reference].iterrows()]
    shown = ", ".join(times[: _MOST + 1])
    return f"a validation AUC of {first['target']:.3f} is reached by {shown}"


def _reached(row):
    runs = "run" if row["num_runs"] == 1 else "runs"
    text = f"{row['num_reached']} of {row['num_runs']} {runs} of {row['arm']}"
    if row["median"] == row["median"]:
        text += f" (median {row['median']:.0f} steps"
        if row["speed_up"] == row["speed_up"]:
            text += f", {row['speed_up']:.2f} times as fast as the reference"
        text += ")"
    return text


def convergence_stages(table):
    """The median steps by the last stage that was taken from the source.

    Args:
      table: rows of analysis.comparing.stage_convergence.COLUMNS.
    """
    table = table[table["unit"] == _STEP]
    parts = [
        f"{series}: " + ", ".join(_stage(row) for _, row in of.iterrows())
        for series, of in table.groupby("series", sort=False)
    ]
    return "Median steps by the last stage taken: " + _first_ones(parts, "; ")


def _stage(row):
    if row["median"] != row["median"]:
        return f"{row['through']} n/a"
    return f"{row['through']} {row['median']:.0f}"


def _first_ones(parts, between, most=_MOST):
    """A sentence of the first parts; what is left is in the table."""
    text = between.join(parts[:most])
    text += f"{between}the others are in the table" if parts[most:] else ""
    return f"{text}."


def _plain(row):
    """A row as `verdict_text` takes it: None for what is undefined."""
    return {
        key: None if value != value else value for key, value in row.items()
    }
