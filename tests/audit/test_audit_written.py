"""What an audit writes: its table, and the sheet of its first pairs."""

import numpy as np
import pandas as pd
from PIL import Image

from tests.audit.audit_facts import make_facts, random_facts
from transfusion_tf.audit import audit, contact_sheet
from transfusion_tf.images import fingerprints


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
