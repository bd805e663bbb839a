"""Runs on an external test set: images of another place than the training's.

The best weights of every run are scored on one split of other records with
classes of the same names. Predictions are kept, so that an interrupted command
goes on. Images that the runs have seen are no external test, and are left out;
they are known by their ids, which follow from the bytes of the raw files, so a
copy in another size or format is not.
"""

import dataclasses
import hashlib
import json
import pathlib

import numpy as np

from transfusion_tf import datasets, experiment, files, progress
from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import run_comparison
from transfusion_tf.data import ids, pipeline
from transfusion_tf.runs import globs, predictions
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.statistics import equivalence
from transfusion_tf.training import scoring

FOLDER = "predictions"
_SEEN_SPLITS = ("train", "val")  # They fit the weights, and choose the best.


def compare(paths, dataset, *, split="test", output_dir, **how):
    """Returns the run_comparison.Comparison of runs on an external test set.

    Args:
        paths: run directories, or patterns (globs) of them.
        dataset: records directory, or one of names.SYNTHETIC.
        split: "train", "val" or "test" of these records.
        output_dir: see `score`.
        **how: margin, reference, threshold of run_comparison.compare_scored.

    Raises:
        ValueError, FileNotFoundError: as `score`, or nothing to compare.
    """
    equivalence.check_margin(how.get("margin", 0.01))  # Before hours of work.
    runs, left_out = score(paths, dataset, split=split, output_dir=output_dir)
    return run_comparison.compare_scored(runs, left_out=left_out, **how)


def score(paths, dataset, *, split="test", output_dir):
    """Returns the ScoredRuns of runs on other records than their own.

    Args:
        paths: run directories, or patterns (globs) of them. Runs that are not
            finished are left out and named.
        dataset: records directory, or one of names.SYNTHETIC.
        split: of these records.
        output_dir: predictions are kept in its folder `predictions`, one for
            each run, named after it and after all that they depend on. What
            is there is not made again.

    Returns:
        (list of auc_table.ScoredRun, list of lines on runs and images that are
        left out).

    Raises:
        ValueError: other classes than the runs', runs on several data sets,
            the split that they were trained on, or all images were seen.
        FileNotFoundError: no finished run, or no records.
    """
    found = globs.expanded([str(path) for path in paths])
    finished, left_out = _finished(found)
    runs = auc_table.described(finished, split)
    run_comparison.check_one_data_set(runs)
    opened = {
        size: datasets.open_dataset(dataset, image_size=size)
        for size in {run.data["image_size"] for run in runs}
    }
    for run in runs:
        scoring.check_same_classes(run.data, opened[run.data["image_size"]])
    _check_other_images(runs[0], next(iter(opened.values())), split)
    folder = pathlib.Path(output_dir) / FOLDER
    scored = []
    for run in progress.over(runs, "Scoring", unit="runs"):
        records = opened[run.data["image_size"]]
        scored.append(_scored(run, records, split, folder))
    scored, line = _unseen(scored)
    return scored, [*left_out, *([line] if line else [])]


def _finished(paths):
    """(run directories that are finished, lines on the others)."""
    finished, left_out = [], []
    for path in paths:
        run = RunDir(path)
        run_record.read(run)  # Raises where there is no run.
        status = run.read_status().get("status")
        if status == "finished":
            finished.append(path)
        else:
            left_out.append(
                f"{path}: {status or 'not begun'}, not finished; let train.py "
                "finish the run."
            )
    if not finished:
        raise FileNotFoundError(left_out[0])
    return finished, left_out


def _scored(run, opened, split, folder):
    """A ScoredRun with its predictions of `opened`, made or found."""
    of_run, card = RunDir(run.root), opened.card
    step = of_run.checkpoint_step("best")
    depends_on = [
        files.file_sha256(of_run.weights(step)),
        card.fingerprint,
        list(run.classes),
        split,
        run.data["image_size"],
    ]
    key = hashlib.sha256(json.dumps(depends_on).encode()).hexdigest()[:16]
    place = folder / f"{of_run.root.resolve().name}-{key}"
    if not (place / "metrics.json").is_file():  # Which is written last.
        experiment.evaluate(
            of_run.root, opened, split, checkpoint=step, output_dir=place
        )
    found, classes = predictions.read(place / "predictions.csv")
    return dataclasses.replace(
        run,
        data={
            **run.data,
            "name": card.name,
            "fingerprint": card.fingerprint,
        },
        classes=classes,
        predictions=found,
    )


def _check_other_images(run, opened, split):
    """Raises ValueError where `split` fitted or chose the weights of a run."""
    is_own = run.data["fingerprint"] == opened.card.fingerprint
    if is_own and split in _SEEN_SPLITS:
        raise ValueError(
            f"--dataset={opened.root} has the records that the runs were "
            f"trained with, and its {split} split is no test set of theirs; "
            "give --split=test, or other records."
        )


def _unseen(runs):
    """The images of ScoredRuns that the runs have not seen.

    Args:
        runs: ScoredRuns of the same images, trained on the same records.

    Returns:
        ScoredRuns without the images that fitted or chose the weights, or are
        of a patient whose images did; a line on what is left out, or that this
        is not known, or "".
    """
    own = _own_records(runs[0])
    name = runs[0].data["name"]
    if own is None:
        return runs, (
            f"no image of {name}, but whether the runs were trained on some of "
            f"them is not known: {runs[0].config.data.dataset} does not hold "
            "the records of the runs any more"
        )
    if own.card.fingerprint == runs[0].data["fingerprint"]:
        return runs, ""
    hashes, patients = _seen(own)
    kept = []
    for run in runs:
        scored = run.predictions
        is_seen = np.array([ids.hash_of(one) in hashes for one in scored.ids])
        if scored.patients is not None:
            is_seen |= np.isin(scored.patients, list(patients))
        scored = scored.taken(~is_seen)
        kept.append(dataclasses.replace(run, predictions=scored))
    total, rest = (len(part[0].predictions) for part in (runs, kept))
    where = (
        "in the training or validation split of the runs' records, or of a "
        "patient who is"
    )
    if not rest:
        raise ValueError(
            f"All {total:,} images of {name} are {where}; give a test set of "
            "other images."
        )
    line = f"{total - rest:,} of {total:,} images of {name}: {where}"
    return kept, line if rest < total else ""


def _own_records(run):
    """The Records that a ScoredRun was trained on; None where they are gone."""
    trained_on = run_record.read(RunDir(run.root))["data"]["fingerprint"]
    try:
        own = datasets.open_dataset(
            run.config.data.dataset, image_size=run.data["image_size"]
        )
    except (FileNotFoundError, ValueError):
        return None
    return own if own.card.fingerprint == trained_on else None


def _seen(own):
    """(content hashes, patients) of the images that fit or choose weights."""
    hashes, patients = set(), set()
    for split in _SEEN_SPLITS:
        if split in own.card.shards:
            index = pipeline.read_index(own, split)
            hashes |= set(map(ids.hash_of, index["id"].tolist()))
            patients |= set(index["patient"].tolist())
    return hashes, patients - {""}
