"""Tests of the audit for leakage, against every pair looked at by itself."""

import itertools
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from transfusion_tf.audit import audit, contact_sheet
from transfusion_tf.images import fingerprints

PLACES = {"train": 0, "val": 1, "test": 2}


def make_facts(rows, **columns):
    """Facts from strings "split pixels perceptual [label [patient]]"."""
    table = pd.DataFrame(
        [(row.split() + ["cat", "p"])[:5] for row in rows],
        columns=["split", "pixels", "perceptual", "label", "patient"],
    )
    table["perceptual"] = [int(text, 2) for text in table["perceptual"]]
    table["perceptual"] = table["perceptual"].astype(np.uint64)
    table["id"] = [f"{i:016x}" for i in range(len(table))]
    return table.assign(**columns)


def random_facts(count=120, *, seed=0):
    """Facts with many repeats and neighbours."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(count // 2, size=count)
    cell = pixels % (count // 4)  # Two groups of pixels in each.
    hashes = rng.integers(2**64, size=count // 4, dtype=np.uint64)
    for i in range(1, len(hashes), 2):
        for bit in rng.integers(64, size=rng.integers(1, 8)).tolist():
            hashes[i] = hashes[i - 1] ^ np.uint64(1 << bit)
    return pd.DataFrame(
        {
            "id": [f"{i:04x}" for i in rng.permutation(count)],
            "split": rng.choice(list(PLACES), count, p=[0.6, 0.2, 0.2]),
            "label": rng.choice(["cat", "dog"], count),
            "patient": rng.integers(count // 2, size=count).astype(str),
            "pixels": [f"{i:032x}" for i in pixels],
            "perceptual": hashes[cell],
        }
    )


def by_brute_force(facts, distance):
    """The rows of audit.csv with "drop", from every pair of images."""
    rows = []
    for pair in itertools.combinations(facts.to_dict("records"), 2):
        a, b = sorted(pair, key=lambda i: (PLACES[i["split"]], i["id"]))
        bits = (int(a["perceptual"]) ^ int(b["perceptual"])).bit_count()
        exact = a["pixels"] == b["pixels"]
        if not exact and bits > distance:
            continue
        across = a["split"] != b["split"]
        row = ["exact" if exact else "near", bits]
        row += [a[c] for c in ("id", "split", "label")]
        row += [b[c] for c in ("id", "split", "label")]
        row += [a["label"] == b["label"], a["patient"] == b["patient"]]
        row += ["dropped" if exact and across else "listed"]
        rows.append(((not exact, not across, bits, a["id"], b["id"]), row))
    return [row for _, row in sorted(rows)]


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


def test_without_patients_nothing_is_said_of_them(tmp_path):
    facts = make_facts(["train a 0", "test a 0", "train b 1"])
    found = audit.audit(facts.drop(columns="patient"))
    assert found.summary["patients_in_common"] is None
    audit.write(found, tmp_path, lambda _: np.zeros((2, 2), np.uint8))
    header, first, *_ = (tmp_path / audit.TABLE).read_text().splitlines()
    assert header == ",".join(found.pairs.columns)
    assert first == (
        f"exact,0,{0:016x},train,cat,{1:016x},test,cat,True,n/a,dropped"
    )


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
    began = time.monotonic()
    found = audit.audit(facts, on_leak="report", max_pairs=1_000)
    assert time.monotonic() - began < 10  # Of 1,250 million pairs.
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


def make_images(count=4):
    """{id: image}, of different sizes, depths and channels."""
    rng = np.random.default_rng(0)
    shapes = [(28, 28), (90, 400), (600, 300, 3), (64, 64)]
    images = {}
    for i in range(count):
        image = rng.integers(0, 256, shapes[i % 4]).astype(np.uint8)
        images[f"{i:016x}"] = image * np.uint16(16) if i % 4 == 3 else image
    return images


def test_write_shows_the_first_pairs(tmp_path):
    images = make_images()
    facts = pd.DataFrame(
        {
            "id": list(images) + ["f" * 16],
            "split": ["train", "val", "test", "train", "val"],
            "label": "a label that is far too long for its place here",
            "pixels": [fingerprints.pixel_hash(p) for p in images.values()]
            + [fingerprints.pixel_hash(images["0" * 16])],
            "perceptual": np.zeros(5, np.uint64),
        }
    )
    images["f" * 16] = images["0" * 16]
    found = audit.audit(facts)
    audit.write(found, tmp_path, images.__getitem__)
    assert {p.name for p in tmp_path.iterdir()} == {"audit.csv", "audit.png"}
    assert len((tmp_path / "audit.csv").read_text().splitlines()) == 11
    sheet = np.asarray(Image.open(tmp_path / "audit.png"))
    audit.write(found, tmp_path, images.__getitem__)
    again = np.asarray(Image.open(tmp_path / "audit.png"))
    np.testing.assert_array_equal(sheet, again)
    # The first pair: the same 28 x 28 image twice, each pixel enlarged.
    side = contact_sheet.SIDE
    y, x = contact_sheet.place_of(0)
    left = sheet[y : y + side, x : x + side]
    right = sheet[y : y + side, x + side + 8 : x + 2 * side + 8]
    np.testing.assert_array_equal(left, right)
    assert set(np.unique(left)) == set(np.unique(images["0" * 16]))


def test_only_the_images_of_the_sheet_are_asked_for(tmp_path):
    facts = random_facts(400)
    asked = []

    def image_of(image_id):
        asked.append(image_id)
        return np.zeros((4, 4), np.uint8)

    audit.write(audit.audit(facts), tmp_path, image_of)
    assert len(asked) == 2 * contact_sheet.MOST


def test_no_pairs_is_a_table_and_a_sheet_all_the_same(tmp_path):
    found = audit.audit(make_facts(["train a 0", "test b 111111"]))
    audit.write(found, tmp_path, None)
    assert (tmp_path / "audit.csv").read_text().count("\n") == 1
    with Image.open(tmp_path / "audit.png") as sheet:
        assert sheet.width > 400


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
