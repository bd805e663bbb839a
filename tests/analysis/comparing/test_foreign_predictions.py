"""Files of other tools: read, compared, or refused in one line."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.analysis.comparing import run_comparison
from transfusion_tf.metrics import paired_auc


@pytest.fixture
def tables():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 40)
    common = rng.normal(size=80) + labels
    return [
        pd.DataFrame(
            {
                "id": [f"image {i}" for i in range(80)],
                "patient": [f"p{i // 2}" for i in range(80)],
                "label": labels,
                # Logits, far outside [0, 1].
                "score": 100 * (common + rng.normal(size=80)),
            }
        )
        for _ in range(2)
    ]


def write(folder, tables, names=("ours", "theirs")):
    paths = [folder / f"{name}.csv" for name in names]
    for path, table in zip(paths, tables, strict=True):
        table.to_csv(path, index=False)
    return paths


def test_files_are_compared_by_patient_in_any_order(tmp_path, tables):
    shuffled = tables[1].sample(frac=1, random_state=0)
    paths = write(tmp_path, [tables[0], shuffled])
    (row,) = run_comparison.compare_predictions(paths).rows
    expected = paired_auc.paired(
        tables[0]["label"],
        tables[0]["score"],
        tables[1]["score"],
        tables[0]["patient"].to_numpy(str),
    )
    assert (row["arm"], row["reference"]) == ("theirs", "ours")
    assert row["difference"] == pytest.approx(expected.value, abs=1e-12)
    assert (row["low"], row["p_value"]) == pytest.approx(
        (expected.low, expected.p_value)
    )
    assert row["num_patients"] == 40
    turned = run_comparison.compare_predictions(paths, reference="theirs")
    assert turned.rows[0]["difference"] == -row["difference"]


def test_without_patients_images_are_the_unit(tmp_path, tables):
    paths = write(tmp_path, [t.drop(columns="patient") for t in tables])
    (row,) = run_comparison.compare_predictions(paths).rows
    assert (row["num_images"], row["num_patients"]) == (80, None)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda t: t.drop(columns="score"), r"lacks the column\(s\) score"),
        (lambda t: t.assign(label=2), "row 2: label must be 0 or 1"),
        (lambda t: t.assign(score="high"), "row 2: score must be a finite"),
        (lambda t: t.assign(id="same"), "has the id same twice"),
        (lambda t: t.iloc[1:], "different images: 80 and 79, 1 of them"),
        (lambda t: t.assign(label=1 - t["label"]), "another label for the"),
        (lambda t: t.assign(patient="p0"), "another patient for the same"),
        (lambda t: t.drop(columns="patient"), "another patient for the same"),
    ],
)
def test_bad_files_are_refused(tmp_path, tables, change, message):
    paths = write(tmp_path, [tables[0], change(tables[1])])
    with pytest.raises(ValueError, match=message):
        run_comparison.compare_predictions(paths)


def test_one_file_is_no_comparison(tmp_path, tables):
    (path,) = write(tmp_path, tables[:1], names=["a"])
    for paths in ([path], [path, path]):
        with pytest.raises(ValueError, match="two files or more|twice"):
            run_comparison.compare_predictions(paths)
