"""Damaged files by the thousand, and what readers may do with them.

Shared by a test of a thousand cases and a benchmark of ten thousand. A case
is a function of its seed and number.
"""

import collections
import contextlib
import io
import pathlib
import re
import resource
import signal
import zipfile

import numpy as np
from PIL import Image
from pydicom import data as pydicom_data

from data_prep.sources import csv_table, npz
from transfusion_tf.data import images, stores

SECONDS = 10  # A case may take; most take milliseconds.
BYTES = 2**30  # It may allocate, beyond what the process has.

OPTIONS = (
    images.Options(),
    images.Options(image_size=24),
    images.Options(image_size=24, resize_mode="fit", frame=0),
    images.Options(image_size=24, fundus="crop"),
)
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


class Hang(BaseException):
    """A case took longer than SECONDS; no reader may catch it."""


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
            images.prepare(np.dstack([wide] * 3)).data,
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
    }


def encoded(pixels, file_format, mode=None, **options):
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    image = image.convert(mode) if mode else image
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


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


def mutated(raw, rng):
    """Returns `raw` cut off, or with some bits turned over, or both."""
    data = bytearray(raw)
    if rng.random() < 0.3:
        del data[rng.integers(len(data)) :]
    if data and (len(data) == len(raw) or rng.random() < 0.3):
        # Headers are short and decide most: half of the cases keep to them.
        reach = len(data) if rng.random() < 0.5 else min(len(data), 700)
        for place in rng.integers(reach, size=rng.integers(1, 9)):
            data[place] ^= 1 << int(rng.integers(8))
    return bytes(data)


def cases(count, *, seed):
    """Yields (kind, bytes, number) of `count` damaged files."""
    files = originals()
    kinds = list(files)
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind = kinds[number % len(kinds)]
        originals_of = files[kind]
        raw = originals_of[rng.integers(len(originals_of))]
        yield kind, mutated(raw, rng), number


def outcome(kind, raw, number, folder, limit=BYTES):
    """Returns "converted" or the class of the reason for a refusal.

    Any exception but ValueError of one line is let through, and so is Hang.
    """
    readers = {"npz": _read_npz, "zip": _read_zip, "CSV": _read_csv}
    reader = readers.get(kind)
    try:
        if reader:
            path = folder / f"damaged.{kind.lower()}"
            path.write_bytes(raw)
            with limited(limit):
                reader(path)
        else:
            with limited(limit):
                _read_image(raw, OPTIONS[number % len(OPTIONS)])
    except ValueError as error:
        text = str(error)
        if "\n" in text or len(text) > 500:
            raise AssertionError(f"not one line: {text!r}") from error
        return reason_class(text)
    return "converted"


def read_originals(folder):
    """Reads every whole file; AssertionError for one that is refused."""
    for kind, files in originals().items():
        for raw in files:
            found = outcome(kind, raw, 2, folder, limit=64 * BYTES)
            if found != "converted":
                raise AssertionError(f"a whole file of {kind}: {found}")


def reason_class(text):
    """Returns a reason without what differs from case to case."""
    text = re.sub(r"(\S*/\S* ?)+", "PATH ", text)
    text = re.split(r" \(|: |; | '|\. ", text)[0]
    return re.sub(r"\d[\d,]*", "N", text)[:60]


def tally(count, *, seed, folder):
    """Returns {(kind, outcome): number of cases}.

    The whole files come first, so that what readers import and reserve does
    not count as a case's.
    """
    read_originals(folder)
    found = collections.Counter()
    for kind, raw, number in cases(count, seed=seed):
        try:
            found[kind, outcome(kind, raw, number, folder)] += 1
        except BaseException as error:
            raise AssertionError(
                f"case {number} of seed {seed}, {kind}: {error!r}"
            ) from error
    return found


@contextlib.contextmanager
def limited(limit):
    """Raises Hang after SECONDS and MemoryError beyond `limit` more bytes."""

    def stop(number, frame):
        raise Hang(f"took longer than {SECONDS} s")

    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    resource.setrlimit(
        resource.RLIMIT_AS, (pages * resource.getpagesize() + limit, hard)
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


def _read_image(raw, options):
    image = images.prepare(raw, options)
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


def _read_npz(path):
    manifest = npz.manifest(input=path)
    manifest.check()
    for image in manifest.table["image"]:
        images.prepare(manifest.store.read(image))


def _read_zip(path):
    store = stores.open_files(path)
    for name in store.names():
        store.read(name)


def _read_csv(path):
    place = path.parent / "images.zip"
    if not place.exists():
        place.write_bytes(archive(zipfile.ZIP_STORED))
    manifest = csv_table.manifest(input=place, labels=path)
    manifest.check()
