"""Predictions of a trained network for images without labels.

Each file becomes what it would be in the records of the run, and is scored as
the run scores its own test split: equal images get equal scores.
"""

import dataclasses
import functools
import pathlib
import re
import typing

import numpy as np
import pandas as pd
import tensorflow as tf

from transfusion_tf import progress, tables
from transfusion_tf.conversion import engine
from transfusion_tf.data import parsing
from transfusion_tf.metrics import decision
from transfusion_tf.process import pool
from transfusion_tf.training import tasks
from transfusion_tf.using import inputs, preparing, trained

TABLE, PICTURE = "predictions.csv", "scores.png"
# Columns besides score_<class> and decision, or decision_<label>.
FILE, LEFT_OUT, NOTES = "file", "left_out", "notes"
_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]+-.+")
_NUM_SHOWN = 3


@dataclasses.dataclass(frozen=True)
class Predicted:
    """What `predict` returns.

    Attributes:
        network: the TrainedRun.
        thresholds: by which images were decided, see TrainedRun.thresholds.
        table: DataFrame, a row for each file: file, score_<class> (None where
            it is left out), decision or decision_<label>, left_out, notes.
        scores: (number of scored images, number of classes) float32.
        path: of the table.
    """

    network: trained.TrainedRun
    thresholds: tuple
    table: typing.Any
    scores: np.ndarray
    path: pathlib.Path


def predict(
    run_dir,
    place,
    output_dir,
    *,
    threshold=None,
    checkpoint="best",
    dataset=None,
    path_column=None,
    encoding=None,
):
    """Scores all files of a folder, an archive or a table of paths.

    Writes predictions.csv into `output_dir` when all are scored, in the order
    of their names; a file that cannot be used has the reason in it.

    Args:
        run_dir: of a finished run.
        place, path_column, encoding: as for `inputs.find`.
        output_dir: directory that is empty, has results of an earlier call,
            or is not there yet.
        threshold: from 0 to 1, instead of those that the run has chosen; of
            two classes that of the second one's score, and of all labels.
        checkpoint: "best", "last" or a step that was saved.
        dataset: as for TrainedRun.preparation.

    Returns:
        Predicted.

    Raises:
        FileNotFoundError, ValueError, OSError: a run that is not finished, no
            files, none that can be used, a threshold without effect, or an
            `output_dir` of other things.
    """
    _check_threshold(threshold)
    network = trained.open_run(run_dir, checkpoint=checkpoint)
    thresholds = network.thresholds(threshold)
    preparation = network.preparation(dataset)
    _check_output(output_dir, place)
    found = inputs.find(place, path_column=path_column, encoding=encoding)
    scored = _scored(network, preparation, found)
    _check_any(scored, place)
    scores, table = _table(network, thresholds, found.files, scored)
    folder = pathlib.Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    path = tables.write(folder / TABLE, table)
    return Predicted(network, thresholds, table, scores, path)


def _check_threshold(threshold):
    if threshold is not None and not 0 <= threshold <= 1:
        raise ValueError(
            "--threshold is a probability, from 0 to 1. Received: "
            f"{threshold:g}."
        )


def _check_output(output_dir, place):
    """Raises ValueError for a directory of other things, or of the input."""
    folder, place = pathlib.Path(output_dir), pathlib.Path(place)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; give a directory to write to.")
    inside = place.resolve()
    if place.is_dir() and inside in (
        folder.resolve(),
        *folder.resolve().parents,
    ):
        raise ValueError(
            f"--output_dir={folder} is in the folder that is scored, so that "
            "the results would be scored the next time; give another one."
        )
    others = sorted(
        path.name
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.name not in (TABLE, PICTURE)
        and not _TEMPORARY.fullmatch(path.name)
    )
    if others:
        raise ValueError(
            f"{folder} holds other things ({', '.join(others[:_NUM_SHOWN])}"
            f"{', ...' if len(others) > _NUM_SHOWN else ''}); give an empty or "
            "new directory as --output_dir."
        )


def _check_any(scored, place):
    """Raises ValueError unless some file could be scored."""
    if any(not isinstance(one, str) for one in scored.values()):
        return
    shown = [f"{name}: {why}" for name, why in scored.items()][:_NUM_SHOWN]
    raise ValueError(
        f"None of the {len(scored):,} files of {place} can be used: "
        f"{'; '.join(shown)}. Give images (JPEG, PNG, TIFF, DICOM, ...)."
    )


def _scored(network, preparation, found):
    """{file: why it is left out, or (its scores, notes)}."""
    batch_size = network.config.train.batch_size
    score = functools.partial(_scores, network, network.predictor())
    held = found.store, preparation
    readable = [name for name in found.files if name not in found.left_out]
    number = engine.num_processes(readable, found.store) if readable else 1
    results = dict(found.left_out)
    with (
        pool.Pool(held, number) as workers,
        progress.bar("Scoring", len(readable), unit="images") as bar,
    ):
        # Images wait as compressed bytes, at most as many as are scored at
        # once: memory does not grow with the number of files.
        for start in range(0, len(readable), batch_size):
            part = readable[start : start + batch_size]
            images = dict(workers.run(preparing.prepared, part))
            good = [name for name in part if not isinstance(images[name], str)]
            results |= images
            for name, scores in zip(
                good,
                score([images[n] for n in good], preparation) if good else (),
                strict=True,
            ):
                results[name] = scores, images[name].notes
            bar.update(len(part))
    return results


def _scores(network, predictor, images, preparation):
    """(number, number of classes) float32 probabilities of Images."""
    size = network.image_size
    pixels = np.stack([_pixels(one, preparation, size) for one in images])
    return tasks.scores(network.task, predictor.logits(pixels)).numpy()


def _pixels(image, preparation, image_size):
    """What the pipeline of the records makes of an Image."""
    kind = dataclasses.replace(preparation, channels=image.channels)
    decoded = parsing.decoded(tf.constant(image.data), kind)
    resize = tuple(decoded.shape[:2]) != (image_size, image_size)
    return parsing.fitted(decoded, image_size, resize=resize).numpy()


def _table(network, thresholds, names, scored):
    """The scores that there are, and the table of all files."""
    is_good = np.array([not isinstance(scored[name], str) for name in names])
    good = [scored[name] for name in names if not isinstance(scored[name], str)]
    scores = np.stack([one for one, _ in good])
    columns = {
        # Nine digits distinguish any two float32.
        f"score_{name}": [format(value, ".9g") for value in column]
        for name, column in zip(network.classes, scores.T, strict=True)
    } | decision.decide(network.task, network.classes, scores, thresholds)
    notes = [" ".join(found) for _, found in good]
    table = pd.DataFrame({FILE: list(names)}, dtype=object)
    for name, values in columns.items():
        table[name] = _spread(is_good, values, None)
    reasons = [scored[name] for name in names if isinstance(scored[name], str)]
    table[LEFT_OUT] = _spread(
        ~is_good, [" ".join(why.split()) for why in reasons]
    )
    table[NOTES] = _spread(is_good, notes)
    return scores, table


def _spread(where, values, other=""):
    """An object array with `values` where `where` is True, else `other`."""
    found = np.full(len(where), other, object)
    found[where] = values
    return found
