"""What claims are judged by: the arms of a study, and its tables."""

import dataclasses
import math

import pandas as pd

NETWORK = ("model", "truncate_at", "parameters", "stages")
START = ("scheme", "through", "rest", "has_biases", "source")
# Between the 8.5 million of the largest CBR network and the 23 million of
# ResNet-50 and Inception-v3, which Raghu et al. 2019 call large.
LARGE = 10_000_000
RANDOM, PRETRAINED, MEAN_VAR = "random", "pretrained", "mean_var"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arm:
    """An arm, as far as claims speak of it.

    Attributes:
      name: as in arms.csv.
      model: network.
      truncate_at: its last stage, None: it is whole.
      parameters: numbers in its weights.
      stages: names of its stages, bottom to top.
      scheme: how its weights are set, one of names.SCHEMES.
      through: last stage from the source (transfusion), or None.
      rest: how the stages above it start, or None.
      has_biases: whether its biases are drawn like the source's; None where
        nothing is.
      source: what the weights are from, in a word; None: from nowhere.
      train_size: number of training images asked for; None: all.
      others: all other settings, as text.
      runs: names of its runs.
      num_images: number of its training images, None: not known.
    """

    name: str
    model: str
    truncate_at: str | None = None
    parameters: int = 1
    stages: tuple = ()
    scheme: str
    through: str | None = None
    rest: str | None = None
    has_biases: bool | None = None
    source: str | None = None
    train_size: int | None = None
    others: str = ""
    runs: tuple = ()
    num_images: int | None = None

    @property
    def size(self):
        """Number of training images asked for; infinite for all of them."""
        return math.inf if self.train_size is None else self.train_size

    @property
    def is_small(self):
        """Whether it is of the CBR family, whole."""
        return self.model.startswith("cbr_") and self.truncate_at is None

    @property
    def is_large(self):
        """Whether it is a network of at least LARGE parameters, whole."""
        return self.parameters >= LARGE and self.truncate_at is None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evidence:
    """What there is to judge by.

    Attributes:
      arms: Arms.
      pairs: rows of analysis.comparing.paired_table.COLUMNS: the comparisons
        of the study, and those that claims ask for besides.
      tables: {stem: DataFrame} of the report's tables, of those there are.
      margin: largest difference of AUCs that does not matter.
    """

    arms: tuple
    pairs: pd.DataFrame
    tables: dict
    margin: float

    def at_largest_size(self):
        """This Evidence of the arms with the most training images alone."""
        return dataclasses.replace(self, arms=at_largest_size(self.arms))

    def of_scheme(self, *schemes):
        """The Arms of some schemes."""
        return [arm for arm in self.arms if arm.scheme in schemes]

    def pair(self, arm, other):
        """The row of the difference arm minus other, as a dict, or None.

        None where they were not compared; an undefined one is NaN.
        """
        if arm is None or other is None:
            return None
        found = self.pairs[
            (self.pairs["arm"] == arm.name)
            & (self.pairs["reference"] == other.name)
        ]
        return found.iloc[0].to_dict() if len(found) else None

    def partner(self, arm, *, but, **values):
        """The one Arm that differs from `arm` in `but` alone, or None.

        Args:
          arm: Arm.
          but: attributes that may differ.
          **values: attributes that it must have.
        """
        found = partners(self.arms, arm, but=but, **values)
        return found[0] if len(found) == 1 else None

    def rows(self, name, **values):
        """Rows (dicts) of a table that have some values; [] without it."""
        table = self.tables.get(name)
        if table is None:
            return []
        for column, value in values.items():
            table = table[table[column] == value]
        return table.to_dict("records")

    def gains(self, scheme=PRETRAINED):
        """(Arm, row of its difference from random weights) of each Arm."""
        found = []
        for arm in self.of_scheme(scheme):
            row = self.pair(arm, self.partner(arm, but=START, scheme=RANDOM))
            if row:
                found.append((arm, row))
        return found


def at_largest_size(arms):
    """The Arms with the most training images."""
    most = max((arm.size for arm in arms), default=0)
    return tuple(arm for arm in arms if arm.size == most)


def partners(arms, arm, *, but, **values):
    """The Arms that differ from `arm` in the attributes `but` alone."""
    free = {"name", "runs", "num_images", *but}
    return [
        other
        for other in arms
        if other is not arm
        and all(getattr(other, key) == value for key, value in values.items())
        and all(
            getattr(other, field.name) == getattr(arm, field.name)
            for field in dataclasses.fields(Arm)
            if field.name not in free
        )
    ]


def wanted_pairs(arms):
    """(Arm, Arm) whose difference some claim asks for, each once.

    Args:
      arms: Arms.
    """
    found = [
        (arm, other)
        for arm in arms
        for other in partners(arms, arm, but=START, scheme=RANDOM)
        if arm.scheme in (PRETRAINED, MEAN_VAR)
    ]
    most = at_largest_size(arms)
    found += [
        (arm, other)
        for arm in most
        for other in partners(most, arm, but=(*NETWORK, *START))
        if _starts_compare(arm, other) or _networks_compare(arm, other)
    ]
    return found


def _starts_compare(arm, other):
    """Whether two starts of one network are to be compared in this order."""
    if any(getattr(arm, name) != getattr(other, name) for name in NETWORK):
        return False
    schemes = arm.scheme, other.scheme
    sources = arm.source, other.source
    return (
        (schemes == (PRETRAINED, MEAN_VAR) and arm.source == other.source)
        or (
            schemes == (PRETRAINED, PRETRAINED)
            and sources == ("imagenet", "radimagenet")
        )
        or is_gabor_and_first_stage(arm, other)
    )


def _networks_compare(arm, other):
    """Whether two networks are to be compared in this order."""
    return (
        is_small_and_large(arm, other)
        or is_slim_and_whole(arm, other)
        or is_truncated_and_whole(arm, other)
    )


def is_gabor_and_first_stage(arm, other):
    """Gabor filters, and the first stage of a source."""
    return (
        arm.scheme == "gabor"
        and other.scheme == "transfusion"
        and other.rest != MEAN_VAR
        and other.through in other.stages[:1]
    )


def is_small_and_large(arm, other):
    """A CBR network and a large one with the same kind of start."""
    return (
        arm.is_small
        and other.is_large
        and arm.scheme == other.scheme
        and arm.scheme in (RANDOM, PRETRAINED)
    )


def is_slim_and_whole(arm, other):
    """A slim hybrid with weights of a source, and the whole network."""
    return (
        arm.model == f"{other.model}_slim"
        and arm.scheme in ("transfusion", PRETRAINED)
        and other.scheme == PRETRAINED
        and arm.truncate_at is None
        and other.truncate_at is None
        and arm.source == other.source
    )


def is_truncated_and_whole(arm, other):
    """A truncated pretrained network and the whole one."""
    return (
        arm.model == other.model
        and arm.truncate_at is not None
        and other.truncate_at is None
        and arm.scheme == other.scheme == PRETRAINED
        and arm.source == other.source
    )
