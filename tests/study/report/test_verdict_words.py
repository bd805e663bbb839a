"""Every verdict has a word and a mark of its own meaning."""

from transfusion_tf.reporting.html import render
from transfusion_tf.statistics import equivalence
from transfusion_tf.study.report import verdict_words


def test_every_verdict_has_a_mark():
    words = verdict_words.IN_WORDS
    assert words.keys() == set(equivalence.VERDICTS)
    marks = {
        verdict: verdict_words.MARKS[word] for verdict, word in words.items()
    }
    assert set(marks.values()) == set(render.MARKS)
    # Neither good nor bad: that the two do not differ.
    assert marks[equivalence.EQUIVALENT] == "same"
    assert marks[equivalence.CANNOT_TELL] == "open"
