"""Predictions of other tools, as Arms or ScoredRuns: one row an image.

Columns of the CSV files: `id` (of the image), `label` (0 or 1), `score` (any
number; higher means more likely 1) and, where patients are known, `patient`;
others (site, sex, ...) make subgroups.
"""

import hashlib
import pathlib

import numpy as np
import pandas as pd
import scipy.stats

from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import arms
from transfusion_tf.runs.predictions import Predictions

COLUMNS = ("id", "label", "score")
PATIENT = "patient"
CLASSES = ("0", "1")
DATASET, SPLIT = "predictions", "as given"


def read(paths):
    """Returns an Arm with one network for each file, on the same images.

    Only the order of a file's scores counts, so they are replaced by their
    ranks, which makes probabilities of any scale.

    Args:
        paths: CSV files.

    Raises:
        ValueError: fewer than two files, other columns, an image that comes
            twice, labels other than 0 and 1, scores that are no numbers, or
            files of other images, labels or patients.
        OSError: a file cannot be read.
    """
    if len(paths) < 2:
        raise ValueError(
            "--predictions needs two files or more. Received: "
            f"{', '.join(map(str, paths)) or 'none'}"
        )
    read = _tables(paths)
    first_path, first = next(iter(read.values()))
    for path, table in read.values():
        _check_same_images(first, table, first_path, path)
    return [_arm(name, table) for name, (_, table) in read.items()]


def scored_runs(paths):
    """Returns a ScoredRun for each file, its other columns as `extra`.

    Args:
        paths: CSV files, of the same images or not; scores become ranks.

    Raises:
        ValueError, OSError: as for `read`.
    """
    return [
        auc_table.ScoredRun(
            name=name,
            root=path,
            data=_about(table),
            config=None,
            split=SPLIT,
            classes=CLASSES,
            predictions=Predictions(
                ids=table.index.to_numpy(str),
                patients=_patients(table),
                labels=table["label"].to_numpy(int),
                scores=_scores(table),
                extra={
                    column: table[column].fillna("").to_numpy(str)
                    for column in _others(table)
                },
            ),
        )
        for name, (path, table) in _tables(paths).items()
    ]


def _about(table):
    """What ScoredRun.data says; files of the same images say the same."""
    known = table.drop(columns="score").to_csv().encode()
    return {
        "name": DATASET,
        "fingerprint": hashlib.sha256(known).hexdigest(),
        "task": "multiclass",
        "classes": list(CLASSES),
    }


def _tables(paths):
    """{name: (path, its rows)} of files, each given once."""
    read = {}
    for path in map(pathlib.Path, paths):
        if path.resolve() in [known.resolve() for known, _ in read.values()]:
            raise ValueError(f"--predictions has {path} twice; give it once.")
        name = path.stem if path.stem not in read else str(path)
        read[name] = (path, _table(path))
    return read


def _others(table):
    return [c for c in table if c not in (*COLUMNS, PATIENT)]


def _table(path):
    """The file's rows by id, its columns checked."""
    try:
        numbers = {"label", "score"}
        header = pd.read_csv(path, nrows=0).columns
        text = dict.fromkeys(set(header) - numbers, str)
        table = pd.read_csv(path, dtype=text)
    except (pd.errors.ParserError, UnicodeDecodeError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as CSV: {error}") from None
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise ValueError(
            f"{path} lacks the column(s) {', '.join(missing)}; predictions "
            f"have {', '.join(COLUMNS)} and, if known, {PATIENT}. It has: "
            f"{', '.join(map(str, table.columns))}"
        )
    for name in ("label", "score"):
        table[name] = pd.to_numeric(table[name], errors="coerce")
        odd = ~np.isfinite(table[name])
        if name == "label":
            odd |= ~table[name].isin([0, 1])
        if odd.any():
            wanted = "0 or 1" if name == "label" else "a finite number"
            raise ValueError(
                f"{path}, row {int(odd.argmax()) + 2}: {name} must be {wanted}."
            )
    twice = table["id"][table["id"].duplicated() | table["id"].isna()]
    if len(twice):
        raise ValueError(
            f"{path} has the id {twice.iloc[0]} twice or without a name; give "
            "each image once."
        )
    return table.set_index("id").sort_index()


def _check_same_images(first, table, first_path, path):
    if not first.index.equals(table.index):
        only = first.index.symmetric_difference(table.index)
        raise ValueError(
            f"{first_path} and {path} are of different images: {len(first)} "
            f"and {len(table)}, {len(only)} of them in one only."
        )
    for name in ("label", PATIENT):
        if (name in first) != (name in table) or (
            name in first and not first[name].equals(table[name])
        ):
            raise ValueError(
                f"{first_path} and {path} have another {name} for the same "
                "images."
            )


def _scores(table):
    """(num_images, 2): the ranks of the scores, made probabilities."""
    ranks = scipy.stats.rankdata(table["score"], method="dense") / len(table)
    return np.stack([1 - ranks, ranks], axis=1)


def _patients(table):
    if PATIENT in table and table[PATIENT].notna().all():
        return table[PATIENT].to_numpy(str)
    return None


def _arm(name, table):
    return arms.Arm(
        name=name,
        settings={},
        dataset=DATASET,
        split=SPLIT,
        task="multiclass",
        classes=CLASSES,
        seeds=("",),
        labels=table["label"].to_numpy(int),
        scores=_scores(table)[None],
        patients=_patients(table),
    )
