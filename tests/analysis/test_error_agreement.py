"""Tables of agreement from predictions that are made up, and their figures."""

import dataclasses

import numpy as np
import pytest

from transfusion_tf import tables
from transfusion_tf.analysis import auc_table, error_agreement
from transfusion_tf.metrics import agreement as metric
from transfusion_tf.reporting.figures import agreement, disagreement, style
from transfusion_tf.runs.predictions import Predictions


def scored_run(name, labels, scores, *, task="multiclass"):
    """A ScoredRun of images a0, a1, ..., two of each patient."""
    labels, scores = np.asarray(labels), np.asarray(scores, np.float32)
    numbers = range(len(labels))
    return auc_table.ScoredRun(
        name=name,
        root=f"runs/{name}",
        data={"name": "eyes", "fingerprint": "f0", "task": task},
        config=None,
        split="test",
        classes=tuple(f"class {i}" for i in range(scores.shape[1])),
        predictions=Predictions(
            ids=np.array([f"a{i}" for i in numbers]),
            patients=np.array([f"p{i // 2}" for i in numbers]),
            labels=labels,
            scores=scores,
        ),
    )


def related_runs(count, *, num_labels=None):
    """Runs on 120 images, each of which is as hard for all of them."""
    rng = np.random.default_rng(0)
    if num_labels:
        labels = rng.integers(-1, 2, (120, num_labels))
        shared = 2.0 * (labels == 1) + rng.normal(size=labels.shape)
    else:
        labels = rng.integers(3, size=120)
        shared = 1.5 * np.eye(3)[labels] + rng.normal(size=(120, 3))
    task = "multilabel" if num_labels else "multiclass"
    return [
        scored_run(
            f"run{index}",
            labels,
            1 / (1 + np.exp(1 - shared - rng.normal(size=shared.shape))),
            task=task,
        )
        for index in range(count)
    ]


def changed(run, **arrays):
    return dataclasses.replace(
        run, predictions=dataclasses.replace(run.predictions, **arrays)
    )


def reordered(run, order):
    scored = run.predictions
    return changed(
        run,
        ids=scored.ids[order],
        patients=scored.patients[order],
        labels=scored.labels[order],
        scores=scored.scores[order],
    )


def table(rows, columns, tmp_path):
    """`rows` as they come back from a CSV."""
    return tables.read(
        tables.write(tmp_path / "table.csv", rows, columns=columns)
    )


def test_rows_by_hand():
    labels = [0, 0, 1, 1, 1]
    right, wrong = [[0.9, 0.1], [0.2, 0.8]], [[0.4, 0.6], [0.7, 0.3]]

    def scores(*is_right):
        return [
            (right if good else wrong)[label]
            for label, good in zip(labels, is_right, strict=True)
        ]

    first = scored_run("x", labels, scores(1, 1, 1, 0, 0))
    other = scored_run("y", labels, scores(1, 0, 1, 1, 0))
    rows, class_rows = error_agreement.rows([(first, other)])
    values = {row["measure"]: row["value"] for row in rows}
    assert values["agreement"] == values["equal_predictions"] == 0.6
    assert values["accuracy"] == values["other_accuracy"] == 0.6
    assert values["independence"] == pytest.approx(0.52)
    assert values["kappa"] == pytest.approx(0.08 / 0.48)
    assert rows[0] | {"value": 0, "low": 0, "high": 0} == {
        "run": "x",
        "other_run": "y",
        "dataset": "eyes",
        "split": "test",
        "of": "all classes",
        "measure": "agreement",
        "value": 0,
        "low": 0,
        "high": 0,
        "level": 0.95,
        "num_images": 5,
        "num_patients": 3,
        "note": "only 3 patients: the interval is too short",
    }
    found = [
        (row["true_class"], row["measure"], row["value"], row["num_images"])
        for row in class_rows
    ]
    assert found == [
        ("class 0", "one_right", 0.5, 2),
        ("class 0", "unequal_predictions", 0.5, 2),
        ("class 1", "one_right", pytest.approx(1 / 3), 3),
        ("class 1", "unequal_predictions", pytest.approx(1 / 3), 3),
    ]


def test_images_are_matched_by_id():
    first, other = related_runs(2)
    expected = error_agreement.rows([(first, other)])
    order = np.random.default_rng(1).permutation(120)
    assert error_agreement.rows([(first, reordered(other, order))]) == expected
    # Without their ids it would have been another result.
    swapped = changed(other, scores=other.predictions.scores[order])
    assert error_agreement.rows([(first, swapped)]) != expected


def test_a_row_for_each_label_without_its_missing_images():
    first, other = related_runs(2, num_labels=2)
    rows, class_rows = error_agreement.rows([(first, other)])
    labels = first.predictions.labels
    for index in (0, 1):
        own = [row for row in rows if row["of"] == f"class {index}"]
        assert [row["measure"] for row in own] == list(metric.PAIR_MEASURES)
        known = int((labels[:, index] != -1).sum())
        assert {row["num_images"] for row in own} == {known}
        assert known < 120
        counts = {
            row["true_class"]: row["num_images"]
            for row in class_rows
            if row["of"] == f"class {index}"
        }
        assert counts == {
            "negative": (labels[:, index] == 0).sum(),
            "positive": (labels[:, index] == 1).sum(),
        }


