"""Tests of what an audit says on the terminal."""

from transfusion_tf.reporting import audit_text

CLEAN = {
    "distance": 4,
    "distance_searched": 4,
    "patients_in_common": {},
    "exact_pairs": {},
    "near_pairs": {},
    "near_pairs_across_by_distance": {"0": 0, "1": 0, "2": 0},
    "near_dropped": {},
    "label_conflicts": {"groups": 0, "images": 0},
    "leaking": {},
    "pairs_listed": 0,
    "pairs_not_listed": 0,
}


def test_nothing_found():
    assert audit_text.lines(CLEAN) == [
        "patients in several splits: none",
        "identical pixels: no pairs",
        "near-duplicates (hash distance <= 4): no pairs",
        "near-duplicates across splits: none to hash distance 4",
    ]
    assert audit_text.verdict(CLEAN) == (
        "No identical pixels are in more than one split, and no patient."
    )


def test_everything_found():
    summary = CLEAN | {
        "distance_searched": 2,
        "patients_in_common": {"train-val": 1_200, "val-test": 3},
        "exact_pairs": {"train-train": 4, "train-val": 1_000},
        "near_pairs": {"test-test": 7},
        "label_conflicts": {"groups": 2, "images": 5},
        "leaking": {"train": 9, "val": 2},
        "pairs_listed": 10,
        "pairs_not_listed": 1_001,
    }
    text = "\n".join(audit_text.lines(summary))
    assert "patients in several splits: train-val 1,200, val-test 3" in text
    assert "identical pixels: 1,004 pairs (train-train 4, train-val 1,000)" in (
        text
    )
    assert "near-duplicates (hash distance <= 2): 7 pairs (test-test 7)" in text
    assert "under different labels: 5 in 2 groups" in text
    assert "too many images look alike to search to distance 4" in text
    assert "audit.csv lists 10 pairs and leaves out 1,001" in text
    assert audit_text.verdict(summary) == (
        "The splits leak: 9 train images have the pixels of val or test "
        "images; 2 val images have the pixels of test images; 1,200 patients "
        "are in train and val; 3 patients are in val and test."
    )


def test_near_duplicates_across_splits_are_counted_by_distance():
    counts = {"0": 1, "1": 0, "2": 1_020}
    summary = CLEAN | {"near_pairs_across_by_distance": counts}
    line = (
        "near-duplicates across splits, pairs by hash distance: 1 at 0, 1,020 "
        "at 2; copies or different people, look at audit.png"
    )
    assert audit_text.across(summary) == line
    assert line in audit_text.lines(summary)
    # It is no proof of a leak.
    assert audit_text.verdict(summary).startswith("No identical pixels are in")
    summary["near_dropped"] = {"train": 2, "val": 1}
    assert audit_text.across(summary) == (
        f"{line} (3 images of earlier splits are left out)"
    )
    assert audit_text.across({}) == "near-duplicates across splits: not counted"


def test_unknown_patients_are_not_called_clean():
    summary = CLEAN | {"patients_in_common": None}
    assert audit_text.lines(summary)[0].endswith("not known")
    assert audit_text.verdict(summary).endswith(
        "who the patients are is not known."
    )
