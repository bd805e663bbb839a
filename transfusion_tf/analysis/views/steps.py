"""The steps of training that the networks of a view's table are of."""

import pandas as pd


def trained(table):
    """{run: step of its trained weights}, in the order of the table.

    Args:
      table: rows (views.rows.COLUMNS) of one view.
    """
    sides = [
        table[[f"{side}run", f"{side}step"]].set_axis(["run", "step"], axis=1)
        for side in ("", "other_")
    ]
    steps = pd.concat(sides).groupby("run", sort=False)["step"].max()
    # A network at step 0 alone is a start, or the source.
    return {run: int(step) for run, step in steps.items() if step > 0}


def unequal(table):
    """`trained` where the runs differ in their steps, else {}."""
    found = trained(table)
    return found if len(set(found.values())) > 1 else {}


def suffix(unequal_steps, run):
    """What a legend adds to the name of a run: ", step 40", or nothing."""
    return f", step {unequal_steps[run]}" if run in unequal_steps else ""
