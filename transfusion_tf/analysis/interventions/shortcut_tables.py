"""Tables of the view `shortcut`: runs, arms, and arms against each other."""

import numpy as np

from transfusion_tf import tables
from transfusion_tf.analysis.comparing import arms
from transfusion_tf.analysis.interventions import losses
from transfusion_tf.analysis.interventions import subjects as opened_subjects
from transfusion_tf.metrics import paired_auc, seed_auc

_DISTORTION = ("distortion", "strength", "pixels")
COLUMNS = (
    *opened_subjects.RUN_COLUMNS,
    *_DISTORTION,
    *losses.COLUMNS,
    "loss",
    "reference_loss",
)
ARM_COLUMNS = (
    "arm",
    "dataset",
    "model",
    "init",
    "split",
    *_DISTORTION,
    "num_seeds",
    *losses.COLUMNS,
    "note",
)
CONTRAST_COLUMNS = (
    "arm",
    "reference",
    "dataset",
    "split",
    *_DISTORTION,
    "metric",
    "arm_lost",
    "reference_lost",
    "difference",
    "low",
    "high",
    "level",
    "p_value",
    "num_seeds",
    "num_reference_seeds",
    "note",
)
ONE_SEED = "one seed: other seeds are not allowed for"


def make(subjects, abouts, found):
    """{stem: DataFrame} of the view.

    Args:
      subjects: subjects.Subjects.
      abouts: list of `about` of each distortion.
      found: {name of a run: scoring.Scores}, of images as they are and of each
        distortion.
    """
    compared = {
        name: _lost_by_arm(of_arm, found)
        for name, of_arm in subjects.arms.items()
    }
    return {
        "shortcut": tables.frame(
            list(_run_rows(subjects, abouts, found)), columns=COLUMNS
        ),
        "shortcut_arms": tables.frame(
            list(_arm_rows(subjects, abouts, found)), columns=ARM_COLUMNS
        ),
        "shortcut_contrasts": tables.frame(
            list(_contrast_rows(subjects, abouts, compared)),
            columns=CONTRAST_COLUMNS,
        ),
    }


def about(distortion, side):
    """{column: value} of what a Distortion is.

    Args:
      distortion: data.distortions.Distortion.
      side: of the images in pixels.
    """
    return {
        "distortion": distortion.kind,
        "strength": distortion.strength,
        "pixels": distortion.pixels(side),
    }


def _run_rows(subjects, abouts, found):
    """Yields the rows of all runs, dicts of COLUMNS."""
    for subject in subjects.runs:
        scores = found[subject.name]
        for place, columns in enumerate(abouts, start=1):
            yield {
                **subjects.columns_of(subject),
                **columns,
                **_lost([subject], [scores], place),
                "loss": float(scores.losses[place].mean()),
                "reference_loss": float(scores.losses[0].mean()),
            }


def _arm_rows(subjects, abouts, found):
    """Yields the rows of all arms, dicts of ARM_COLUMNS."""
    for of_arm in subjects.arms.values():
        shared = subjects.columns_of(of_arm[0])
        scores = [found[subject.name] for subject in of_arm]
        for place, columns in enumerate(abouts, start=1):
            yield {
                **{n: shared[n] for n in ARM_COLUMNS if n in shared},
                **columns,
                "num_seeds": len(of_arm),
                **_lost(of_arm, scores, place),
                "note": "" if len(of_arm) > 1 else ONE_SEED,
            }


def _lost(of_arm, scores, place):
    """{column: value} of losses.COLUMNS: by a distortion, from plain images."""
    before, after = (
        np.stack([s.scores[i] for s in scores]) for i in (0, place)
    )
    first = scores[0]
    return losses.lost(of_arm, first.labels, first.patients, before, [after])


def _lost_by_arm(of_arm, found):
    """(name of the AUC, [seed_auc.Arm of what an arm loses by each])."""
    scores = [found[subject.name] for subject in of_arm]
    first = scores[0]
    by_place = [
        losses.metric(
            of_arm,
            first.labels,
            first.patients,
            np.stack([one.scores[place] for one in scores]),
        )
        for place in range(len(first.scores))
    ]
    name, before = by_place[0]
    return name, [seed_auc.minus(before, after) for _, after in by_place[1:]]


def _contrast_rows(subjects, abouts, compared):
    """Yields rows, dicts of CONTRAST_COLUMNS: arms against the first random.

    Without an arm from random weights the first one is the reference.
    """
    if len(compared) < 2:
        return
    starts = {
        name: of[0].config.init.scheme for name, of in subjects.arms.items()
    }
    reference = next(
        (name for name, start in starts.items() if start == arms.RANDOM),
        next(iter(starts)),
    )
    shared = subjects.columns_of(subjects.runs[0])
    for name, (metric, lost) in compared.items():
        if name == reference:
            continue
        pairs = zip(abouts, compared[reference][1], lost, strict=True)
        for columns, first, other in pairs:
            found = paired_auc.between(first, other, level=losses.LEVEL)
            is_single = 1 in (found.num_seeds, found.num_other_seeds)
            yield {
                "arm": name,
                "reference": reference,
                "dataset": shared["dataset"],
                "split": shared["split"],
                **columns,
                "metric": metric,
                "arm_lost": found.other,
                "reference_lost": found.first,
                "difference": found.value,
                "low": found.low,
                "high": found.high,
                "level": found.level,
                "p_value": found.p_value,
                "num_seeds": found.num_other_seeds,
                "num_reference_seeds": found.num_seeds,
                "note": found.reason or (ONE_SEED if is_single else ""),
            }
