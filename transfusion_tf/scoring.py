"""Numbers of a network on a split, from predictions that are kept."""

from transfusion_tf import datasets
from transfusion_tf.metrics import summary
from transfusion_tf.training import predictions


def score(predictor, opened, split, *, config, path=None):
    """Scores every example of `split` once.

    Args:
      predictor: training.evaluation.Predictor.
      opened: Records.
      split: "train", "val" or "test".
      config: RunConfig with the image size resolved.
      path: CSV for the predictions, or None.

    Returns:
      The dict of metrics.summary.summarize, and `loss`.
    """
    batches = datasets.images(
        opened,
        split,
        image_size=config.data.image_size,
        batch_size=config.train.batch_size,
    )
    scored, loss = predictor.predict(batches, opened.num_examples(split))
    card = opened.card
    if path is not None:
        predictions.write(path, scored, card.classes)
        # What is reported is what anyone can compute from the saved file.
        scored, _ = predictions.read(path)
    numbers = summary.summarize(
        card.task,
        card.classes,
        scored.labels,
        scored.scores,
        groups=scored.patients,
        select_threshold=config.train.select_threshold,
    )
    return {**numbers, "loss": loss}


def check_same_classes(data, opened):
    """Raises ValueError unless `opened` fits the `data` of a run's record."""
    theirs = (opened.card.task, list(opened.card.classes))
    ours = (data["task"], data["classes"])
    if theirs != ours:
        raise ValueError(
            f"{opened.root} is {theirs[0]} with the classes {theirs[1]}; the "
            f"run was trained on {ours[0]} with {ours[1]}. Give records with "
            "the same classes in the same order."
        )
