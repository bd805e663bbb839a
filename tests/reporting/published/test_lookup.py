"""Published values: against the authors' files, and what they must say."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.reporting.published import lookup
from transfusion_tf.reporting.published import table as published_table

# (model1, model2) of the pairs in the authors' files, {} being the data set.
PAIRS = {
    "imagenet_before_after": ("{}-ImageNet-freezeFalse", "ImageNet"),
    "radimagenet_before_after": ("{}-RadImageNet-freezeFalse", "RadImageNet"),
    "imagenet_radimagenet": (
        "{}-ImageNet-freezeFalse",
        "{}-RadImageNet-freezeFalse",
    ),
    "imagenet_radimagenet_start": ("ImageNet", "RadImageNet"),
    "random_random": ("random", "random"),
    "imagenet_random": ("{}-ImageNet-freezeFalse", "random"),
    "radimagenet_random": ("{}-RadImageNet-freezeFalse", "random"),
}
DATASETS = (
    "thyroid",
    "breast",
    "chest",
    "mammograms",
    "knee",
    "isic",
    "pcam-small",
)


@pytest.fixture(scope="module")
def results(shared):
    """The directory of the authors' result files."""
    return shared / "reference/revisiting_transfer_results"


def check(row, values, digits):
    """The published mean and standard deviation, to the printed digits."""
    tolerance = 0.51 * 10.0**-digits
    assert row["value"] == pytest.approx(values.mean(), abs=tolerance)
    assert row["spread"] == pytest.approx(values.std(), abs=tolerance)


@pytest.mark.parametrize("dataset", DATASETS)
def test_similarities_are_those_of_the_files(results, dataset):
    table = pd.read_csv(results / f"CCA_{dataset}.csv")
    rows = lookup.rows(quantity="cca", dataset=dataset)
    assert len(rows) == 7 * 5
    for row in rows.to_dict("records"):
        first, second = (name.format(dataset) for name in PAIRS[row["of"]])
        of = (table["model1"] == first) & (table["model2"] == second)
        assert of.sum() == 5
        check(row, table[of][row["at"]], 3)


def test_aucs_are_those_of_the_file(results):
    table = pd.read_csv(results / "AUC.csv")
    rows = lookup.rows(quantity="auc", network="resnet50")
    rows = rows[rows["dataset"].isin(DATASETS)]
    assert len(rows) == 7 * 5
    for row in rows.to_dict("records"):
        source, _, frozen = row["of"].partition("_")
        of = table["source"].str.lower() == source
        of &= table["freeze"] == f"freeze{bool(frozen)}"
        of &= table["target"] == row["dataset"]
        check(row, table[of]["AUC"], 3)


def test_agreements_are_those_of_the_file(results):
    table = pd.read_csv(results / "similarity.csv")
    rows = lookup.rows(quantity="error_agreement")
    assert len(rows) == 7 * 4
    for row in rows.to_dict("records"):
        what, _, frozen = row["of"].partition("_")
        of = table["prob"] == {"observed": "real", "independent": "rand"}[what]
        of &= table["freeze"] == f"freeze{bool(frozen)}"
        of &= table["target"] == row["dataset"]
        check(row, table[of]["value"], 3)


def test_every_number_has_a_source_and_a_confidence():
    rows = lookup.rows()
    assert tuple(rows.columns) == published_table.COLUMNS
    for column in ("source", "confidence", "protocol", "quantity", "network"):
        assert (rows[column] != "").all()
    assert set(rows["confidence"]) == {"T", "C"}
    assert set(rows["confidence"]) <= set(published_table.CONFIDENCE)
    assert rows["source"].str.contains("Raghu|Juodelyte").all()
    assert rows["value"].notna().all()
    place = ["quantity", "network", "dataset", "of", "at"]
    assert not rows.duplicated(place).any()


def test_spot_values_of_transfusion():
    def one(**wanted):
        (row,) = lookup.rows(**wanted).to_dict("records")
        return row

    top = one(quantity="cca_top_two", network="cbr_tiny", of="random_random")
    assert (top["value"], top["low"], top["high"]) == (0.3589, 0.3571, 0.36)
    auc = one(quantity="auc", dataset="chexpert", at="edema", of="pretrained")
    assert auc["value"] == pytest.approx(0.8889) and np.isnan(auc["spread"])
    assert auc["confidence"] == "T" and auc["source"].endswith("Table 2")
    auc = one(network="inception_v3", quantity="auc", of="random")
    assert (auc["value"], auc["spread"]) == pytest.approx((0.966, 0.0013))
    steps = one(dataset="retina", network="resnet50", at="0.91", of="mean_var")
    assert steps["value"] == 30200 and "digitised" in steps["protocol"]


def test_looking_up_what_is_not_there_lists_what_is():
    with pytest.raises(ValueError, match="network 'vgg'; known: resnet50, "):
        lookup.rows(network="vgg")
    with pytest.raises(ValueError, match="column 'paper'; known: quantity"):
        lookup.rows(paper=1)


def test_rows_can_be_changed_without_changing_the_next():
    changed = lookup.rows()
    changed["value"] = 0.0
    assert (lookup.rows()["value"] > 0).all()


def test_curves():
    table = lookup.curves(["chest:random_random"])
    assert list(table["value"]) == [0.579, 0.426, 0.413, 0.421, 0.416]
    assert list(table["stage"]) == list(published_table.STAGES)
    assert set(table["measure"]) == {"cca"}
    (label,) = set(table["label"])
    for text in ("chest", "random against random", "Juodelyte", "ResNet50"):
        assert text in label


def test_mean_over_the_data_sets():
    table = lookup.curves(["mean:imagenet_before_after"])
    expected = [0.890, 0.858, 0.754, 0.555, 0.327]
    np.testing.assert_allclose(table["value"], expected, atol=1e-3)
    assert "mean of 7" in table["label"][0]


def test_every_pair_and_data_set_can_be_drawn():
    known = [f"{of}:{pair}" for of in (*DATASETS, "mean") for pair in PAIRS]
    table = lookup.curves([*known, known[0]])
    assert len(table) == 5 * len(known)
    assert table["label"].nunique() == len(known)


@pytest.mark.parametrize(
    "name", ["chest", "chest:random", "retina:random_random", ""]
)
def test_unknown_curves_list_the_choices(name):
    with pytest.raises(ValueError, match=r"'; known: DATASET:PAIR") as caught:
        lookup.curves(["chest:random_random", name])
    for known in (*DATASETS, "mean", *PAIRS):
        assert known in str(caught.value)


def test_no_curves():
    assert lookup.curves([]).empty
    lookup.check_fit([], model="cbr_tiny", measures=["svcca"])


def test_other_stages_or_measures_do_not_fit():
    names = ["chest:random_random"]
    lookup.check_fit(names, model="resnet50", measures=["cca"])
    with pytest.raises(ValueError, match="with conv2, .* --published out"):
        lookup.check_fit(names, model="cbr_tiny", measures=["cca"])
    with pytest.raises(ValueError, match="only; .* Received: svcca"):
        lookup.check_fit(names, model="resnet50", measures=["svcca"])
