"""Warnings about a training, each with a way out, from the numbers of a run.

A text is one line. It is the same for runs that differ by their seed alone, so
that a report can count them.
"""

FEWEST_TO_CHOOSE = 10  # Positives and negatives of val.
FEWEST_STEPS = 100
# Of the weights after the first step in a moving average at the end.
LARGEST_SHARE_OF_FIRST = 0.05
# The first tenth of the evaluations, where there are enough to speak of.
FIRST_SHARE, FEWEST_EVALUATIONS = 0.1, 3


def of_run(
    numbers,
    *,
    best_step,
    history,
    audit,
    num_folds=None,
    ema_momentum=None,
    unfreeze_at=None,
):
    """The warnings about a run, as dicts of `name` and `text`.

    Args:
      numbers: {split: dict of metrics.summary.summarize}, of the best weights.
      best_step: step of these.
      history: rows of history.csv, at least one.
      audit: card.AuditSummary of the records, empty where there was none.
      num_folds: number of folds that the images were cut into, or None.
      ema_momentum: of the moving average of the weights, or None.
      unfreeze_at: step at which this average began anew, or None.
    """
    steps = [row["step"] for row in history]
    found = {
        "few_in_val": _few_in_val(numbers["val"]["aucs"]),
        "few_steps": _few_steps(steps[-1]),
        "average_lags": _average_lags(
            ema_momentum, steps[-1] - (unfreeze_at or 0)
        ),
        "best_is_first": _best_is_first(steps, best_step),
        "look_alikes": _look_alikes(audit, num_folds),
    }
    for split, of_split in numbers.items():
        found[f"one_answer_{split}"] = _one_answer(split, of_split)
        found[f"below_majority_{split}"] = _below_majority(split, of_split)
    return [
        {"name": name, "text": text} for name, text in found.items() if text
    ]


def _few_in_val(aucs):
    few = [
        f"{entry['name']} ({entry['num_positive']} and {entry['num_negative']})"
        for entry in aucs
        if min(entry["num_positive"], entry["num_negative"]) < FEWEST_TO_CHOOSE
    ]
    if not few:
        return None
    return (
        f"val has fewer than {FEWEST_TO_CHOOSE} positives or negatives of "
        f"{', '.join(few)}: which weights are the best is largely chance. "
        "Convert with a larger val split (--val_fraction), or take the last "
        "weights (--checkpoint=last)."
    )


def _few_steps(last_step):
    if last_step >= FEWEST_STEPS:
        return None
    return (
        f"The training took fewer than {FEWEST_STEPS} steps, in which a "
        "network hardly learns. Give more --epochs or --steps, or a smaller "
        "--batch_size (or --early_stopping more evaluations)."
    )


def _average_lags(momentum, steps):
    """Of `steps` averaged weights the first has momentum^(steps-1)."""
    if momentum is None or steps < 1:
        return None
    share = momentum ** (steps - 1)
    if share <= LARGEST_SHARE_OF_FIRST:
        return None
    return (
        f"{share:.0%} of the averaged weights are still those of the first "
        f"step. Give a smaller --ema_momentum than {momentum:g}, or more "
        "--epochs or --steps."
    )


def _best_is_first(steps, best_step):
    early = steps[: max(1, int(FIRST_SHARE * len(steps)))]
    if len(steps) < FEWEST_EVALUATIONS or best_step not in early:
        return None
    return (
        "The best weights are those of the first evaluations: after them the "
        "training made the AUC on val worse. Give a smaller --learning_rate, "
        "some --augment, or a smaller --eval_every to see where it turns."
    )


def _look_alikes(audit, num_folds):
    if num_folds is not None:
        pairs = sum(audit.get("near_pairs", {}).values())
        if not pairs:
            return None
        return (
            f"{pairs:,} pairs of images look alike, and folds keep only "
            "patients together: the AUC on test may be too high. Look at "
            "audit.png; convert with --near_duplicates=drop if they are copies."
        )
    gone = sum(
        audit.get(key, {}).get("train", 0)
        for key in ("dropped", "near_dropped")
    )
    count = audit.get("train_images_like_later_ones", 0) - gone
    if count <= 0:
        return None
    return (
        f"{count:,} training images look like images of val or test: the AUC "
        "there may be too high. Look at audit.png; if they are copies, convert "
        "with --near_duplicates=drop (or group)."
    )


def _one_answer(split, numbers):
    if numbers["accuracy"].get("num_answers") != 1 or _is_of_one(numbers):
        return None
    return (
        f"The network gives all images of {split} the same answer. Its AUC "
        "says whether it ranks them; if it does, choose a threshold on val "
        "(analyze_predictions.py, decisions.csv), if not, train longer, with "
        "--class_weights=balanced (labels: --positive_weights), or at another "
        "--learning_rate."
    )


def _below_majority(split, numbers):
    found = numbers["accuracy"]
    majority = found.get("majority")
    if majority is None or found["value"] >= majority:
        return None
    return (
        f"The accuracy on {split} is below {majority:.4f}, that of always "
        "answering what is most frequent. Judge the network by its AUC, or at "
        "a threshold that is chosen on val (analyze_predictions.py, "
        "decisions.csv)."
    )


def _is_of_one(numbers):
    """Whether there is but one class to answer with."""
    return numbers["accuracy"].get("majority") == 1
