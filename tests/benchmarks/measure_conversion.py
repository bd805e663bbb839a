"""Measures what conversions cost.

    python tests/benchmarks/measure_conversion.py --what=speed
    python tests/benchmarks/measure_conversion.py --what=memory

speed: made JPEGs of 2196x1958 at quality 95, resized to 587 and written as
JPEG 95. Images per second of the conversion, hashing, audit and writing
included, over those of the bare chain decode (reduced where it costs no
quality) + resize + encode on as many processes; the design asks for at least
0.90. And over those of a plain loop that writes with the GeneratorBasedBuilder
of tfds from full decodes in one process. Medians of several rounds in turn,
the start of processes included. What is imported once is imported before.

memory: peaks of the converting process and of its largest worker for 100,000
tiny images over those for 10,000; at most 1.10.
"""

import dataclasses
import functools
import io
import multiprocessing
import os
import pathlib
import re
import resource
import statistics
import tempfile
import time

import numpy as np
import photographs
from absl import flags

from transfusion_tf import cli
from transfusion_tf.process import pool, quiet

FLAGS = flags.FLAGS
flags.DEFINE_enum("what", "speed", ("speed", "memory"), "what is measured")
flags.DEFINE_integer("num_images", 200, "images of --what=speed")
flags.DEFINE_integer("rounds", 5, "rounds of --what=speed")
flags.DEFINE_bool("plain_loop", True, "also the plain loop of --what=speed")
flags.DEFINE_integer("num_workers", None, "processes; by default one a core")
flags.DEFINE_list("num_rows", ["10000", "100000"], "rows of --what=memory")

IMAGE_SIZE = 587
QUALITY = 95


def main(argv):
    """Prints what --what asks for."""
    del argv
    {"speed": _speed, "memory": _memory}[FLAGS.what]()


def _num_workers():
    return FLAGS.num_workers or pool.num_cores()


# Speed.


