"""What a changed network loses: the difference of AUCs on the same images."""

import numpy as np

from transfusion_tf.analysis.comparing import arms, paired_table
from transfusion_tf.metrics import paired_auc, seed_auc

LEVEL = paired_table.LEVEL
COLUMNS = (
    "metric",
    "reference_auc",
    "auc",
    "lost",
    "low",
    "high",
    "level",
    "num_images",
    "num_patients",
)


def metric(subjects, labels, patients, scores):
    """(name of the AUC, its seed_auc.Arm) of networks on the same images.

    It is the AUC that chose the weights: that of two classes, the mean of
    several, or that of the grade that --select_threshold named.

    Args:
      subjects: list of subjects.Subject, one for each network.
      labels: (num_images,) or (num_images, num_labels).
      patients: (num_images,) str, or None.
      scores: (num_networks, num_images, num_outputs).
    """
    first = subjects[0]
    data = first.about["data"]
    arm = arms.Arm(
        name=first.arm,
        settings={},
        dataset=data["name"],
        split="",
        task=data["task"],
        classes=tuple(data["classes"]),
        seeds=tuple(str(one.config.seed) for one in subjects),
        labels=labels,
        scores=np.asarray(scores),
        patients=patients,
    )
    return paired_table.metric_of(arm, first.config.train.select_threshold)


def lost(subjects, labels, patients, reference, changed):
    """The columns COLUMNS: what networks lose by a change, on average.

    The interval allows for other patients and, with several networks, for
    other seeds (metrics.paired_auc.between, pairs of seeds).

    Args:
      subjects: list of subjects.Subject, one for each network.
      labels, patients: of the images.
      reference: (num_networks, num_images, num_outputs) before.
      changed: list of such arrays after; several are draws, whose AUCs are
        averaged.
    """
    name, before = metric(subjects, labels, patients, reference)
    after = [metric(subjects, labels, patients, one)[1] for one in changed]
    found = paired_auc.between(
        before, seed_auc.mean(after), paired_seeds=True, level=LEVEL
    )
    return {"metric": name, **columns(found, patients, len(labels))}


def negated(value):
    """A loss for a gain; None for None, and no -0.0, which reads as a gain."""
    return None if value is None else 0.0 - value


def columns(found, patients, num_images):
    """{column: value} of COLUMNS but `metric`, of a PairedAuc."""
    negative = {
        key: negated(value)
        for key, value in (
            ("lost", found.value),
            ("low", found.high),
            ("high", found.low),
        )
    }
    return {
        "reference_auc": found.first,
        "auc": found.other,
        **negative,
        "level": found.level,
        "num_images": num_images,
        "num_patients": None if patients is None else len(set(patients)),
    }
