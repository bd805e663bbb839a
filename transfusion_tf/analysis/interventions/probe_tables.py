"""Tables of the view `probes`: networks, arms of them, and where they peak."""

import dataclasses
import typing

from transfusion_tf import tables
from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.interventions import losses
from transfusion_tf.analysis.interventions import subjects as opened_subjects
from transfusion_tf.metrics import paired_auc, seed_auc

# What a network is: where its weights are from.
SOURCE, START, TRAINED, RANDOM = "source", "start", "trained", "random"
FLOOR = "random weights"  # The arm of RANDOM.
_STAGE = ("stage", "stage_index", "num_channels", "probe")
_COUNTS = ("num_train_images", *auc_table.SIZES)
COLUMNS = (
    *opened_subjects.RUN_COLUMNS,
    "network",
    "step",
    *_STAGE,
    "metric",
    *auc_table.ESTIMATE,
    *_COUNTS,
    "setting",
    "note",
)
_ARM = ("arm", "dataset", "model", "split", "network")
ARM_COLUMNS = (
    *_ARM,
    *_STAGE,
    "num_networks",
    "metric",
    *auc_table.ESTIMATE,
    "over_random",
    "over_random_low",
    "over_random_high",
    *_COUNTS,
    "note",
)
PEAK_COLUMNS = (
    *_ARM,
    "probe",
    "num_networks",
    "metric",
    "peak_stage",
    "peak_index",
    "peak_auc",
    "last_stage",
    "last_index",
    "last_auc",
    "above_last",
    "low",
    "high",
    "level",
    "note",
)
_ONE = "one network: others of its kind are not allowed for"


class Place(typing.NamedTuple):
    """A stage of a network, and the probe that it is asked by."""

    stage: str
    stage_index: int
    num_channels: int
    probe: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answers:
    """What probes found in one network.

    Attributes:
      network: SOURCE, START, TRAINED or RANDOM.
      columns: {column: value} of subjects.RUN_COLUMNS.
      step: of its weights; None of networks of no run.
      probed: {Place: probing.Probed}, bottom to top.
    """

    network: str
    columns: dict
    step: int | None
    probed: dict


def make(answers, questions):
    """{stem: DataFrame} of the view.

    Args:
      answers: list of Answers.
      questions: probing.Questions that they answer.
    """
    series = {}
    for one in answers:
        series.setdefault((one.network, one.columns["arm"]), []).append(one)
    arms = {key: _arms(of, questions) for key, of in series.items()}
    shared = {key: _shared(of[0]) for key, of in series.items()}
    counts = questions.counts()
    named = {"metric": questions.metric}
    return {
        "probes": tables.frame(
            [
                {**row, **named, **counts}
                for one in answers
                for row in _rows(one)
            ],
            columns=COLUMNS,
        ),
        "probes_arms": tables.frame(
            [
                {**shared[key], **row, **named, **counts}
                for key, of in arms.items()
                for row in _arm_rows(of, _floor(key, arms))
            ],
            columns=ARM_COLUMNS,
        ),
        "probes_peaks": tables.frame(
            [
                {**shared[key], **row, **named}
                for key, of in arms.items()
                for row in _peak_rows(of)
            ],
            columns=PEAK_COLUMNS,
        ),
    }


def _arms(answers, questions):
    """{Place: seed_auc.Arm} of networks of one kind and arm."""
    return {
        place: questions.arm([one.probed[place].scores for one in answers])
        for place in answers[0].probed
    }


def _floor(key, arms):
    """The {Place: Arm} of random weights, of a series that is not that."""
    floor = (RANDOM, FLOOR)
    return {} if key == floor else arms.get(floor, {})


def _shared(one):
    columns = {**one.columns, "network": one.network}
    return {name: columns[name] for name in _ARM}


def _rows(one):
    """Yields the rows of a network, dicts of COLUMNS."""
    for place, probed in one.probed.items():
        auc = probed.numbers["auc"]
        yield {
            **one.columns,
            "network": one.network,
            "step": one.step,
            **place._asdict(),
            **{name: auc[name] for name in ("value", "low", "high")},
            "level": probed.numbers["level"],
            "setting": probed.setting,
            "note": auc["reason"] or auc["note"],
        }


def _arm_rows(arms, floor):
    """Yields the rows of a series, dicts of ARM_COLUMNS.

    Args:
      arms: {Place: seed_auc.Arm}.
      floor: the same of random weights; {} where there is none.
    """
    for place, arm in arms.items():
        found = seed_auc.over_seeds(arm, level=losses.LEVEL)
        over = None
        if place in floor:
            over = paired_auc.between(floor[place], arm, level=losses.LEVEL)
        num = len(found.values)
        yield {
            **place._asdict(),
            "num_networks": num,
            "value": found.value,
            "low": found.low,
            "high": found.high,
            "level": losses.LEVEL,
            "over_random": over and over.value,
            "over_random_low": over and over.low,
            "over_random_high": over and over.high,
            "note": found.reason or ("" if num > 1 else _ONE),
        }


def _peak_rows(arms):
    """Yields for each probe of a series where it is highest: PEAK_COLUMNS.

    The difference from the last stage is that on the same images; that the
    stage was chosen on them, it does not allow for.
    """
    for probe in dict.fromkeys(place.probe for place in arms):
        defined = {
            place: arm
            for place, arm in arms.items()
            if place.probe == probe and arm.values is not None
        }
        if not defined:
            continue
        *_, last = defined
        peak = max(defined, key=lambda place: defined[place].values.mean())
        found = paired_auc.between(
            defined[last],
            defined[peak],
            paired_seeds=True,
            level=losses.LEVEL,
        )
        num = len(defined[peak].values)
        yield {
            "probe": probe,
            "num_networks": num,
            "peak_stage": peak.stage,
            "peak_index": peak.stage_index,
            "peak_auc": found.other,
            "last_stage": last.stage,
            "last_index": last.stage_index,
            "last_auc": found.first,
            "above_last": found.value,
            "low": None if peak == last else found.low,
            "high": None if peak == last else found.high,
            "level": losses.LEVEL,
            "note": "" if num > 1 else _ONE,
        }
