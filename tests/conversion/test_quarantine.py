"""Tests of images that cannot be used: left out, told, repaired, refused."""

import dataclasses
import io

import pandas as pd
import pytest
from PIL import Image

from tests import conversion_data
from tests.conversion_data import contents, id_of, make_image, make_manifest
from transfusion_tf.conversion import convert, quarantine
from transfusion_tf.data import records
from transfusion_tf.images import prepare as images


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    with conversion_data.small_shards():
        yield


def bad_images():
    """Three of 60 images that cannot be used, two of them identical."""
    cut = make_image(4)[:100]
    return {
        "DOE^JOHN/4.png": cut,
        "DOE^JOHN/40.png": cut,
        "DOE^JOHN/41.png": b"text",
    }


def written_ids(root):
    """The ids of all examples, by split."""
    card = records.read_card(root)
    return {
        split: {e["id"].decode() for e in conversion_data.examples(root, split)}
        for split in card.splits
    }


def test_bad_images_are_absent_and_in_no_other_way_felt(tmp_path, caplog):
    with caplog.at_level("WARNING", logger="absl"):
        root = convert.convert(
            make_manifest(replaced=bad_images()),
            tmp_path / "a",
            convert.ConvertOptions(max_bad_fraction=0.05, on_leak="report"),
        )
    quarantined = pd.read_csv(root / records.QUARANTINE)
    assert list(quarantined) == ["id", "reason", "row"]
    cut, _, text = (id_of(data) for data in bad_images().values())
    assert set(quarantined["id"]) == {cut, f"{cut}-2", text}
    card = records.open_records(root, verify=True).card
    assert card.quarantined == 3 and sum(card.num_examples.values()) == 57
    assert sum(sum(c.values()) for c in card.counts.values()) == 57
    found = set().union(*written_ids(root).values())
    assert len(found) == 57 and not found & set(quarantined["id"])
    # The names are told, and stand nowhere.
    assert "3 images cannot be used and are left out" in caplog.text
    assert "'DOE^JOHN/41.png' (not an image of a known format)" in caplog.text
    for path in root.iterdir():
        assert b"DOE" not in path.read_bytes(), path.name


def test_too_many_are_named_and_their_repair_reads_nothing_else(tmp_path):
    manifest = make_manifest(replaced=bad_images())
    with pytest.raises(
        ValueError,
        match=r"^3 images of 60 cannot be used, --max_bad_fraction=0.01 allows "
        r"0: 'DOE\^JOHN/4.png' \(damaged or cut off .*\), 'DOE\^JOHN/40.png' "
        r"\(.*\), 'DOE\^JOHN/41.png' \(not an image .*\)\. Repair or remove "
        r"them .* again, or have them left out with --max_bad_fraction=0.05\. "
        "All others are finished and kept",
    ) as raised:
        convert.convert(manifest, tmp_path / "a")
    assert "\n" not in str(raised.value)
    (work,) = (tmp_path / "a").iterdir()
    for path in work.iterdir():
        assert path.is_dir() or b"DOE" not in path.read_bytes(), path.name
    mended = make_manifest()
    root = convert.convert(
        mended, tmp_path / "a", convert.ConvertOptions(num_workers=1)
    )
    read_twice = pd.Series(mended.store.read_ones).value_counts() > 1
    assert set(read_twice.index[read_twice]) == set(bad_images())
    clean = convert.convert(make_manifest(), tmp_path / "b")
    assert contents(root) == contents(clean)
    assert [path.name for path in root.parent.iterdir()] == ["1.0.0"]


def test_more_may_be_allowed_and_nothing_is_decoded_again(
    tmp_path, monkeypatch
):
    manifest = make_manifest(replaced=bad_images())
    with pytest.raises(ValueError, match="cannot be used"):
        convert.convert(manifest, tmp_path)
    prepared, prepare = [], images.prepare
    monkeypatch.setattr(
        images, "prepare", lambda *a: prepared.append(a) or prepare(*a)
    )
    done = convert.convert(
        manifest,
        tmp_path,
        convert.ConvertOptions(max_bad_fraction=0.05, on_leak="report"),
    )
    # Bad ones are tried again.
    assert {raw for raw, *_ in prepared} == set(bad_images().values())
    # The same again is found; asked for less, it is refused, and stays.
    assert done == convert.convert(
        manifest,
        tmp_path,
        convert.ConvertOptions(max_bad_fraction=0.05, on_leak="report"),
    )
    with pytest.raises(ValueError, match="cannot be used"):
        convert.convert(
            manifest, tmp_path, convert.ConvertOptions(on_leak="report")
        )
    assert records.read_card(done).quarantined == 3


def test_what_a_new_decoder_can_read_is_added(tmp_path, monkeypatch):
    prepare, broken = images.prepare, make_image(8)

    def without_decoder(raw, *options):
        if raw == broken:
            raise images.ImageError("needs a decoder")
        return prepare(raw, *options)

    monkeypatch.setattr(images, "prepare", without_decoder)
    with pytest.raises(ValueError, match="1 image of .*needs a decoder"):
        convert.convert(make_manifest(), tmp_path / "a")
    monkeypatch.undo()
    with conversion_data.small_shards():
        manifest = make_manifest()
        root = convert.convert(
            manifest, tmp_path / "a", convert.ConvertOptions(num_workers=1)
        )
        again = manifest.store.read_ones[60:]
        # To see that it is mended, then to write it.
        assert again == ["DOE^JOHN/8.png"] * 2
        clean = convert.convert(make_manifest(), tmp_path / "b")
    assert contents(root) == contents(clean)


