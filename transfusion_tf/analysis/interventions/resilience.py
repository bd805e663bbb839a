"""The view `resilience`: one stage at a time back to its start, or redrawn.

Zhang et al. 2019 (arXiv:1902.01996) put the weights of one layer back to their
start (re-initialization) or to fresh draws (re-randomization), leave all others
trained, and see what is lost: layers that can go back are robust, others
critical. On the way back are the stages at (1 - alpha) * start + alpha *
trained, the path along which Chatterji et al. 2020 (arXiv:1912.00528) and
Neyshabur et al. 2020 (arXiv:2008.11687) measure how critical a module is, which
is done if noises are given (criticality).

Where weights change, batch norm is estimated anew (batch_moments), and so it is
for the trained network that losses are counted from: what is lost owes nothing
to the estimation.
"""

import dataclasses

import numpy as np

from transfusion_tf import progress, tables
from transfusion_tf.analysis.interventions import (
    criticality,
    criticality_tables,
    losses,
    replacing,
    scoring,
    staged,
    weights,
)
from transfusion_tf.analysis.interventions import subjects as opened_subjects

_STAGE = ("stage", "stage_index", "replaced_by", "alpha", "num_draws")
COLUMNS = (
    *opened_subjects.RUN_COLUMNS,
    *_STAGE,
    "saved_auc",
    *losses.COLUMNS,
    "lowest_draw",
    "highest_draw",
    "loss",
    "reference_loss",
    "distance",
    "relative_distance",
    "num_batch_norm_images",
)
ARM_COLUMNS = (
    "arm",
    "dataset",
    "model",
    "init",
    "split",
    *_STAGE,
    "num_seeds",
    *losses.COLUMNS,
    "note",
)


def make_tables(paths, options):
    """{stem: DataFrame} of the view.

    Args:
      paths: run directories, or patterns of them.
      options: options.InterventionOptions.

    Raises:
      FileNotFoundError, ValueError: as subjects.open_runs.
    """
    subjects = opened_subjects.open_runs(paths, options, needs_start=True)
    networks = staged.StagedNetworks()
    scored = {
        subject.name: _scored(subjects, networks, subject, options)
        for subject in progress.over(subjects.runs, "Replacing", unit="runs")
    }
    rows = [
        row
        for subject in subjects.runs
        for row in _run_rows(subjects, subject, scored[subject.name])
    ]
    arm_rows = [
        row
        for of_arm in subjects.arms.values()
        for row in _arm_rows(subjects, of_arm, scored)
    ]
    found = {
        "resilience": tables.frame(rows, columns=COLUMNS),
        "resilience_arms": tables.frame(arm_rows, columns=ARM_COLUMNS),
    }
    if options.noise:
        critical = [row for run in scored.values() for row in run.critical]
        found |= criticality_tables.make_tables(critical)
    return found


@dataclasses.dataclass(frozen=True)
class Scored:
    """A run with each of its stages replaced.

    Attributes:
      replaced: list of replacing.Replaced.
      scores: scoring.Scores of the network with batch norm estimated anew, of
        the one that was saved, and of each of `replaced`.
      distances: {stage: movement.distances of its start and its end}.
      num_batch_norm_images: that batch norm was estimated on.
      critical: criticality_tables.run_rows, none unless there are noises.
    """

    replaced: list
    scores: scoring.Scores
    distances: dict
    num_batch_norm_images: int
    critical: list

    def places(self):
        """{what is equal but for the draw: indices in `scores`}."""
        found = {}
        for index, one in enumerate(self.replaced):
            key = dataclasses.replace(one, draw=None)
            found.setdefault(key, []).append(index + 2)
        return found


