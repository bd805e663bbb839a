"""Tests of the audit for leakage, against every pair looked at by itself."""

import itertools
import time

import numpy as np
import pandas as pd
import pytest

from tests.audit.audit_facts import (
    PLACES,
    by_brute_force,
    make_facts,
    random_facts,
)
from transfusion_tf.audit import audit
from transfusion_tf.images import fingerprints


@pytest.mark.parametrize("distance", [0, 3, 6])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_pair_is_listed_in_order(distance, seed):
    facts = random_facts(seed=seed)
    found = audit.audit(facts, distance=distance)
    expected = by_brute_force(facts, distance)
    assert found.pairs.to_numpy().tolist() == expected
    kinds = {(row[0], row[1], row[3] != row[6]) for row in expected}
    assert len(kinds) >= (4 if not distance else 6)


def test_summary_counts_what_is_there():
    facts = random_facts()
    found = audit.audit(facts, distance=6)
    pairs, summary = found.pairs, found.summary
    for kind in ("exact", "near"):
        rows = pairs[pairs["kind"] == kind]
        splits = rows["split_a"] + "-" + rows["split_b"]
        assert summary[f"{kind}_pairs"] == splits.value_counts().to_dict()
    near = pairs[pairs["kind"] == "near"]["distance"].value_counts()
    assert summary["near_pairs_by_distance"] == {
        str(bits): near.get(bits, 0) for bits in range(7)
    }
    later = pairs[(pairs["split_a"] == "train") & (pairs["split_b"] != "train")]
    assert summary["train_images_like_later_ones"] == later["id_a"].nunique()
    groups = facts.groupby("pixels")
    assert summary["exact_groups"] == (groups.size() > 1).sum()
    mixed = groups["label"].nunique() > 1
    assert summary["label_conflicts"] == {
        "groups": mixed.sum(),
        "images": groups.size()[mixed].sum(),
    }
    sets = {s: set(rows["patient"]) for s, rows in facts.groupby("split")}
    assert summary["patients_in_common"] == {
        f"{a}-{b}": len(sets[a] & sets[b])
        for a, b in itertools.combinations(PLACES, 2)
    }
    dropped = facts[facts["id"].isin(found.dropped)]["split"].value_counts()
    assert summary["dropped"] == dropped.to_dict()
    assert summary["pairs_listed"] == len(pairs)
    assert summary["pairs_not_listed"] == 0
    assert summary["distance_searched"] == 6


def test_the_order_of_the_facts_does_not_matter():
    facts = random_facts()
    first = audit.audit(facts, max_pairs=40)
    again = audit.audit(facts.sample(frac=1, random_state=1), max_pairs=40)
    pd.testing.assert_frame_equal(first.pairs, again.pairs)
    assert (first.dropped, first.summary) == (again.dropped, again.summary)


def test_an_image_goes_whose_pixels_are_in_a_later_split():
    facts = make_facts(
        [
            "train a 0",  # Also in val and test.
            "val a 0",  # Also in test.
            "test a 0",
            "test a 0",
            "train b 1111111100000",  # Also in val.
            "train b 1111111100000",
            "val b 1111111100000",
            "train c 1111111100001",  # Only near.
            "val d 11111111000000000000000",
        ]
    )
    found = audit.audit(facts)
    assert found.dropped == [facts["id"][i] for i in (0, 1, 4, 5)]
    assert found.summary["dropped"] == {"train": 3, "val": 1}
    assert found.summary["near_pairs"] == {"train-train": 2, "train-val": 1}
    left = audit.audit(facts[~facts["id"].isin(found.dropped)])
    assert left.dropped == [] and left.summary["dropped"] == {}
    assert left.summary["exact_pairs"] == {"test-test": 1}


def test_report_drops_nothing_and_lists_the_same():
    facts = random_facts()
    dropped, reported = (
        audit.audit(facts, on_leak=how) for how in ("drop", "report")
    )
    assert dropped.dropped and not reported.dropped
    assert reported.summary["dropped"] == {}
    assert set(reported.pairs["action"]) == {"listed"}
    columns = [c for c in reported.pairs if c != "action"]
    pd.testing.assert_frame_equal(
        reported.pairs[columns], dropped.pairs[columns]
    )


@pytest.mark.parametrize(
    "rows, message",
    [
        (
            ["train a 0 cat p", "train a 0 cat p", "val a 0 cat q"],
            "2 train images have the pixels of val or test images. Draw them "
            "by patient.*--on_leak=drop.*--on_leak=report",
        ),
        (
            ["train a 0 cat p", "val b 0 cat q", "test b 0 cat q"],
            "1 val images have the pixels of test images; 1 patients are in "
            "val and test. ",
        ),
    ],
)
def test_error_says_what_leaks_and_what_to_do(rows, message):
    with pytest.raises(ValueError, match=message) as raised:
        audit.audit(make_facts(rows), on_leak="error")
    assert "\n" not in str(raised.value)


def test_error_lets_repeats_inside_splits_and_near_ones_pass():
    rows = ["train a 0 cat p", "train a 0 cat p", "val b 1 cat q"]
    found = audit.audit(make_facts(rows), on_leak="error")
    assert found.dropped == [] and len(found.pairs) == 3


