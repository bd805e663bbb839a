"""Changes, by name, of what in a file decides: for `fuzzing`.

Bits that are turned over seldom reach what matters (tags, headers, links, types
of values, layouts). A change is a function of a whole file and of a generator
of random numbers. A layout of folders is JSON, from which its reader makes it.
"""

import io
import json
import struct
import tarfile

import h5py
import numpy as np
import pydicom

NUMBERS = (0, 1, 2, 3, 7, 8, 12, 16, 255, 65_535, 2**31 - 1, 2**32 - 1, 2**40)
VALUES = (
    *(None, True, False, 0, -1, 1, 2, 1.5, 10**12, 10**400, "", "x", "\n"),
    *("../../etc/passwd", "/dev/zero", "train", "\ud800", [], [[]], {}),
    *({"train": {}}, {"x": None}, ["train"], [1, "a"]),
)
_TIFF_TAGS = (256, 257, 258, 259, 262, 266, 270, 273, 277, 278, 279, 284, 317)
_TIFF_TAGS += (320, 322, 323, 324, 325, 330, 338, 339, 347, 34_675)
_ELEMENTS = (
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit"),
    *("PixelRepresentation", "SamplesPerPixel", "PlanarConfiguration"),
    *("NumberOfFrames", "PixelPaddingValue", "SmallestImagePixelValue"),
    *("PhotometricInterpretation", "RescaleSlope", "RescaleIntercept"),
    *("WindowCenter", "WindowWidth", "VOILUTFunction", "PixelData"),
)
_TEXTS = ("", "x", "MONOCHROME1", "PALETTE COLOR", "YBR_FULL_422", "1e999")
_NAMES = (
    *("train", "Test", "val", "Training", "Testing", "cat", "dog", "a\nb"),
    *("..x", "\u00e9", "e\u0301", "nan", "NA", "1", ".hidden", "__MACOSX"),
)


def choice(rng, values):
    """Returns one of `values`, as it is."""
    return values[int(rng.integers(len(values)))]


def tiff_tags(raw, rng):
    """Returns a TIFF file with some entries of its directory changed."""
    data = bytearray(raw)
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(order + "I", data, 4)
    (number,) = struct.unpack_from(order + "H", data, start)
    for _ in range(rng.integers(1, 4)):
        place = start + 2 + 12 * int(rng.integers(number))
        tag, kind, count, value = struct.unpack_from(
            order + "HHII", data, place
        )
        what = rng.integers(4)
        if what == 0:
            tag = choice(rng, _TIFF_TAGS)
        if what == 1:
            kind = int(rng.integers(14))
        if what == 2:
            count = choice(rng, NUMBERS) % 2**32
        if what == 3:
            value = choice(rng, NUMBERS) % 2**32
        struct.pack_into(order + "HHII", data, place, tag, kind, count, value)
    return bytes(data)


def dicom_header(raw, rng):
    """Returns a DICOM file with some elements changed, or gone."""
    dataset = pydicom.dcmread(io.BytesIO(raw))
    mode = pydicom.config.IGNORE
    with pydicom.config.disable_value_validation():
        for keyword in rng.choice(_ELEMENTS, rng.integers(1, 4)).tolist():
            if keyword in dataset and rng.random() < 0.2:
                del dataset[keyword]
                continue
            vr = pydicom.datadict.dictionary_VR(keyword)[:2]
            value = choice(rng, _TEXTS)
            if vr == "US":
                value = choice(rng, NUMBERS) % 2**16
            elif vr in ("DS", "IS"):
                value = str(choice(rng, (0, -1, 0.04, "1e30", 2**31 - 1)))
            elif keyword == "PixelData":
                value = dataset.get(keyword, b"")[: int(rng.integers(99))]
            dataset.add_new(keyword, vr, value)
            dataset[keyword].validation_mode = mode
        buffer = io.BytesIO()
        try:
            dataset.save_as(buffer, enforce_file_format=True)
        except Exception:  # noqa: BLE001 (pydicom does not write all of them)
            return raw[: int(rng.integers(len(raw)))]
    return buffer.getvalue()


