"""Tests of ids, opaque patients and the choice of shards."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.data import ids


def test_hash_of_a_file_is_the_beginning_of_its_sha256():
    assert ids.content_hash(b"abc") == "ba7816bf8f01cfea"  # FIPS 180-2, B.1.


def test_hash_of_an_array_is_that_of_its_values():
    array = np.arange(12, dtype=np.uint16).reshape(3, 4)
    expected = hashlib.sha256(bytes(sum(([i, 0] for i in range(12)), [])))
    assert ids.content_hash(array) == expected.hexdigest()[:16]
    assert ids.content_hash(array[::2]) == ids.content_hash(array[::2].copy())


def make_table():
    """Two hashes of one image and one of three; two patients share `bb`."""
    return pd.DataFrame(
        {
            "image": ["1.png", "2.png", "3.png", "4.png", "5.png"],
            "hash": ["cc", "bb", "aa", "bb", "bb"],
            "label": ["x", "y", "x", "x", "x"],
            "patient": ["Ann", "Ann", "Bob", "Bob", "Cyd"],
        }
    )


def test_ids_of_identical_images_are_numbered():
    table = ids.assign(make_table()).set_index("image")
    # In the order of label, patient, image.
    assert table["id"].to_dict() == {
        "3.png": "aa",
        "4.png": "bb",
        "5.png": "bb-2",
        "2.png": "bb-3",
        "1.png": "cc",
    }


def test_a_patient_is_the_smallest_id_of_his_or_her_images():
    table = ids.assign(make_table()).set_index("image")
    assert table["patient"].to_dict() == {
        "1.png": "bb-3",
        "2.png": "bb-3",
        "3.png": "aa",
        "4.png": "aa",
        "5.png": "bb-2",
    }


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_rows_does_not_matter(seed):
    shuffled = make_table().sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(
        ids.assign(shuffled), ids.assign(make_table())
    )


def test_equal_rows_are_interchangeable():
    table = make_table().assign(label="x", patient="Ann")
    renamed = table.assign(
        image=table["image"].to_numpy()[::-1], hash=table["hash"].to_numpy()
    )
    columns = ["id", "label", "patient"]
    pd.testing.assert_frame_equal(
        ids.assign(table)[columns], ids.assign(renamed)[columns]
    )


@pytest.mark.parametrize(
    "examples, shards",
    [(1, 1), (999, 1), (1_499, 1), (1_501, 2), (4_708, 5), (45_000, 45)],
)
def test_about_a_thousand_examples_a_shard(examples, shards):
    assert ids.num_shards(examples) == shards


def test_shards_are_equal_ranges_of_hashes():
    quarters = [
        "0000000000000000",
        "3fffffffffffffff",
        "4000000000000000",
        "bfffffffffffffff",
        "c000000000000000",
        "ffffffffffffffff-2",
    ]
    assert [ids.shard_of(i, 4) for i in quarters] == [0, 0, 1, 2, 3, 3]
    assert {ids.shard_of(i, 1) for i in quarters} == {0}
