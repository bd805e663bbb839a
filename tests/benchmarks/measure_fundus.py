"""Looks for the disc in every photograph of an archive and shows the cuts.

    python tests/benchmarks/measure_fundus.py --archive=idrid.zip \
        --output_dir=/tmp/discs [--pattern=.jpg] [--fundus=crop]

Prints in how many a disc was found, where it lies and how long finding it
takes, and draws all cuts, CUTS_A_PAGE on each PNG; those without a disc have
a frame. Of the 516 photographs of IDRiD at least 510 must be found.
"""

import io
import pathlib
import time

import numpy as np
from absl import flags
from PIL import Image

from transfusion_tf import cli

SIDE, COLUMNS, ROWS = 96, 16, 9
CUTS_A_PAGE = COLUMNS * ROWS
WHITE = 255

FLAGS = flags.FLAGS
flags.DEFINE_string("archive", None, "a .zip, .tar or folder", required=True)
flags.DEFINE_string("output_dir", None, "folder of the pages", required=True)
flags.DEFINE_string("pattern", ".jpg", "what the names of photographs hold")
flags.DEFINE_enum("fundus", "crop", ("crop", "graham"), "what is shown")


def main(argv):
    """Cuts every photograph, prints the counts and draws the pages."""
    if len(argv) > 1:
        raise ValueError(f"Unexpected arguments: {argv[1:]}.")
    from transfusion_tf.images import fundus_field, prepare
    from transfusion_tf.stores import archives

    store = archives.open_files(FLAGS.archive)
    options = prepare.ImageOptions(image_size=SIDE, fundus=FLAGS.fundus)
    names = [name for name in store.names() if FLAGS.pattern in name]
    cuts, discs, seconds = [], [], []
    for name in names:
        raw = store.read(name)
        image = prepare.prepare(raw, options)
        is_found = fundus_field.NOT_FOUND not in image.notes
        cuts.append(image.pixels if is_found else framed(image.pixels))
        pixels = np.asarray(Image.open(io.BytesIO(raw)))
        start = time.perf_counter()
        disc = fundus_field.find(pixels)
        seconds.append(time.perf_counter() - start)
        if disc:
            discs.append(disc)
    print(f"a disc in {len(discs):,} of {len(names):,} photographs")
    ranges = np.percentile(discs, [0, 50, 100], axis=0).T if discs else ()
    for what, (low, middle, high) in zip("xyr", ranges, strict=False):
        print(f"{what}: {low:.1f} to {high:.1f}, median {middle:.1f} pixels")
    print(f"{1000 * np.median(seconds):.1f} ms to find one (median)")
    draw(cuts, pathlib.Path(FLAGS.output_dir))


def framed(cut):
    """Returns the cut with a white frame of 3 pixels."""
    result = np.full_like(cut, WHITE)
    result[3:-3, 3:-3] = cut[3:-3, 3:-3]
    return result


def draw(cuts, folder):
    """Writes the pages to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    step = SIDE + 2
    for first in range(0, len(cuts), CUTS_A_PAGE):
        page = Image.new("RGB", (COLUMNS * step, ROWS * step), (90, 90, 90))
        for place, cut in enumerate(cuts[first : first + CUTS_A_PAGE]):
            row, column = divmod(place, COLUMNS)
            page.paste(Image.fromarray(cut), (column * step, row * step))
        page.save(folder / f"discs_{first // CUTS_A_PAGE:03d}.png")


if __name__ == "__main__":
    cli.run(main)
