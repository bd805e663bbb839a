"""What becomes of the splits that a data set comes with.

They are kept unless they share patients, or unless new ones are asked for.
Whatever becomes of them is logged.
"""

import numpy as np
from absl import logging

from transfusion_tf import names
from transfusion_tf.data import splits


def resolve(table, options):
    """Decides on the official splits, and says what there is to know of them.

    Args:
        table: pandas.DataFrame with, where known, `patient` and `split`.
        options: a SplitOptions.

    Returns:
        `table`, without its column `split` where new ones are to be drawn, and
        with "test" in all of it where the mode is "test"; and text for the
        data card on what became of the official splits, or None. Warnings are
        logged: of shared patients, of unknown ones.

    Raises:
        ValueError: the options ask for what the table does not allow.
    """
    if "patient" not in table and options.require_patients:
        raise ValueError(
            "--require_patients: the patients of this data set are not known. "
            "Name a column with --patient_column, or give --patient_pattern."
        )
    kept = keeps(table, options)
    if "split" not in table:
        note = None
    elif kept:
        note = _kept_note(table)
    else:
        note = _dropped_note(table, options)
        table = table.drop(columns="split")
    if options.mode == "test":
        table = table.assign(split="test")
    _check_fractions(table, options)
    if _is_drawn(table) and "patient" not in table:
        logging.warning(
            "The patients are not known, so splits are drawn by image: images "
            "of one patient may be in several. --patient_column or "
            "--patient_pattern finds the patients, where the source takes it."
        )
    return table, note


def resolve_groups(table, options):
    """Decides on the official splits where near-duplicates are grouped.

    Args:
        table: pandas.DataFrame with `near_group` and, if official splits have
            been kept so far, `split`.
        options: a SplitOptions.

    Returns:
        As `resolve`, which has been asked before.
    """
    if options.mode == "official" or not sharing(table, "near_group").any():
        return table, None
    number = int(sharing(table, "near_group").sum())
    note = f"not kept: near-duplicates ({number:,} images) are in more than one"
    logging.warning(
        "The official splits are %s. New ones are drawn that keep them "
        "together; --splits=official keeps the splits.",
        note,
    )
    return table.drop(columns="split"), note


def keeps(table, options):
    """Returns whether the official splits of `table` are kept.

    Args:
        table: pandas.DataFrame with, where known, `patient` and `split`.
        options: a SplitOptions.

    Raises:
        ValueError: there is no official split to keep, no patient to group
            by.
    """
    if options.mode == "official" and "split" not in table:
        raise ValueError(
            "--splits=official needs a data set with splits (folders train, "
            "val, test; or a column split). Leave the flag out to draw them."
        )
    if options.mode == "grouped" and "patient" not in table:
        raise ValueError(
            "--splits=grouped needs patients: a column patient, or "
            "--patient_pattern. Without them leave the flag out."
        )
    is_replaced = options.mode in ("grouped", "test") or options.num_folds
    if "split" not in table or is_replaced:
        return False
    return options.mode == "official" or not sharing(table).any()


def sharing(table, column="patient"):
    """Returns bool (N,): the patient of the row is in several splits too.

    All False where `table` has no such `column` or no `split`.
    """
    if not {column, "split"} <= set(table):
        return np.zeros(len(table), bool)
    spread = table.groupby(column)["split"].transform("nunique")
    return (spread > 1).to_numpy()


def _is_drawn(table):
    """Whether a split of `table` has yet to be drawn."""
    if "split" not in table:
        return True
    return set(table["split"]) not in ({*names.SPLITS}, {"test"})


def _check_fractions(table, options):
    """Raises ValueError for a fraction of a split that is not drawn."""
    kept = set(table["split"]) if "split" in table else set()
    for name in ("test", "val"):
        if getattr(options, f"{name}_fraction") is None:
            continue
        if kept == {"test"}:
            raise ValueError(
                f"--{name}_fraction does not go with a data set that has a "
                "test split alone, of which nothing is drawn. Leave the flag "
                "out, or give --splits=grouped, which draws new ones by "
                "patient."
            )
        if name in kept:
            raise ValueError(
                f"--{name}_fraction does not go with a data set whose {name} "
                "split is kept. Leave the flag out, or draw new splits with "
                "--splits=grouped."
            )


def _shared(table):
    rows = table[sharing(table)]
    return (
        f"{rows['patient'].nunique():,} patients ({len(rows):,} images)",
        len(rows),
    )


def _kept_note(table):
    """Says, and warns, that splits are kept which share patients."""
    found, number = _shared(table) if "patient" in table else ("", 0)
    if not number:
        return None
    pairs = splits.in_common(table["patient"], table["split"])
    shown = ", ".join(f"{pair} {n:,}" for pair, n in pairs.items())
    note = f"kept: {found} are in more than one ({shown})"
    logging.warning("The official splits are %s.", note)
    return note


def _dropped_note(table, options):
    """Says, and warns, that official splits are not kept."""
    if options.num_folds:
        note = "not kept: --num_folds draws new ones"
        advice = ""
    elif options.mode == "grouped":
        note = "not kept: --splits=grouped draws new ones"
        advice = ""
    elif options.mode == "test":
        note = "not kept: --splits=test makes all images the test split"
        advice = ""
    else:
        found, _ = _shared(table)
        note = f"not kept: {found} are in more than one"
        advice = " New ones are drawn by patient; --splits=official keeps them."
    logging.warning("The official splits are %s.%s", note, advice)
    return note
