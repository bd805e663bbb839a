"""New images become exactly what they would be in the records of a run."""

import functools
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests import image_files
from tests.using import folders
from transfusion_tf import datasets
from transfusion_tf.runs import preparation
from transfusion_tf.stores import archives
from transfusion_tf.using import predict, preparing

SIZE = 20


def photograph(rng, index):
    """A fundus photograph: a noisy disc in the midst of black."""
    image = Image.new("RGB", (160, 120))
    ImageDraw.Draw(image).ellipse((28, 8, 132, 112), fill=(170, 90, 40))
    values = np.asarray(image).astype(int)
    values[values > 0] += rng.integers(-20, 20, (values > 0).sum()) + 9 * index
    return image_files.encoded(values.astype(np.uint8), "JPEG", quality=95)


deep = functools.partial(folders.png, dtype=np.uint16)
KINDS = {
    # Records keep the bytes of the files.
    "kept": (functools.partial(folders.jpeg, size=(SIZE, SIZE)), ".jpg", {}),
    "resized": (folders.jpeg, ".jpg", {"image_size": SIZE}),
    "with margins": (
        folders.png,
        ".png",
        {"image_size": SIZE, "resize_mode": "fit"},
    ),
    # Records of files that differ in size are resized as they are read.
    "resized late": (folders.jpeg, ".jpg", {}),
    "16 bits": (
        functools.partial(deep, channels=1),
        ".png",
        {"image_size": 30},
    ),
    "grey": (functools.partial(folders.png, channels=1), ".png", {}),
    "fundus": (photograph, ".jpg", {"image_size": 48, "fundus": "crop"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_the_records_bit_for_bit(tmp_path, kind):
    make, suffix, options = KINDS[kind]
    raw = folders.write(
        tmp_path / "raw",
        make,
        counts={"train": 1, "val": 1, "test": 1},
        suffix=suffix,
    )
    opened = folders.converted(raw, tmp_path / "records", **options)
    kept = json.loads(json.dumps(preparation.of_card(opened.card).to_json()))
    held = archives.open_files(raw), preparation.from_json(kept)
    files = {folders.id_of(path): path for path in raw.rglob(f"*{suffix}")}
    (batch,) = datasets.images(opened, "test", image_size=SIZE, batch_size=9)
    assert len(batch["id"]) == 2
    for image_id, expected in zip(batch["id"], batch["image"], strict=True):
        name = files[image_id].relative_to(raw).as_posix()
        image = preparing.prepared(held, name)
        assert not isinstance(image, str), image
        found = predict._pixels(image, held[1], SIZE)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype and found.std() > 5
    if kind == "fundus":
        assert image.notes == ()  # The disc was found.


@pytest.mark.parametrize(
    "pixels, reason",
    [
        (folders.pixels(np.random.default_rng(0), 0), "in colours"),
        (
            folders.pixels(
                np.random.default_rng(0), 0, channels=1, dtype=np.uint16
            ),
            "16 bits, and the run was trained on images of 8",
        ),
    ],
)
def test_what_no_data_set_holds_together_is_left_out(tmp_path, pixels, reason):
    (tmp_path / "a.png").write_bytes(image_files.encoded(pixels))
    grey = preparation.from_json({"channels": 1, "bit_depth": 8})
    held = archives.open_files(tmp_path), grey
    assert reason in preparing.prepared(held, "a.png")


def test_grey_images_that_are_stored_in_colours_are_grey(tmp_path):
    grey = folders.pixels(np.random.default_rng(0), 0, channels=1)
    (tmp_path / "1.png").write_bytes(image_files.encoded(grey))
    (tmp_path / "3.png").write_bytes(image_files.encoded(grey, mode="RGB"))
    kind = preparation.from_json({"channels": 1, "bit_depth": 8})
    held = archives.open_files(tmp_path), kind
    found = [
        predict._pixels(preparing.prepared(held, name), kind, SIZE)
        for name in ("1.png", "3.png")
    ]
    np.testing.assert_array_equal(*found)


def test_options_of_the_records_come_back_from_json():
    value = {
        "image_size": None,
        "window": [40.0, 400.0],
        "frame": 2,
        "channels": 1,
        "bit_depth": 16,
    }
    found = preparation.from_json(value)
    assert found.options.window == (40.0, 400.0)
    assert preparation.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    "value", [None, {}, {"channels": 2, "bit_depth": 8}, {"frames": 1}]
)
def test_other_values_are_refused(value):
    with pytest.raises(ValueError, match="not how images are prepared"):
        preparation.from_json(value)