def _scored(subjects, networks, subject, options):
    """The Scored of a run."""
    start = weights.values(subjects.backbone(subject, 0))
    backbone = subjects.backbone(subject)
    replaced, variants = replacing.variants(backbone, start, options)
    noisy = criticality.variants(backbone, start, options)
    network = networks.of(backbone)
    training = subjects.training_images(
        subject, options.batch_norm_images, f"Batch norm of {subject.name}"
    )
    base, variants, count = scoring.estimated(
        network, staged.Variant(0, {}), [*variants, *noisy], training
    )
    scores = scoring.score(
        network,
        base,
        [network.saved(base.values), *variants],
        subjects.test_images(f"Scoring {subject.name}"),
        subjects.task,
    )
    distances = {
        stage.name: weights.distances(stage, start) for stage in backbone.stages
    }
    num_kept = 2 + len(replaced)
    at_start = [
        2 + place
        for place, one in enumerate(replaced)
        if one.by == replacing.START and one.alpha == 0
    ]
    others = range(num_kept, len(scores.scores))
    # Scores of noisy networks are many, and not kept until all runs are scored.
    return Scored(
        replaced,
        scores.take(range(num_kept)),
        distances,
        count,
        criticality_tables.run_rows(
            subjects,
            subject,
            noisy,
            scores.take([0, *at_start, *others]),
            distances,
            options,
        )
        if noisy
        else [],
    )


def _run_rows(subjects, subject, scored):
    """The rows of a run, dicts of COLUMNS."""
    images, found = scored.scores, []
    about = [subject], images.labels, images.patients
    reference, saved = images.scores[:1], images.scores[1:2]
    saved_auc = _value(losses.metric(*about, saved)[1])
    for one, places in scored.places().items():
        draws = [images.scores[place][None] for place in places]
        numbers = losses.lost(*about, reference, draws)
        each = [
            losses.lost(*about, reference, [draw])["lost"] for draw in draws
        ]
        found.append(
            {
                **subjects.columns_of(subject),
                **_stage_columns(one, len(places)),
                "saved_auc": saved_auc,
                **numbers,
                "lowest_draw": _of_draws(min, one, each),
                "highest_draw": _of_draws(max, one, each),
                "loss": float(images.losses[places].mean()),
                "reference_loss": float(images.losses[0].mean()),
                "distance": scored.distances[one.stage]["l2"],
                "relative_distance": scored.distances[one.stage]["relative_l2"],
                "num_batch_norm_images": scored.num_batch_norm_images,
            }
        )
    return found


def _arm_rows(subjects, of_arm, scored):
    """The rows of an arm, dicts of ARM_COLUMNS: means over its runs.

    Args:
      subjects: Subjects.
      of_arm: those of the arm.
      scored: {name of a run: Scored}.
    """
    runs = [scored[subject.name] for subject in of_arm]
    images = runs[0].scores
    about = of_arm, images.labels, images.patients
    reference = np.stack([run.scores.scores[0] for run in runs])
    shared = subjects.columns_of(of_arm[0])
    return [
        {
            **{name: shared[name] for name in ARM_COLUMNS if name in shared},
            **_stage_columns(one, len(places)),
            "num_seeds": len(of_arm),
            **losses.lost(
                *about,
                reference,
                [
                    np.stack([run.scores.scores[place] for run in runs])
                    for place in places
                ],
            ),
            "note": "" if len(of_arm) > 1 else _ONE_SEED,
        }
        for one, places in runs[0].places().items()
    ]


_ONE_SEED = "one seed: other seeds are not allowed for"


def _stage_columns(one, num_draws):
    """{column: value} of _STAGE."""
    return {
        "stage": one.stage,
        "stage_index": one.index,
        "replaced_by": one.by,
        "alpha": one.alpha,
        "num_draws": num_draws if one.by == replacing.FRESH else None,
    }


def _value(arm):
    return None if arm.values is None else float(arm.values.mean())


def _of_draws(chosen, one, values):
    """The smallest or largest of several draws; None where there are none."""
    if one.by != replacing.FRESH or None in values:
        return None
    return chosen(values)
