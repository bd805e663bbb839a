"""Numbers of a network on a split, from predictions that are kept."""

import numpy as np

from transfusion_tf import datasets, tables
from transfusion_tf.metrics import summary
from transfusion_tf.runs import predictions


def score(
    predictor, opened, split, *, config, path=None, classes=None, cache=None
):
    """Scores every example of `split` once.

    Args:
      predictor: training.evaluation.Predictor.
      opened: Records.
      split: "train", "val" or "test".
      config: RunConfig with the image size resolved.
      path: CSV for the predictions, or None.
      classes: those of the network in their order, which may be another one
        than that of `opened`; None: those of `opened`.
      cache: caching.ImageCache of `opened`, or None: images are decoded.

    Returns:
      The dict of metrics.summary.summarize, and `loss`.
    """
    batches = datasets.images(
        opened,
        split,
        image_size=config.data.image_size,
        batch_size=config.train.batch_size,
        cache=cache,
    )
    card = opened.card
    classes = tuple(classes or card.classes)
    if classes != card.classes:
        batches = relabelled(batches, card, classes)
    scored, loss = predictor.predict(batches, opened.num_examples(split))
    if path is not None:
        predictions.write(path, scored, classes)
        # What is reported is what anyone can compute from the saved file.
        scored, _ = predictions.read(path)
    numbers = summary.summarize(
        card.task,
        classes,
        scored.labels,
        scored.scores,
        groups=scored.patients,
        select_threshold=config.train.select_threshold,
    )
    return {**numbers, "loss": loss}


def mark_training(path, used):
    """Adds `in_training` to the saved predictions of the training split.

    Args:
      path: CSV that `score` has written.
      used: ids of the images that the run trained on; None: all of the split.

    Returns:
      (number of images that were in training, number of all).
    """
    table = tables.read_text(path)
    table["in_training"] = [
        str(int(used is None or image in used)) for image in table["id"]
    ]
    tables.write(path, table, line_end="\r\n")
    return int((table["in_training"] == "1").sum()), len(table)


def relabelled(batches, card, classes):
    """Yields `batches` with their labels as `classes` number them.

    Args:
      batches: dicts with `label`, (n,) or (n, num_labels), in the order of
        the classes of `card`.
      card: DataCard.
      classes: the same names in another order.
    """
    place = np.array([classes.index(name) for name in card.classes])
    for batch in batches:
        label = batch["label"]
        if label.ndim == 1:
            label = place[label]
        else:
            label = label[:, np.argsort(place)]
        yield {**batch, "label": label}


def check_same_classes(data, opened):
    """Raises ValueError unless `opened` fits the `data` of a run's record.

    Classes are matched by name: their order may be another one.
    """
    card = opened.card
    theirs = (card.task, sorted(card.classes))
    ours = (data["task"], sorted(data["classes"]))
    if theirs != ours:
        raise ValueError(
            f"{opened.root} is {card.task} with the classes "
            f"{list(card.classes)}; the run was trained on {data['task']} with "
            f"{data['classes']}. Give records with classes of the same names: "
            f"--classes={','.join(data['classes'])} when they are made."
        )
