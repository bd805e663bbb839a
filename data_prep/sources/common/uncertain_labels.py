"""What becomes of labels that are uncertain, or that nothing was said of.

CheXpert's labels were read from reports: positive, negative, uncertain, or
blank where the report does not speak of them. Irvin et al. 2019
(arXiv:1901.07031, section 3) compare ways to train with the uncertain ones:
  ignore      U-Ignore: missing, it takes no part in the loss
  zeros       U-Zeros: negative
  ones        U-Ones: positive
  multiclass  U-MultiClass: a class of its own beside negative and positive
Blanks are a question by themselves: its authors take them as negative, others
as missing.

U-MultiClass makes three classes of one label. Records have one set of classes,
so it is for one label at a time, as a multiclass task.
"""

import collections.abc
import dataclasses

import numpy as np

from transfusion_tf import names

UNCERTAIN = ("ignore", "zeros", "ones", "multiclass")
BLANK = ("negative", "missing")
# States of a label; the order is free.
STATES = ("negative", "positive", "uncertain", "unmentioned")
CLASSES = ("negative", "uncertain", "positive")  # Of U-MultiClass.
_VALUES = {"ignore": -1, "zeros": 0, "ones": 1}
_BLANK_VALUES = {"negative": 0, "missing": -1}


@dataclasses.dataclass(frozen=True)
class Policy:
    """What becomes of the labels of a data set.

    Attributes:
        uncertain: {label: one of UNCERTAIN}, in the order of the labels.
        blank: one of BLANK, for all labels.
    """

    uncertain: collections.abc.Mapping
    blank: str

    @property
    def task(self):
        """The task kind of the records."""
        several = "multiclass" not in self.uncertain.values()
        return "multilabel" if several else "multiclass"

    @property
    def classes(self):
        """The names of the labels; of U-MultiClass those of its classes."""
        is_one = self.task == "multiclass"
        return CLASSES if is_one else tuple(self.uncertain)

    def columns(self, states):
        """Returns a manifest's columns of labels, and which rows have one.

        Args:
            states: indices into STATES, (N, number of labels).

        Returns:
            {column: (N,)}: int8 1, 0 and -1 (missing) for each label, or the
            column `label` with text; and bool (N,).
        """
        if self.task == "multiclass":
            return self._classes_of(states[:, 0])
        values = np.stack(
            [
                self._values(way)[column]
                for way, column in zip(
                    self.uncertain.values(), states.T, strict=True
                )
            ],
            axis=1,
        )
        columns = dict(zip(self.uncertain, values.T, strict=True))
        return columns, (values != -1).any(axis=1)

    def _values(self, way):
        """Returns int8 (4,), the value of each of STATES."""
        of_state = {
            "negative": 0,
            "positive": 1,
            "uncertain": _VALUES[way],
            "unmentioned": _BLANK_VALUES[self.blank],
        }
        return np.array([of_state[state] for state in STATES], np.int8)

    def _classes_of(self, states):
        blank = "negative" if self.blank == "negative" else ""
        names_ = [blank if s == "unmentioned" else s for s in STATES]
        labels = np.array(names_)[states]
        return {"label": labels}, labels != ""

    def for_card(self):
        """Returns what the data card says of it."""
        return {"uncertain": dict(self.uncertain), "blank": self.blank}


def policy(labels, uncertain=None, blank="negative"):
    """Returns the Policy for `labels`.

    Args:
        labels: names of the labels that are taken, in order.
        uncertain: texts, each one of UNCERTAIN, for all labels, or
            `LABEL:WAY`, for one; None: all are ignored.
        blank: one of BLANK.

    Raises:
        ValueError: an unknown way or label, several ways for the same label,
            or multiclass for one of several labels.
    """
    names.check("value of --blank", blank, BLANK)
    ways = {}
    for item in uncertain or ():
        label, colon, way = item.rpartition(":")
        names.check("way in --uncertain", way, UNCERTAIN)
        if colon and label not in labels:
            raise ValueError(
                f"--uncertain has a way for {label!r}; the labels that are "
                f"taken are {', '.join(labels)}."
            )
        if label in ways:
            raise ValueError(
                f"--uncertain has two ways for {label or 'all labels'}: "
                f"{ways[label]} and {way}."
            )
        ways[label] = way
    default = ways.get("", "ignore")
    chosen = {label: ways.get(label, default) for label in labels}
    if "multiclass" in chosen.values() and len(chosen) > 1:
        raise ValueError(
            "--uncertain=multiclass makes three classes of one label, and "
            f"there are {len(chosen)}: {', '.join(chosen)}. Name one with "
            "--classes=LABEL."
        )
    return Policy(chosen, blank)
