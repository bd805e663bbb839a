"""Files of a trained network, each proved to give the run's own predictions."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import uuid

import numpy as np

from transfusion_tf import datasets, files, progress
from transfusion_tf.models import builtin
from transfusion_tf.runs import checksums, predictions
from transfusion_tf.training import tasks
from transfusion_tf.using import formats, model_card, trained

# Largest difference of a probability that rounding may make.
TOLERANCE = 1e-5
NUM_IMAGES = 32
SPLIT = "test"
_ACTIVATIONS = {"multilabel": "sigmoid"}


@dataclasses.dataclass(frozen=True)
class Exported:
    """One exported file.

    Attributes:
        format: one of formats.FORMATS.
        path: of the file or directory.
        difference: largest one of its probabilities from those of the run.
        num_images: of the test split, that this was measured on.
    """

    format: str
    path: pathlib.Path
    difference: float
    num_images: int


def export(run_dir, output_dir, names=tuple(formats.FORMATS), *, dataset=None):
    """Writes a run's best weights as files that need nothing of this package.

    Each file is read back and scores images of the test split; the directory
    appears with all files and model_card.json in it when all of them give the
    scores that the run has saved.

    Args:
        run_dir: of a finished run.
        output_dir: directory that is empty or not there.
        names: of formats.FORMATS.
        dataset: the records of the run, where they have moved.

    Returns:
        A list of Exported, in the order of `names`.

    Raises:
        ValueError, FileNotFoundError, OSError: no finished run, its records
            are not there, a format that cannot be checked, an `output_dir`
            with things in it, or a file with other scores.
    """
    names = list(dict.fromkeys(names))
    formats.check(names)
    network = trained.open_run(run_dir)
    folder = pathlib.Path(output_dir)
    _check_output(folder)
    preparation = network.preparation(
        dataset if "images" not in network.data else None
    )
    images, scores = _reference(network, network.records(dataset))
    model = builtin.copy(
        network.backbone, _ACTIVATIONS.get(network.task, "softmax")
    )
    with _appearing(folder) as temporary:
        exported = [
            _checked(network, model, name, temporary, images, scores)
            for name in progress.over(names, "Exporting", unit="formats")
        ]
        card = model_card.build(network, preparation, exported)
        files.write_json(temporary / model_card.FILE, card)
    return [
        dataclasses.replace(one, path=folder / one.path.name)
        for one in exported
    ]


def _check_output(folder):
    if folder.exists() and not folder.is_dir() or _has_files(folder):
        raise ValueError(
            f"{folder} is there and not an empty directory; give another "
            "--output_dir."
        )


def _has_files(folder):
    return folder.is_dir() and any(folder.iterdir())


@contextlib.contextmanager
def _appearing(folder):
    """Yields a directory that becomes `folder`, or goes away on an error."""
    folder = folder.resolve()
    temporary = folder.with_name(f".tmp-{uuid.uuid4().hex[:12]}-{folder.name}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        os.replace(temporary, folder)  # Takes the place of an empty one.
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _reference(network, opened):
    """The first images of the test split and the scores that the run saved.

    Returns:
        (N, size, size, 3) float32; (N, num_outputs) float32.
    """
    batches = datasets.images(
        opened,
        SPLIT,
        image_size=network.image_size,
        batch_size=min(NUM_IMAGES, opened.num_examples(SPLIT)),
    )
    with contextlib.closing(batches):
        batch = next(batches)
    path = network.run.predictions(SPLIT)
    checksums.check(network.run, path)
    saved, _ = predictions.read(path)
    scores = dict(zip(saved.ids, saved.scores, strict=True))
    if any(image not in scores for image in batch["id"]):
        raise ValueError(
            f"{path} lacks images of {opened.root}; restore it from a copy, or "
            "repeat the run with --overwrite."
        )
    return batch["image"], np.stack([scores[image] for image in batch["id"]])


def _checked(network, model, name, folder, images, expected):
    """Writes one format, reads it back and scores `images`: an Exported.

    Raises ValueError where its scores are not those `expected`.
    """
    chosen = formats.FORMATS[name]
    path = folder / chosen.file
    chosen.write(model, path)
    found = chosen.score(path, images)
    difference = float(np.abs(found - expected).max())
    if not difference <= TOLERANCE:  # NaN is no small difference.
        raise ValueError(
            f"--format={name}: scores differ from those of the run by up to "
            f"{difference:.2g}, {TOLERANCE:g} is allowed; nothing is exported. "
            f"{_cause(network, images, expected)}"
        )
    return Exported(name, path, difference, len(images))


def _cause(network, images, expected):
    """Whether the network itself gives other scores here, and what to do."""
    logits = network.backbone.model(images, training=False)
    own = np.abs(tasks.scores(network.task, logits) - expected).max()
    if own <= TOLERANCE:
        return "Leave this format out."
    return (
        f"The network of the run itself differs by {own:.2g} on this machine: "
        "export it where it was trained, on the same kind of device."
    )
