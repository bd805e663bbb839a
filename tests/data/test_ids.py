"""Tests of ids, opaque patients and the choice of shards."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.data import ids


def make_table():
    """Two hashes of one image and one of three."""
    return pd.DataFrame(
        {
            "image": ["1.png", "2.png", "3.png", "4.png", "5.png"],
            "hash": np.array([0xCC, 0xBB, 0xAA, 0xBB, 0xBB], np.uint64),
            "label": ["x", "y", "x", "x", "x"],
            "patient": ["Ann", "Ann", "Bob", "Bob", "Cyd"],
        }
    )


def test_ids_of_identical_images_are_numbered():
    table = ids.assign(make_table()).set_index("image")
    # In the order of label, patient, image.
    assert table["id"].to_dict() == {
        "3.png": "00000000000000aa",
        "4.png": "00000000000000bb",
        "5.png": "00000000000000bb-2",
        "2.png": "00000000000000bb-3",
        "1.png": "00000000000000cc",
    }


def test_a_patient_is_the_smallest_id_of_his_or_her_images():
    table = ids.assign(make_table()).set_index("image")
    assert table["patient"].to_dict() == {
        "1.png": "00000000000000bb-3",
        "2.png": "00000000000000bb-3",
        "3.png": "00000000000000aa",
        "4.png": "00000000000000aa",
        "5.png": "00000000000000bb-2",
    }


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_rows_does_not_matter(seed):
    table = make_table()
    order = np.random.default_rng(seed).permutation(len(table))
    shuffled = ids.assign(table.iloc[order])
    # The index tells where a row was.
    assert (
        table["image"].iloc[order[shuffled.index]]
        == shuffled["image"].to_numpy()
    ).all()
    pd.testing.assert_frame_equal(
        shuffled.reset_index(drop=True),
        ids.assign(table).reset_index(drop=True),
    )


def test_equal_rows_are_interchangeable():
    table = make_table().assign(label="x", patient="Ann")
    renamed = table.assign(
        image=table["image"].to_numpy()[::-1], hash=table["hash"].to_numpy()
    )
    columns = ["id", "label", "patient"]
    pd.testing.assert_frame_equal(
        ids.assign(table)[columns].reset_index(drop=True),
        ids.assign(renamed)[columns].reset_index(drop=True),
    )


def test_many_repeats_stand_in_the_order_of_their_ids():
    table = pd.DataFrame({"image": range(12), "hash": np.uint64(5)})
    assigned = ids.assign(table)
    assert assigned["id"].is_unique and assigned["id"].is_monotonic_increasing
    assert assigned["id"].iloc[1] == "0000000000000005-10"


def test_keyed_patients_are_beginnings_of_hmacs():
    # RFC 4231, test case 2.
    assert (
        ids.keyed("what do ya want for nothing?", b"Jefe") == "5bdcc146bf60754e"
    )
    assert ids.keyed(7, b"Jefe") == ids.keyed("7", b"Jefe")
    assert ids.keyed("7", b"jefe") != ids.keyed("7", b"Jefe")


@pytest.mark.parametrize(
    "examples, megabytes, shards",
    [
        (1, 0, 1),
        (999, 1, 1),
        (1_499, 1, 1),
        (1_501, 1, 2),
        (4_708, 4, 5),
        (45_000, 45, 45),
        # Few large images.
        (200, 17, 1),
        (200, 300, 17),
        (10, 300, 10),
        (1, 300, 1),
        # Many: no crumbs.
        (20_000, 30_000, 64),
        (1_000_000, 1_500_000, 1_000),
    ],
)
def test_about_a_thousand_examples_a_shard_or_fewer_large_ones(
    examples, megabytes, shards
):
    assert ids.num_shards(examples, megabytes * 10**6) == shards
    # The same for what tables hold, NumPy's integers.
    counts = np.array([examples, megabytes * 10**6])
    assert ids.num_shards(*counts) == shards
    hashes = np.array([7, 2**63], np.uint64)
    assert ids.shard_starts(hashes, np.int64(2)).tolist() == [0, 1, 2]


def test_shards_are_equal_ranges_of_hashes():
    hashes = np.array(
        [
            0,
            0x3FFFFFFFFFFFFFFF,
            0x4000000000000000,
            0xBFFFFFFFFFFFFFFF,
            0xC000000000000000,
            0xFFFFFFFFFFFFFFFF,
        ],
        np.uint64,
    )
    assert ids.shard_starts(hashes, 4).tolist() == [0, 2, 3, 4, 6]
    assert ids.shard_starts(hashes, 1).tolist() == [0, 6]
    assert ids.shard_starts(hashes[2:3], 4).tolist() == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("count", [1, 3, 7, 64, 1_000])
def test_starts_of_shards_agree_with_their_definition(count):
    hashes = np.sort(
        np.random.default_rng(count).integers(0, 2**64, 500, np.uint64)
    )
    starts = ids.shard_starts(hashes, count)
    for place, content in enumerate(hashes.tolist()):
        shard = content * count >> 64
        assert starts[shard] <= place < starts[shard + 1]
