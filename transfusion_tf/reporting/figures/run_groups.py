"""Runs that differ by their seed alone have one look and one legend entry."""

import pandas as pd
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import style


def labels(table, arms=None):
    """{run: entry of the legend}, equal for runs that differ by the seed.

    Runs that differ in something else, such as the source of the weights or
    the fold, are named.

    Args:
        table: rows with the columns run, model, init and seed.
        arms: {run: name of its arm}; None: network and init stand for it.
    """
    runs = table.drop_duplicates("run")
    known = runs["model"].notna() & runs["init"].notna()
    named = runs["model"].astype(str) + ", " + runs["init"].astype(str)
    if arms is not None:
        named = runs["run"].map(arms)
        known = named.notna()
    named = named.where(known, runs["run"])
    found = {}
    for name, of in runs.groupby(named, sort=False):
        for run in of["run"]:
            found[run] = _entry(name, run, of["seed"], known[of.index[0]])
    return found


def _entry(name, run, seeds, is_known):
    if not is_known:
        return run
    if seeds.duplicated().any():
        return f"{name}: {run}"
    shown = ", ".join(map(str, seeds))
    return f"{name} ({'seeds' if len(seeds) > 1 else 'seed'} {shown})"


def styles(labels_of_runs):
    """{run: colour and marker}, one for each of the `labels` of runs."""
    places = {
        label: place
        for place, label in enumerate(dict.fromkeys(labels_of_runs.values()))
    }
    return {
        run: style.style(places[label]) for run, label in labels_of_runs.items()
    }


def handles(labels_of_runs, **options):
    """Entries of a legend, one for each of the `labels` of runs.

    Args:
        labels_of_runs: as of `labels`.
        **options: of the lines, beside colour and marker.
    """
    looks = styles(labels_of_runs)
    first = {label: run for run, label in reversed(labels_of_runs.items())}
    return [
        Line2D([], [], label=label, **{**looks[first[label]], **options})
        for label in dict.fromkeys(labels_of_runs.values())
    ]


def of_networks(table):
    """Rows by data set and network, in the order of the table.

    Args:
        table: rows with the columns dataset and model (NaN: not known).

    Returns:
        List of ((dataset, network or ""), rows).
    """
    model = table["model"].where(pd.notna(table["model"]), "")
    return list(
        table.assign(model=model).groupby(["dataset", "model"], sort=False)
    )
