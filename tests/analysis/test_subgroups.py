"""Subgroups of runs with known predictions."""

import dataclasses

import numpy as np
import pytest
from sklearn import metrics

from tests.reporting.arm_trees import make_run
from transfusion_tf import tables
from transfusion_tf.analysis import auc_table, label_associations, subgroups
from transfusion_tf.analysis.comparing import foreign_predictions
from transfusion_tf.metrics import auc
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.figures import subgroups as figures

SITES = np.array(["A", "B", "B"] * 40)


def with_extra(run, **extra):
    scored = dataclasses.replace(run.predictions, extra=extra)
    return dataclasses.replace(run, predictions=scored)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    patients = np.array([f"p{i // 2}" for i in range(120)])
    roots = [
        make_run(root / "two", seed=0, signal=1.0, patients=patients),
        make_run(root / "grades", seed=1, signal=1.0, task="ordinal"),
    ]
    return [
        with_extra(run, site=SITES) for run in auc_table.load(roots, "test")
    ]


@pytest.fixture(scope="module")
def found(loaded):
    return subgroups.run(loaded, ["site"])


def rows_of(table, **where):
    for column, wanted in where.items():
        table = table[table[column] == wanted]
    return table


def test_each_group_has_the_auc_of_its_images(found, loaded):
    table = found["subgroups"]
    assert tuple(table.columns) == subgroups.COLUMNS
    scored = loaded[0].predictions
    for group in ("A", "B"):
        inside = SITES == group
        (row,) = rows_of(table, run="two", group=group).to_dict("records")
        alone = auc.delong(
            scored.labels[inside],
            scored.scores[inside, 1],
            scored.patients[inside],
        )
        assert (row["value"], row["low"]) == (alone.value, alone.low)
        assert row["value"] == pytest.approx(
            metrics.roc_auc_score(
                scored.labels[inside], scored.scores[inside, 1]
            )
        )
        assert row["num_images"] == inside.sum()
        assert row["num_positive"] == scored.labels[inside].sum()
    (whole,) = rows_of(table, run="two", group="all images").to_dict("records")
    (known,) = auc_table.auc_rows_of(loaded[:1])
    assert whole["value"] == known["value"]


def test_grades_have_a_row_for_each_threshold_and_their_mean(found):
    rows = rows_of(found["subgroups"], run="grades", group="A")
    assert list(rows["auc_of"]) == [">=mild", ">=severe", "mean"]
    assert rows["num_patients"].isna().all()


def test_a_group_is_compared_with_the_largest(found):
    table = found["subgroup_differences"]
    assert tuple(table.columns) == subgroups.DIFFERENCE_COLUMNS
    (row,) = rows_of(table, run="two").to_dict("records")
    assert (row["group"], row["other_group"]) == ("A", "B")
    values = {
        group: rows_of(found["subgroups"], run="two", group=group).iloc[0]
        for group in ("A", "B")
    }
    assert row["difference"] == pytest.approx(
        values["A"]["value"] - values["B"]["value"]
    )
    assert row["low"] < row["difference"] < row["high"]
    # Pairs (0, 1) (2, 3) (4, 5): two of three patients are in both groups.
    assert row["num_shared_patients"] == 40
    grades = rows_of(table, run="grades")
    assert len(grades) == 2 and (grades["num_shared_patients"] == 0).all()
    assert (grades["p_adjusted"] >= grades["p_value"]).all()


def test_a_group_of_one_class_says_why_it_has_no_auc(loaded, tmp_path):
    run = loaded[0]
    site = np.where(run.predictions.labels == 1, "", "B")
    site[:3] = "B"  # Three positives stay.
    found = subgroups.run([with_extra(run, site=site)], ["site"])
    by_group = found["subgroups"].set_index("group")
    assert np.isnan(by_group.loc["(empty)", "value"])
    assert "no negative image" in by_group.loc["(empty)", "note"]
    assert "only 2 positive patients: below 5" in by_group.loc["B", "note"]
    (row,) = found["subgroup_differences"].to_dict("records")
    assert np.isnan(row["difference"]) and "no negative" in row["note"]
    path = tables.write(tmp_path / "subgroups.csv", found["subgroups"])
    figure = figures.forest(tables.read(path))
    assert "hollow: see note" in figure.axes[-1].get_xlabel()
    (said,) = [text.get_text() for text in figure.axes[0].texts]
    assert said.startswith("n/a")


def test_one_group_has_no_difference(loaded):
    site = np.full(120, "A")
    found = subgroups.run([with_extra(loaded[0], site=site)], ["site"])
    assert len(found["subgroups"]) == 2
    assert not len(found["subgroup_differences"])


@pytest.mark.parametrize(
    "column, message",
    [
        ("sex", "no such column; they have site, age. Those of runs"),
        ("age", "--subgroups=age: the column has 120 values"),
    ],
)
def test_columns_that_make_no_groups(loaded, column, message):
    run = with_extra(loaded[0], site=SITES, age=np.arange(120).astype(str))
    with pytest.raises(ValueError, match=message):
        subgroups.run([run], [column])


def test_the_figure_has_a_panel_for_each_column_and_question(found, tmp_path):
    path = tables.write(tmp_path / "subgroups.csv", found["subgroups"])
    figure = figures.forest(tables.read(path))
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == [
        "eyes, test: AUC of yes by site",
        "eyes, test: AUC of >=mild by site",
        "eyes, test: AUC of >=severe by site",
        "eyes, test: AUC of mean by site",
    ]
    ticks = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert ticks[0] == "all images\n120 images of 60 patients, 60 positive"
    assert style.save(figure, tmp_path / "subgroups.png").is_file()


def test_associations_are_those_of_the_data_and_not_of_each_run(loaded):
    run = loaded[0]
    tells = np.where(run.predictions.labels == 1, "A", "B")
    runs = [with_extra(run, site=tells, order=SITES)] * 2
    table, sentences = label_associations.run(runs)
    assert tuple(table.columns) == label_associations.COLUMNS
    assert list(table["column"]) == ["site", "order"]
    assert list(table["tells_label"]) == [True, False]
    assert table["auc"][0] == 1 and table["unit"][0] == "patient"
    assert len(sentences) == 1 and "30 of 30 patients with" in sentences[0]
    plain, nothing = label_associations.run([with_extra(run)])
    assert not len(plain) and nothing == []


def test_files_of_other_tools_have_subgroups(tmp_path):
    path = tmp_path / "theirs.csv"
    rows = [f"i{i},{i % 2},{(7 * i) % 11},{i % 3},{i // 2}" for i in range(30)]
    path.write_text("\n".join(["id,label,score,ward,patient", *rows]))
    (run,) = foreign_predictions.scored_runs([path])
    found = subgroups.run([run], ["ward"])["subgroups"]
    assert list(found["group"]) == ["all images", "0", "1", "2"]
    labels, scores = np.arange(30) % 2, 7 * np.arange(30) % 11
    for group in range(3):
        inside = np.arange(30) % 3 == group
        assert found["value"][group + 1] == pytest.approx(
            metrics.roc_auc_score(labels[inside], scores[inside])
        )
    assert found["model"].isna().all() and (found["num_patients"][0]) == 15
    with pytest.raises(ValueError, match="twice; give it once"):
        foreign_predictions.scored_runs([path, path])