def test_a_split_is_not_emptied():
    facts = make_facts(["train a 0", "val b 1", "val b 1", "test b 1"])
    with pytest.raises(ValueError, match="All 2 val images have.*none"):
        audit.audit(facts)
    assert len(audit.audit(facts, on_leak="report").pairs) == 6


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"on_leak": "ignore"}, "'ignore'; known: drop, report, error"),
        ({"distance": 65}, "0 to 64.*Received: distance=65"),
        ({"distance": -1}, "0 to 64"),
        ({"max_pairs": -1}, "max_pairs=-1"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        audit.audit(random_facts(), **settings)


def test_unknown_splits_are_refused():
    with pytest.raises(ValueError, match="train, val, test.*'dev'"):
        audit.audit(make_facts(["train a 0", "dev b 1"]))


@pytest.mark.parametrize("most", [0, 1, 30, 77, 10_000])
def test_a_list_that_is_cut_holds_the_first_kinds(most):
    facts = random_facts()
    whole = audit.audit(facts, distance=6)
    cut = audit.audit(facts, distance=6, max_pairs=most)
    number = len(whole.pairs)
    assert len(cut.pairs) == min(most, number)
    assert cut.summary["pairs_not_listed"] == max(0, number - most)
    counts = ("exact_pairs", "near_pairs", "near_pairs_by_distance", "dropped")
    for name in (*counts, "train_images_like_later_ones"):
        assert cut.summary[name] == whole.summary[name]
    assert cut.dropped == whole.dropped
    head = whole.pairs.head(most)
    for column in ("kind", "distance", "action"):
        assert cut.pairs[column].tolist() == head[column].tolist()
    rows = set(whole.pairs.itertuples(index=False, name=None))
    assert set(cut.pairs.itertuples(index=False, name=None)) <= rows
    assert not cut.pairs.duplicated().any()


@pytest.mark.parametrize("pixels", ["the same", "two kinds", "all different"])
def test_images_that_all_look_alike_take_no_time(pixels):
    number = 50_000
    kinds = {"the same": 1, "two kinds": 2, "all different": number}[pixels]
    groups = np.arange(number) % kinds
    facts = pd.DataFrame(
        {
            "id": [f"{i:016x}" for i in range(number)],
            "split": np.where(np.arange(number) % 10, "train", "test"),
            "label": "black",
            "pixels": [f"{i:032x}" for i in groups],
            "perceptual": np.zeros(number, np.uint64),
        }
    )
    began = time.process_time()  # Whatever else the machine does.
    found = audit.audit(facts, on_leak="report", max_pairs=1_000)
    assert time.process_time() - began < 10  # Of 1,250 million pairs.
    summary = found.summary
    counted = [
        sum(summary[f"{kind}_pairs"].values()) for kind in ("exact", "near")
    ]
    size = number // kinds
    exact = kinds * size * (size - 1) // 2
    assert counted == [exact, number * (number - 1) // 2 - exact]
    assert len(found.pairs) == 1_000
    assert summary["pairs_not_listed"] == sum(counted) - 1_000


def test_crowded_hashes_are_counted_in_full_and_listed_in_part():
    # 780 hashes that all differ in 2 or 4 bits; every tenth is in test.
    bits = np.uint64(1) << np.arange(40, dtype=np.uint64)
    hashes = np.array(
        [a | b for a, b in itertools.combinations(bits, 2)], np.uint64
    )
    facts = pd.DataFrame(
        {
            "id": [f"{i:016x}" for i in range(len(hashes))],
            "split": np.where(np.arange(len(hashes)) % 10, "train", "test"),
            "label": "cat",
            "pixels": [f"{i:032x}" for i in range(len(hashes))],
            "perceptual": hashes,
        }
    )
    found = audit.audit(facts, max_pairs=300)
    total = len(hashes) * (len(hashes) - 1) // 2
    by_distance = found.summary["near_pairs_by_distance"]
    assert by_distance["2"] == len(hashes) * 76 // 2
    assert by_distance["4"] == total - by_distance["2"]
    assert (found.pairs["distance"] == 2).all()
    assert (found.pairs["split_a"] != found.pairs["split_b"]).all()


def test_a_search_that_costs_too_much_is_told():
    facts = random_facts()
    found = audit.audit(facts, distance=6, max_comparisons=0)
    assert found.summary["distance"] == 6
    assert found.summary["distance_searched"] == 0
    assert found.pairs.to_numpy().tolist() == by_brute_force(facts, 0)


def test_pneumoniamnist(shared):
    archive = np.load(shared / "data" / "pneumoniamnist.npz")
    rows = [
        {
            "split": split,
            "label": str(label[0]),
            "pixels": fingerprints.pixel_hash(image),
            "perceptual": fingerprints.perceptual_hash(image),
        }
        for split in PLACES
        for image, label in zip(
            archive[f"{split}_images"], archive[f"{split}_labels"], strict=True
        )
    ]
    facts = pd.DataFrame(rows)
    facts["id"] = [f"{i:016x}" for i in facts.index]
    found = audit.audit(facts)
    assert found.summary["dropped"] == {"train": 10}
    dropped = found.pairs[found.pairs["action"] == "dropped"]
    assert dropped["id_b"].nunique() == 8
    assert set(dropped["split_b"]) == {"val"}
    assert found.summary["train_images_like_later_ones"] == 73
    at_8 = audit.audit(facts, distance=8).summary
    assert at_8["train_images_like_later_ones"] == 1_442
    assert at_8["dropped"] == {"train": 10}