def test_unknown_patients_leave_images_as_units():
    first, other = (changed(run, patients=None) for run in related_runs(2))
    rows, _ = error_agreement.rows([(first, other)])
    assert {row["num_patients"] for row in rows} == {None}


def test_the_same_predictions_twice_are_noted():
    (run,) = related_runs(1)
    rows, _ = error_agreement.rows([(run, run)])
    (kappa,) = (row for row in rows if row["measure"] == "kappa")
    assert kappa["value"] == 1
    assert kappa["note"].startswith("equal scores: the same predictions twice")


def test_pairs_are_those_of_one_data_set():
    runs = related_runs(4)
    assert error_agreement.comparable_pairs(runs[:2]) == ([tuple(runs[:2])], "")
    runs[3] = dataclasses.replace(runs[3], data={"fingerprint": "f1"})
    pairs, message = error_agreement.comparable_pairs(runs)
    assert [(a.name, b.name) for a, b in pairs] == [
        ("run0", "run1"),
        ("run0", "run2"),
        ("run1", "run2"),
    ]
    assert "3 of 6 pairs left out" in message
    pairs, message = error_agreement.comparable_pairs(runs[2:])
    assert not pairs and "no two of the runs are on the same data" in message
    pairs, message = error_agreement.comparable_pairs(runs[:1])
    assert not pairs and message.endswith("it takes two runs.")


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda run: reordered(run, np.arange(119)),
            "different images of test: 120 and 119, 1 of them in one only, "
            "e.g. a119;",
        ),
        (
            lambda run: changed(run, labels=2 - run.predictions.labels),
            "other labels for the same images",
        ),
        (
            lambda run: changed(run, patients=None),
            "other patients for the same images",
        ),
        (
            lambda run: reordered(run, np.arange(120) // 2),
            "predictions of test in runs/run1 have the id a0 twice",
        ),
        (
            lambda run: dataclasses.replace(run, classes=("no", "a", "b")),
            r"no, a, b \(test\)",
        ),
        (
            lambda run: dataclasses.replace(run, split="val"),
            r"class 2 \(val\)",
        ),
    ],
)
def test_what_cannot_be_matched_is_refused(change, message):
    first, other = related_runs(2)
    with pytest.raises(ValueError, match=message):
        error_agreement.rows([(first, change(other))])


@pytest.mark.parametrize(
    "runs, num_labels, sections, is_matrix",
    [
        (2, None, 1, False),
        (6, None, 1, False),
        (7, None, 1, True),
        (3, 2, 2, False),
        (10, 2, 2, True),
    ],
)
def test_figures(runs, num_labels, sections, is_matrix, tmp_path):
    pairs, _ = error_agreement.comparable_pairs(
        related_runs(runs, num_labels=num_labels)
    )
    rows, class_rows = error_agreement.rows(pairs, num_resamples=100)
    drawn = agreement.draw(table(rows, error_agreement.COLUMNS, tmp_path))
    panels = [axes for axes in drawn.axes if axes.get_label() != "<colorbar>"]
    assert len(panels) == 2 * sections
    names = [label.get_text() for label in panels[0].get_yticklabels()]
    if is_matrix:
        assert names == [f"run{i}  {i + 1}" for i in range(runs)]
        (image,) = panels[0].images
        square = np.ma.filled(image.get_array(), np.nan)
        assert square[1, 0] == rows[0]["value"]
        assert square[0, 1] == rows[1]["value"]
        assert rows[1]["measure"] == "independence"
    else:
        assert names == [f"{a.name}\n{b.name}" for a, b in pairs]
    assert style.save(drawn, tmp_path / "agreement.png").is_file()
    by_class = table(class_rows, error_agreement.CLASS_COLUMNS, tmp_path)
    drawn = disagreement.draw(by_class)
    assert len(drawn.axes) == 2 * sections
    explained = drawn.axes[-1].get_xlabel().endswith("(bars: 95% intervals)")
    assert explained == (len(pairs) <= 6)  # Of more no bars are drawn.
    assert style.save(drawn, tmp_path / "by_class.png").is_file()


@pytest.mark.parametrize("runs", [2, 7])
def test_undefined_values_are_drawn(runs, tmp_path):
    always_right = [
        scored_run(f"run{i}", [0] * 40, [[0.9 - i / 100, 0.1]] * 40)
        for i in range(runs)
    ]
    pairs, _ = error_agreement.comparable_pairs(always_right)
    rows, class_rows = error_agreement.rows(pairs, num_resamples=100)
    undefined = [row for row in rows if row["value"] is None]
    assert {row["measure"] for row in undefined} == {"kappa"}
    drawn = agreement.draw(table(rows, error_agreement.COLUMNS, tmp_path))
    assert style.save(drawn, tmp_path / "agreement.png").is_file()
    by_class = table(class_rows, error_agreement.CLASS_COLUMNS, tmp_path)
    drawn = disagreement.draw(by_class)
    assert style.save(drawn, tmp_path / "by_class.png").is_file()
