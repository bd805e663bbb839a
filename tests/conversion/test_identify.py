"""Tests of patients in the records: opaque, and linked by a salt if asked."""

import dataclasses
import hmac

import pytest

from tests import conversion_data
from tests.conversion_data import contents, examples, make_manifest
from transfusion_tf.conversion import convert as conversion
from transfusion_tf.data import records


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    with conversion_data.small_shards():
        yield


def convert(folder, salt, **changes):
    """The version directory and {id: (split, patient)} of its examples."""
    root = conversion.convert(
        make_manifest(**changes),
        folder,
        conversion.ConvertOptions(patient_salt=salt, on_leak="report"),
    )
    found = {
        example["id"].decode(): (split, example["patient"].decode())
        for split in ("train", "val", "test")
        for example in examples(root, split)
    }
    return root, found


@pytest.fixture(scope="module")
def salted(small_shards, tmp_path_factory):
    """What `convert` returns with a salt."""
    return convert(tmp_path_factory.mktemp("salted"), b"open sesame")


def test_patients_are_keyed_hashes_of_what_the_manifest_calls_them(salted):
    expected = {
        hmac.new(b"open sesame", b"DOE^JOHN %d" % i, "sha256").hexdigest()[:16]
        for i in range(20)
    }
    assert {patient for _, patient in salted[1].values()} == expected


def test_a_salt_changes_nothing_but_the_patients(salted, tmp_path):
    root, plain = convert(tmp_path, None)
    assert plain.keys() == salted[1].keys()
    renamed = {}
    for image_id, (split, patient) in plain.items():
        assert salted[1][image_id][0] == split
        assert (
            renamed.setdefault(patient, salted[1][image_id][1])
            == (salted[1][image_id][1])
        )
    assert len(set(renamed.values())) == len(renamed) == 20
    # Without a salt a patient is the smallest id of his or her images.
    for patient in renamed:
        assert patient == min(i for i, (_, p) in plain.items() if p == patient)
    cards = [records.read_card(path) for path in (root, salted[0])]
    assert cards[0].configuration != cards[1].configuration
    assert cards[0].splits == cards[1].splits


def test_the_salt_is_in_no_file_and_another_gives_another(salted, tmp_path):
    for path in salted[0].iterdir():
        data = path.read_bytes()
        assert b"sesame" not in data and b"DOE" not in data
        assert b"open sesame".hex().encode() not in data
    again, _ = convert(tmp_path / "a", b"open sesame")
    assert contents(again) == contents(salted[0])
    _, other = convert(tmp_path / "b", b"open sesame\n")
    mine = {patient for _, patient in salted[1].values()}
    assert not mine & {patient for _, patient in other.values()}
    with pytest.raises(ValueError, match="is there already"):
        convert(tmp_path / "b", b"open sesame")


@pytest.mark.parametrize(
    "salt, changes, message",
    [
        (b"", {}, "must be bytes, at least one. Received: none"),
        ("text", {}, "must be bytes, at least one. Received: str"),
        (b"salt", {"patients": False}, "patients, which are not known here"),
    ],
)
def test_salts_that_make_no_sense(salt, changes, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        conversion.convert(
            make_manifest(**changes),
            tmp_path / "out",
            conversion.ConvertOptions(patient_salt=salt),
        )
    assert list(tmp_path.iterdir()) == []


def test_other_columns_of_a_manifest_do_not_count(salted, tmp_path):
    manifest = make_manifest()
    table = manifest.table.assign(scanner=range(60))
    root = conversion.convert(
        dataclasses.replace(manifest, table=table),
        tmp_path,
        conversion.ConvertOptions(
            patient_salt=b"open sesame", on_leak="report"
        ),
    )
    assert contents(root) == contents(salted[0])
