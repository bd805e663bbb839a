"""Verdicts as the tables of a page show them: in words, with a mark."""

from transfusion_tf.statistics import equivalence

_MARKS = {
    equivalence.HELPS: "good",
    equivalence.HELPS_WITHIN_MARGIN: "good",
    equivalence.EQUIVALENT: "same",
    equivalence.HURTS: "bad",
    equivalence.HURTS_WITHIN_MARGIN: "bad",
    equivalence.CANNOT_TELL: "open",
}
IN_WORDS = {verdict: verdict.replace("_", " ") for verdict in _MARKS}
# `marks` of page.Table.
MARKS = {IN_WORDS[verdict]: mark for verdict, mark in _MARKS.items()}
