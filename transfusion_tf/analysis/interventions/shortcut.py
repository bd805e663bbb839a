"""The view `shortcut`: networks shown images that lost shapes or details.

Neyshabur et al. 2020 (arXiv:2008.11687) shuffle the blocks of images: what a
network loses by that, it owed to features larger than a block; what it keeps,
to smaller ones and to statistics of the image. Low-pass images have lost their
details, high-pass images all but those (data.distortions). Networks are not
trained on such images, so that a part of what they lose is due to the edges
between blocks, and to images unlike any that they have seen.
"""

import typing

import numpy as np
import tensorflow as tf

from transfusion_tf.analysis.interventions import scoring, shortcut_tables
from transfusion_tf.analysis.interventions import subjects as opened_subjects
from transfusion_tf.data import distortions
from transfusion_tf.data.distortions import Distortion
from transfusion_tf.runs import predictions
from transfusion_tf.training import evaluation, tasks

# Networks that are shown a batch before the next one is distorted: more need
# more memory, fewer distort the images more often.
_AT_ONCE = 6


class Examples(typing.NamedTuple):
    """What networks see of some images.

    Attributes:
      images: {label of a distortion: (n, side, side, 3) in [0, 255]}.
      labels: (n,) or (n, num_labels) of the images.
      classes: names of the classes or labels.
      source: data set and split that they are from.
    """

    images: dict
    labels: np.ndarray
    classes: tuple
    source: str


def make_tables(paths, options):
    """{stem: DataFrame} of the view.

    Args:
      paths: run directories, or patterns of them.
      options: options.InterventionOptions.

    Raises:
      FileNotFoundError, ValueError: as subjects.open_runs; or more blocks than
        pixels.
    """
    subjects = opened_subjects.open_runs(paths, options)
    chosen = of_options(options)
    side = subjects.images.identity["image_size"]
    about = [shortcut_tables.about(one, side) for one in chosen]
    found, predictors = {}, _Predictors(subjects)
    for start in range(0, len(subjects.runs), _AT_ONCE):
        part = subjects.runs[start : start + _AT_ONCE]
        networks = {
            one.name: predictors.of(one, place)
            for place, one in enumerate(part)
        }
        found |= scored(
            networks,
            subjects.test_images(f"Scoring {', '.join(networks)}"),
            chosen,
            task=subjects.task,
            seed=options.seed,
        )
    return shortcut_tables.make(subjects, about, found)


def examples(paths, options, count=3):
    """The Examples of a picture.

    Args:
      paths, options: as of `make_tables`.
      count: number of images: the first of each class, then other ones.
    """
    subjects = opened_subjects.open_runs(paths, options)
    batch = next(subjects.test_images("Reading"))
    _, first = np.unique(batch["label"], axis=0, return_index=True)
    others = np.setdiff1d(np.arange(len(batch["label"])), first)
    rows = [*np.sort(first), *others][:count]
    images, ids = batch["image"][rows], batch["id"][rows]
    seen = {
        distortion.label: distortion.apply(images, ids, seed=options.seed)
        for distortion in (distortions.PLAIN, *of_options(options))
    }
    source = f"{subjects.images.opened.card.name}, {subjects.images.split}"
    return Examples(seen, batch["label"][rows], subjects.classes, source)


def of_options(options):
    """The Distortions that InterventionOptions ask for, by kind."""
    return [
        Distortion(kind, strength)
        for kind, strengths in (
            ("block_shuffle", options.blocks),
            ("low_pass", options.low_pass),
            ("high_pass", options.high_pass),
        )
        for strength in strengths
    ]


def scored(networks, batches, chosen, *, task, seed):
    """What networks say of images as they are, and of each distortion.

    Args:
      networks: {name: object with `logits(images)`}.
      batches: iterable of {"image", "id", "label", "patient"}.
      chosen: Distortions.
      task: one of names.TASKS.
      seed: of what is drawn.

    Returns:
      {name: scoring.Scores}, the first of whose rows is of the images as they
      are, and the others of `chosen`.
    """
    labels, patients, found = [], [], {name: [] for name in networks}
    for batch in batches:
        labels.append(batch["label"])
        patients.append(batch["patient"])
        parts = {name: [] for name in networks}
        for distortion in (distortions.PLAIN, *chosen):
            images = distortion.apply(batch["image"], batch["id"], seed=seed)
            for name, network in networks.items():
                parts[name].append(network.logits(images))
        for name, logits in parts.items():
            found[name].append(np.stack(logits))
    labels = np.concatenate(labels)
    patients = predictions.known_patients(np.concatenate(patients))
    return {
        name: _scores(np.concatenate(logits, axis=1), labels, patients, task)
        for name, logits in found.items()
    }


def _scores(logits, labels, patients, task):
    """scoring.Scores of (num_networks, num_images, num_outputs) logits."""
    return scoring.Scores(
        labels=labels,
        patients=patients,
        scores=np.stack([tasks.scores(task, one).numpy() for one in logits]),
        losses=np.stack(
            [tasks.losses(task, labels, one).numpy() for one in logits]
        ),
    )


class _Predictors:
    """The trained networks of runs, as of `scored`, each traced only once."""

    def __init__(self, subjects):
        self._subjects, self._known = subjects, {}

    def of(self, subject, place):
        """That of a run, until another one is asked for at this place."""
        backbone = self._subjects.backbone(subject, place=place)
        if backbone.model not in self._known:
            self._known[backbone.model] = evaluation.Predictor(
                tf.distribute.get_strategy(),
                backbone.model,
                self._subjects.task,
                batch_size=self._subjects.images.reading["batch_size"],
            )
        return self._known[backbone.model]