def test_unreadable_and_known_bad_images_are_counted(tmp_path):
    unlabelled = make_image(100)
    manifest = make_manifest(
        replaced={
            "DOE^JOHN/8.png": OSError(5, "Input/output error", "DOE^JOHN"),
            "DOE^JOHN/new.png": unlabelled,
            "DOE^JOHN/gone.png": FileNotFoundError(2, "No such file", "DOE"),
        }
    )
    is_new = manifest.table["image"].isin(["DOE^JOHN/8.png"])
    assert is_new.sum() == 1
    manifest = dataclasses.replace(
        manifest,
        bad=(("DOE^JOHN/new.png", "no label"), ("DOE^JOHN/gone.png", "absent")),
    )
    with pytest.raises(
        ValueError,
        match="3 images of 62 cannot .*allows 2.*8.png' .Input/output error.*"
        "gone.png' .absent.*new.png' .no label.*Nothing has been written",
    ):
        convert.convert(
            manifest,
            tmp_path / "a",
            convert.ConvertOptions(max_bad_fraction=0.04),
        )
    assert list(tmp_path.iterdir()) == []
    root = convert.convert(
        manifest, tmp_path / "a", convert.ConvertOptions(max_bad_fraction=0.05)
    )
    table = pd.read_csv(root / records.QUARANTINE, keep_default_na=False)
    assert table.to_numpy().tolist() == [
        ["", "Input/output error", ""],
        ["", "absent", ""],
        [id_of(unlabelled), "no label", ""],
    ]
    assert records.read_card(root).quarantined == 3


def test_a_hopeless_conversion_ends_early(tmp_path):
    replaced = {f"DOE^JOHN/{i}.png": b"text %d" % i for i in range(0, 400, 2)}
    manifest = make_manifest(400, replaced=replaced)
    with pytest.raises(ValueError, match="So many are bad.*not looked at"):
        convert.convert(
            manifest, tmp_path, convert.ConvertOptions(num_workers=1)
        )
    assert 400 < len(manifest.store.read_ones) < 700
    with pytest.raises(ValueError, match="200 images of 400.*and 190 more"):
        convert.convert(
            manifest, tmp_path, convert.ConvertOptions(max_bad_fraction=0.49)
        )


@pytest.mark.parametrize(
    "num_images, max_fraction, num_bad, exceeded, should_abort",
    [
        (100, 0.01, 1, False, False),
        (100, 0.01, 2, True, False),
        (100, 0.0, 1, True, False),
        (1_000, 0.0, 100, True, False),
        (1_000, 0.0, 101, True, True),
        (1_000_000, 0.01, 100_000, True, False),
        (1_000_000, 0.01, 100_001, True, True),
    ],
)
def test_limits(num_images, max_fraction, num_bad, exceeded, should_abort):
    limit = quarantine.Limit(num_images, max_fraction)
    assert limit.exceeded(num_bad) == exceeded
    assert limit.should_abort(num_bad) == should_abort


def test_no_way_out_where_all_are_bad():
    bad = [quarantine.Bad("", "a.png", "absent")] * 2
    told = str(quarantine.Limit(2, 0.5).refusal(bad, "Kept."))
    assert "--max_bad_fraction=0.5 allows 1" in told
    assert "left out with" not in told


def test_8_and_16_bits_do_not_mix(tmp_path):
    buffer = io.BytesIO()
    Image.new("I;16", (8, 8), 300).save(buffer, "PNG")
    manifest = make_manifest(30, replaced={"DOE^JOHN/0.png": buffer.getvalue()})
    with pytest.raises(
        ValueError,
        match=r"29 images have 8 bits and 1 have 16 \(16 bits: "
        r"'DOE\^JOHN/0.png'\)",
    ):
        convert.convert(manifest, tmp_path / "out")
    # What is finished serves when the image is mended.
    mended = make_manifest(30)
    convert.convert(
        mended, tmp_path / "out", convert.ConvertOptions(num_workers=1)
    )
    assert mended.store.read_ones[30:] == ["DOE^JOHN/0.png"]


def test_grey_among_colour_decodes_to_three_channels_and_is_told(
    tmp_path, caplog
):
    buffer = io.BytesIO()
    Image.new("L", (8, 8), 77).save(buffer, "PNG")
    manifest = make_manifest(30, replaced={"DOE^JOHN/0.png": buffer.getvalue()})
    with caplog.at_level("WARNING", logger="absl"):
        root = convert.convert(
            manifest, tmp_path, convert.ConvertOptions(on_leak="report")
        )
    assert "1 images are grey and 29 have colours" in caplog.text
    card = records.read_card(root)
    assert card.channels == 3 and card.preprocessing["kept"] == 30
    assert card.images_by_channels == {"1": 1, "3": 29}
    found = [
        example["image"]
        for split in card.splits
        for example in conversion_data.examples(root, split)
    ]
    assert {image.shape for image in found} == {(8, 8, 3)}
    assert sum((image == 77).all() for image in found) == 1