def tar_members(raw, rng):
    """Returns a .tar with some headers changed, whose checksums are right."""
    data = bytearray(raw)
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        places = [member.offset for member in tar]
    for _ in range(rng.integers(1, 4)):
        place = choice(rng, places)
        what = rng.integers(4)
        if what == 0:
            size = b"%011o\0" % (choice(rng, NUMBERS) % 8**11)
            data[place + 124 : place + 136] = size
        if what == 1:
            data[place + 156] = choice(rng, b"\001234567LKSgxX")
        if what == 2:
            name = choice(rng, (b"../x", b"/x", b"\xff", b"a\nb", b"a//b", b""))
            data[place : place + 100] = name.ljust(100, b"\0")
        if what == 3:  # A size in base 256.
            size = choice(rng, NUMBERS).to_bytes(11, "big")
            data[place + 124 : place + 136] = (
                choice(rng, b"\x80\xff").to_bytes(1, "big") + size
            )
        data[place + 148 : place + 156] = b" " * 8
        total = sum(data[place : place + 512])
        data[place + 148 : place + 156] = b"%06o\0 " % total
    return bytes(data)


def hdf5_links(raw, rng):
    """Returns an HDF5 file in which an array is something else."""
    buffer = io.BytesIO(raw)
    key, shape = choice(rng, ("x", "layers/dense/vars/0")), (4, 8, 8, 3)
    big = tuple(choice(rng, (1, 2**10, 2**40)) for _ in range(4))
    with h5py.File(buffer, "r+") as file:
        del file[key]
        what = rng.integers(9)
        if what == 0:
            file[key] = h5py.ExternalLink("/etc/passwd", "/")
        if what == 1:
            file[key] = h5py.SoftLink(choice(rng, ("/", "/y", key, "layers")))
        if what == 2:
            outside = [("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
            file.create_dataset(key, shape, np.uint8, external=outside)
        if what == 3:
            layout = h5py.VirtualLayout(shape, np.uint8)
            layout[...] = h5py.VirtualSource("/etc/passwd", "x", shape)
            file.create_virtual_dataset(key, layout)
        if what == 4:
            chunks = (1, 1, 1, 1)
            file.create_dataset(key, big, np.float16, chunks=chunks)
        if what == 5:
            chunks = (choice(rng, (1, 2**20)), 8, 8, 3)
            file.create_dataset(key, (2**20, 8, 8, 3), "u1", chunks=chunks)
        if what == 6:
            file[key] = choice(rng, (b"text", 1.5, [b"a"], np.zeros((2, 0))))
        if what == 7:
            file[key] = file[choice(rng, ("/", "layers"))]
        if what == 8:
            file.create_group(key).attrs["name"] = 3
    return buffer.getvalue()


def json_values(raw, rng):
    """Returns JSON with some values changed, and keys added or gone."""
    whole = json.loads(raw)
    for _ in range(rng.integers(1, 4)):
        place = whole
        while True:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            if not keys:
                break
            key = choice(rng, keys)
            inner = place[key]
            if isinstance(inner, dict | list) and inner and rng.random() < 0.7:
                place = inner
                continue
            what = rng.integers(4)
            if what == 0 and isinstance(place, dict):
                del place[key]
            elif what == 1 and isinstance(place, dict):
                place[choice(rng, ("more", "", "../x"))] = inner
            else:
                place[key] = choice(rng, VALUES)
            break
    return json.dumps(whole).encode()


def layout(raw, rng):
    """Returns JSON of pairs (path, what is there) of a folder."""
    rows = json.loads(raw)
    for _ in range(rng.integers(1, 9)):
        row = choice(rng, rows)
        what = rng.integers(4)
        if what == 0:
            rows.remove(row)
        elif what == 1:
            parts = row[0].split("/")
            parts[int(rng.integers(len(parts)))] = choice(rng, _NAMES)
            row[0] = "/".join(parts)
        elif what == 2:
            row[1] = choice(rng, ("png", "empty", "folder", "link", "pipe"))
        else:
            rows.append([f"{choice(rng, _NAMES)}/{row[0]}", "png"])
        if not rows:
            rows.append(["x.png", "png"])
    return json.dumps(rows).encode()