def _chain(_, path):
    """Decodes, reduced as conversions do, resizes and encodes one image."""
    from PIL import Image

    from transfusion_tf.images import decoding

    with Image.open(io.BytesIO(path.read_bytes())) as image:
        n = decoding.reduction(min(image.size) / IMAGE_SIZE)
        box = (0, 0, image.width / n, image.height / n)
        image.draft(None, (image.width // n, image.height // n))
        small = image.resize(
            (IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC, box
        )
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=QUALITY, subsampling="4:4:4")
    return len(buffer.getvalue())


@functools.cache
def _builder():
    """The class of a plain loop, as the documentation of tfds shows it."""
    import tensorflow_datasets as tfds
    from PIL import Image

    tfds.disable_progress_bar()

    class Photographs(tfds.core.GeneratorBasedBuilder):
        """The photographs in `paths`, from full decodes."""

        VERSION = tfds.core.Version("1.0.0")
        paths = ()

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self,
                features=tfds.features.FeaturesDict(
                    {
                        "image": tfds.features.Image(
                            shape=(IMAGE_SIZE, IMAGE_SIZE, 3),
                            encoding_format="jpeg",
                        ),
                        "label": tfds.features.ClassLabel(names=["a", "b"]),
                    }
                ),
            )

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for path in self.paths:
                with Image.open(path) as image:
                    small = image.resize(
                        (IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC
                    )
                buffer = io.BytesIO()
                small.save(buffer, "JPEG", quality=QUALITY)
                buffer.seek(0)
                yield path.name, {"image": buffer, "label": path.parent.name}

    return Photographs


def _plain_loop(paths, folder):
    builder = _builder()(data_dir=folder)
    builder.paths = paths
    builder.download_and_prepare()


def _convert(folder, output_dir):
    from data_prep import sources
    from transfusion_tf.conversion import convert
    from transfusion_tf.images import prepare

    convert.convert(
        sources.get("image_folder")(input=folder),
        output_dir,
        convert.ConvertOptions(
            image_options=prepare.ImageOptions(image_size=IMAGE_SIZE),
            num_workers=_num_workers(),
        ),
    )


def _run_chain(paths):
    with pool.Pool(None, _num_workers()) as workers:
        for _ in workers.run(_chain, paths):
            pass


def _speed():
    quiet.start_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        paths = photographs.write(
            folder / "raw", FLAGS.num_images, _num_workers()
        )
        size = statistics.mean(path.stat().st_size for path in paths)
        print(f"{len(paths)} files of {size / 1e6:.2f} MB", flush=True)
        ways = {
            "bare chain": lambda place: _run_chain(paths),
            "conversion": lambda place: _convert(folder / "raw", place),
        }
        if FLAGS.plain_loop:
            ways["plain loop"] = lambda place: _plain_loop(paths, place)
        seconds = {name: [] for name in ways}
        for index in range(FLAGS.rounds + 1):
            for name, way in ways.items():
                place = folder / f"{name}-{index}"
                start = time.perf_counter()
                way(place)
                if index:  # The first round imports.
                    seconds[name].append(time.perf_counter() - start)
    _print_speeds(seconds)


def _print_speeds(seconds):
    for name, own in seconds.items():
        ratios = [
            a / b for a, b in zip(own, seconds["conversion"], strict=True)
        ]
        print(
            f"{name}: {FLAGS.num_images / statistics.median(own):.1f} images "
            f"per second; {statistics.median(ratios):.3f} of the time of the "
            f"conversion ({min(ratios):.3f} to {max(ratios):.3f})"
        )


# Memory.


@dataclasses.dataclass(frozen=True)
class TinyStore:
    """Images of 8x8 noise, made when they are read.

    Workers leave their peaks in `folder`, in files named after themselves.
    """

    folder: pathlib.Path

    def read(self, image):
        """Returns the image `<folder>/<number>.png`."""
        number = int(image.rpartition("/")[2].removesuffix(".png"))
        if number % 100 == 0:
            (self.folder / str(os.getpid())).write_text(str(_peak()))
        rng = np.random.default_rng(number)
        return rng.integers(0, 256, (8, 8), np.uint8)


def _peak():
    """Returns the peak of this process in MiB.

    ru_maxrss of a started process begins with that of the one that starts it.
    """
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        (line,) = re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())
        return int(line) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _tiny_manifest(num_rows, folder):
    import pandas as pd

    from transfusion_tf.data.manifest import Manifest

    numbers = range(num_rows)
    table = pd.DataFrame(
        {
            "image": [f"a/folder/of/the/archive/{i}.png" for i in numbers],
            "label": ["cat" if i % 3 else "dog" for i in numbers],
            "patient": [f"patient {i // 2}" for i in numbers],
        }
    )
    store = TinyStore(folder)
    return Manifest("tiny", "multiclass", ("cat", "dog"), table, store)


def _peaks(num_rows, num_workers, connection):
    """Sends the peaks in MiB of this process and of its largest worker."""
    from transfusion_tf.conversion import convert

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "peaks").mkdir()
        convert.convert(
            _tiny_manifest(num_rows, folder / "peaks"),
            folder / "records",
            convert.ConvertOptions(num_workers=num_workers),
        )
        workers = [
            float(path.read_text())
            for path in (folder / "peaks").iterdir()
            if path.name != str(os.getpid())
        ]
    connection.send([_peak(), max(workers)])


def _memory():
    context, peaks = multiprocessing.get_context("spawn"), []
    for num_rows in map(int, FLAGS.num_rows):
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_peaks, args=(num_rows, max(2, _num_workers()), theirs)
        )
        start = time.perf_counter()
        process.start()
        theirs.close()
        peaks.append(ours.recv())
        process.join()
        print(
            f"{num_rows} rows: {peaks[-1][0]:.0f} MiB, workers "
            f"{peaks[-1][1]:.0f} MiB, {time.perf_counter() - start:.0f} s",
            flush=True,
        )
    for name, first, last in zip(
        ("ratio", "of workers"), peaks[0], peaks[-1], strict=True
    ):
        print(f"{name}: {last / first:.3f}")


if __name__ == "__main__":
    cli.run(main)
