"""Folders of labelled image files, and the records and runs made of them."""

import numpy as np

from data_prep.sources import image_folder
from tests import image_files
from transfusion_tf.conversion import convert
from transfusion_tf.data import records
from transfusion_tf.images import fingerprints, prepare

CLASSES = ("left", "right")


def write(root, make, *, counts, suffix):
    """Fills root / split / class with files of make(rng, class index)."""
    rng = np.random.default_rng(0)
    for split, count in counts.items():
        for index, name in enumerate(CLASSES):
            folder = root / split / name
            folder.mkdir(parents=True)
            for i in range(count):
                data = make(rng, index)
                (folder / f"{split}{index}{i:02d}{suffix}").write_bytes(data)
    return root


def pixels(rng, index, *, size=(24, 20), channels=3, dtype=np.uint8):
    """Noise that is brighter in the left (0) or right (1) half."""
    height, width = size
    shape = (height, width) if channels == 1 else (height, width, channels)
    values = rng.uniform(0.2, 0.6, shape)
    half = slice(0, width // 2) if index == 0 else slice(width // 2, None)
    values[:, half] += 0.3
    return (values * np.iinfo(dtype).max).astype(dtype)


def jpeg(rng, index, **options):
    return image_files.encoded(
        pixels(rng, index, **options), "JPEG", quality=90, subsampling=0
    )


def png(rng, index, **options):
    return image_files.encoded(pixels(rng, index, **options))


def converted(root, output_dir, **options):
    """Opened Records of a folder of files."""
    manifest = image_folder.manifest(input=root, name="photos")
    image_options = prepare.ImageOptions(**options)
    made = convert.convert(
        manifest,
        output_dir,
        convert.ConvertOptions(image_options=image_options, num_workers=1),
    )
    return records.open_records(made)


def id_of(path):
    """The id of a file's image in records, if none is the same."""
    return fingerprints.content_hash(path.read_bytes())[:16]
