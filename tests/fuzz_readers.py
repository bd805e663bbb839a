"""How damaged files are read: for `fuzzing`.

Whatever a reader raises is for `fuzzing` to judge.
"""

import contextlib
import io
import json
import os
import zipfile

import numpy as np
from PIL import Image

from data_prep import sources
from data_prep.sources import csv_table, npz
from tests import fuzz_originals
from transfusion_tf.audit import image_facts
from transfusion_tf.conversion import work_folder
from transfusion_tf.data import records
from transfusion_tf.images import prepare
from transfusion_tf.initialization import weight_files
from transfusion_tf.reporting import audit_text
from transfusion_tf.stores import archives, hdf5

OPTIONS = (
    prepare.ImageOptions(),
    prepare.ImageOptions(image_size=24),
    prepare.ImageOptions(image_size=24, resize_mode="fit", frame=0),
    prepare.ImageOptions(image_size=24, fundus="crop"),
)


def read_tar(path):
    """Reads all members, each of which may be refused by itself."""
    store = archives.open_files(path)
    for name in store.names():
        with contextlib.suppress(archives.ReadError):
            store.read(name)


def read_hdf5(path):
    """Reads a file as rows of images, and as weights."""
    refused = []
    try:
        rows = hdf5.open_array(path, "x")
        store = hdf5.Hdf5Store({"a": str(path)}, "x")
        try:
            for index in range(min(3, len(rows))):
                store.read(f"a/{index}")
            hdf5.read_whole(rows)
        finally:  # HDF5 takes the next file of this name for the same.
            for array in (rows, *store._arrays.values()):
                array.file.close()
    except ValueError as error:
        refused.append(error)
    try:
        weight_files.read(path)
    except ValueError as error:
        refused.append(error)
    if refused:
        raise refused[0]


def read_card(root, raw):
    """Opens records with `raw` for a card, and reads all that is in them."""
    (root / records.CARD).write_bytes(raw)
    opened = records.open_records(root)
    audit_text.across(opened.card.audit)
    image_facts.of_records(opened)


def read_work_folder(root, raw):
    """Looks for a finished shard that `raw` vouches for."""
    folder = work_folder.WorkFolder(root)
    folder.done("0").write_bytes(raw)
    folder.restore()
    if not folder.all_finished():
        raise ValueError("the shard is not whole")


def read_layout(root, raw):
    """Makes a folder as `raw` says and reads it as images in folders."""
    picture = prepare.prepare(np.arange(64, dtype=np.uint8).reshape(8, 8)).data
    for path, what in json.loads(raw):
        place = root / path
        with contextlib.suppress(FileExistsError, NotADirectoryError):
            place.parent.mkdir(parents=True, exist_ok=True)
            if what == "folder":
                place.mkdir()
            elif what == "link":
                # To itself or to what it lies in, never out of the layout.
                place.symlink_to(".." if place.parent != root else ".")
            elif what == "pipe":
                os.mkfifo(place)
            elif not place.is_dir():
                place.write_bytes(picture if what == "png" else b"")
    manifest = sources.get("image_folder")(input=root)
    manifest.check()
    for image in manifest.table["image"]:
        with contextlib.suppress(archives.ReadError):
            manifest.store.read(image)


def read_xml(root, raw):
    """Reads a case of DDTI."""
    (root / "1_1.jpg").write_bytes(b"")
    (root / "1.xml").write_bytes(raw)
    read = sources.get("ddti_thyroid")
    read(input=root, missing_tirads="benign").check()


def read_image(raw, number):
    """Prepares an image with the options of a case's number."""
    options = OPTIONS[number % len(OPTIONS)]
    image = prepare.prepare(raw, options)
    # Whole, and as it says: what would become a record is no partial one.
    with Image.open(io.BytesIO(image.data)) as opened:
        opened.load()
        shape = (image.height, image.width, 3)[: image.pixels.ndim]
        if opened.size != (image.width, image.height) or (
            image.pixels.shape != shape
            or image.pixels.dtype.itemsize * 8 != image.bit_depth
            or options.image_size not in (None, image.width)
        ):
            raise AssertionError(f"{image[1:6]} is not what was encoded")


def read_npz(path):
    """Reads all images of an .npz."""
    manifest = npz.manifest(input=path)
    manifest.check()
    for image in manifest.table["image"]:
        prepare.prepare(manifest.store.read(image))


def read_zip(path):
    """Reads all members of a .zip."""
    store = archives.open_files(path)
    for name in store.names():
        store.read(name)


def read_csv(path):
    """Reads a table of labels."""
    place = path.parent / "images.zip"
    if not place.exists():
        place.write_bytes(fuzz_originals.archive(zipfile.ZIP_STORED))
    manifest = csv_table.manifest(input=place, labels=path)
    manifest.check()
