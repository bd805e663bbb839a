"""Whole files of several kinds, to be damaged: for `fuzzing`."""

import io
import json
import pathlib
import tarfile
import tempfile
import zipfile

import h5py
import numpy as np
from PIL import Image
from pydicom import data as pydicom_data

from tests.image_files import encoded
from transfusion_tf.data import records, tfrecord
from transfusion_tf.images import prepare

DICOM_FILES = (
    "CT_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "SC_rgb_rle_2frame.dcm",
    "SC_rgb_small_odd_jpeg.dcm",
    "SC_rgb_gdcm_KY.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "image_dfl.dcm",
)


def originals():
    """Returns {kind: list of the bytes of whole files}."""
    y, x = np.mgrid[:48, :64]
    disc = np.hypot(y - 24, x - 32) < 20
    colours = np.stack([150 * disc, x * 2 * disc, y * 3 * disc], -1)
    grey = colours[..., 0].astype(np.uint8)
    colours = colours.astype(np.uint8)
    wide = (x * 1000 + y).astype(np.uint16)
    folder = pathlib.Path(pydicom_data.get_testdata_file("CT_small.dcm")).parent
    return {
        "JPEG": [
            encoded(colours, "JPEG", quality=90),
            encoded(colours, "JPEG", progressive=True, comment="a comment"),
            encoded(grey, "JPEG", restart_marker_blocks=2),
            encoded(colours, "JPEG", mode="CMYK"),
            encoded(colours, "JPEG", exif=turned()),
        ],
        "PNG": [
            encoded(colours, "PNG"),
            encoded(colours, "PNG", mode="P"),
            encoded(grey, "PNG", exif=turned()),
            encoded(wide, "PNG"),
            prepare.prepare(np.dstack([wide] * 3)).data,
        ],
        "other image": [
            encoded(colours, "TIFF", compression="tiff_lzw"),
            encoded(wide, "TIFF"),
            encoded(colours, "GIF"),
            encoded(colours, "BMP"),
            encoded(colours, "WEBP"),
            encoded(grey, "PPM"),
        ],
        "DICOM": [(folder / name).read_bytes() for name in DICOM_FILES],
        "npz": [arrays(compressed=False), arrays(compressed=True)],
        "zip": [archive(zipfile.ZIP_STORED), archive(zipfile.ZIP_DEFLATED)],
        "CSV": [table()],
        "TIFF tags": [
            encoded(colours, "TIFF", compression="tiff_lzw"),
            encoded(colours, "TIFF"),
            encoded(wide, "TIFF"),
        ],
        "DICOM headers": [
            (folder / name).read_bytes()
            for name in ("CT_small.dcm", "MR_small_RLE.dcm")
        ],
        "tar": [tar()],
        "HDF5": [hdf5(), hdf5(libver="latest")],
        "data card": [json.dumps(card()).encode()],
        "work folder": [work_folder()],
        "folders": [folders()],
        "XML": [xml()],
    }


def turned():
    tags = Image.Exif()
    tags[0x0112] = 6
    return tags.tobytes()


def arrays(*, compressed):
    """The bytes of an .npz in the layout of MedMNIST."""
    content = {}
    for split, count in (("train", 4), ("val", 2), ("test", 2)):
        content[f"{split}_images"] = np.full((count, 5, 4), count, np.uint8)
        content[f"{split}_labels"] = np.arange(count)[:, None] % 2
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, **content)
    return buffer.getvalue()


def archive(compression):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for index in range(4):
            # Without the time of day, which would make other cases.
            member = zipfile.ZipInfo(f"folder/{index}.png")
            file.writestr(member, bytes(40 * index) + b"x", compression)
    return buffer.getvalue()


def table():
    rows = [f'folder/{i}.png,"{"ab"[i % 2]}",p{i},train' for i in range(4)]
    return "\n".join(["path,label,patient,split", *rows]).encode()


def card():
    with tempfile.TemporaryDirectory() as folder:
        return make_records(pathlib.Path(folder)).to_json()


def work_folder():
    with tempfile.TemporaryDirectory() as folder:
        return make_work_folder(pathlib.Path(folder))


def folders():
    rows = [
        [f"{split}/{name}/{i}.png", "png"]
        for split in ("train", "test")
        for name in ("cat", "dog")
        for i in range(2)
    ]
    return json.dumps(rows).encode()


def xml():
    """Returns a case of DDTI, with a long description."""
    return (
        b'<?xml version="1.0" encoding="UTF-8"?><case><tirads>4a</tirads>'
        b"<mark><image>1</image></mark><reportbacaf>%s</reportbacaf></case>"
        % (b"nodule " * 400)
    )


def tar():
    """Returns an archive of four members and a link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for index in range(4):
            member = tarfile.TarInfo(f"folder/{index}.png")
            member.size = 40 * index
            archive.addfile(member, io.BytesIO(bytes(40 * index)))
        member = tarfile.TarInfo("link.png")
        member.type, member.linkname = tarfile.SYMTYPE, "folder/1.png"
        archive.addfile(member)
    return buffer.getvalue()


def hdf5(**options):
    """Returns images as of PatchCamelyon beside weights as of Keras 3."""
    buffer = io.BytesIO()
    pixels = np.arange(768).reshape(4, 8, 8, 3).astype(np.uint8)
    with h5py.File(buffer, "w", **options) as file:
        file.create_dataset("x", data=pixels, chunks=(1, 8, 8, 3))
        weights = file.create_group("layers/dense/vars")
        weights.attrs["name"] = "dense"
        kernel = np.ones((8, 8), np.float32)
        weights.create_dataset("0", data=kernel, compression="gzip")
    return buffer.getvalue()


def make_records(root):
    """Writes records of four images; returns their card."""
    png = prepare.prepare(np.arange(64, dtype=np.uint8).reshape(8, 8)).data
    shards = {}
    for split in ("train", "test"):
        rows = [
            tfrecord.serialize(
                png,
                {"label": i, "id": f"0{i}", "patient": f"0{i}"},
                label_key="label",
                text_keys=("id", "patient"),
            )
            for i in range(2)
        ]
        path = root / records.shard_name("pets", split, 0, 1)
        shards[split] = [tfrecord.write_shard(path, rows)]
    numbers = dict.fromkeys(shards, 2)
    return records.DataCard(
        name="pets",
        task="multiclass",
        classes=("cat", "dog"),
        channels=1,
        bit_depth=8,
        image_size=8,
        has_patients=True,
        counts={split: {"cat": 1, "dog": 1} for split in shards},
        num_examples=numbers,
        shards=shards,
        splits=dict.fromkeys(shards, "official"),
        grouped_by="patient",
        patients_in_common=0,
        preprocessing={"image_size": 8},
        source={"kind": "test"},
        quarantined=0,
        fingerprint="00",
        configuration="11",
        images_by_channels={"1": 4},
        audit={
            "distance_searched": 4,
            "near_pairs_across_by_distance": {"0": 1},
            "near_dropped": {},
        },
    )


def make_work_folder(root):
    """Writes a finished shard into a work folder; returns its JSON."""
    entry = tfrecord.write_shard(root / "0.tfrecord", [b"example"])
    (root / "0.npy").write_bytes(b"facts")
    done = {"entry": entry, "bad": [], "notes": [["0", "a"]], "ids": ["0", "1"]}
    done["facts_bytes"] = len(b"facts")
    return json.dumps(done).encode()
