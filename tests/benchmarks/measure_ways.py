"""Lists the files of the code that an image, and weights, go through.

    python tests/benchmarks/measure_ways.py [--way=kept] [--functions]

Goes each way once, in this process, under a profiler that sees every call:

kept: JPEG files through data_prep/make_tfrecords.py, at their own size.
resized: the same, to another size. Both hold two copies of an image, which
    are therefore drawn in audit.png, too.
h5, weights.h5, keras: a file for `--weights`, in each format of Keras, from
    the settings of a run to the variables of the network.
zoo: a .h5 of a network of which weights are published.
unnamed: a .h5 whose layers have other names than the network's.

Prints three counts of files of the package:

carriers (*): a function in the file holds, in an argument, a variable or its
    result, some of what goes the way: however deep in tuples, dicts and the
    package's own objects. Of images that is part of a raw file (16 bytes or
    more), a JPEG or PNG file, a record with one in it, and pixels (an array or
    a Pillow image) of 16 x 16 or more; of weights, the path of the file, what
    of it is open, arrays of 32 numbers or more, names of the file's layers and
    arrays that are not the network's, and descriptions of models.
callers (+): a function in the file waits for one of a carrier; the carriers
    are counted, too.
called: any function of the file is called, whatever for: settings, progress
    bars, the data card.

What runs when a module is imported is on no way. The settings themselves, in
which --weights is a text, are no weights.
"""

import inspect
import io
import pathlib
import sys
import tempfile

import numpy as np
from absl import flags
from absl.testing import flagsaver
from PIL import Image

from transfusion_tf import cli

ROOT = pathlib.Path(__file__).parents[2]
FOLDERS = ("transfusion_tf", "data_prep", "run_scripts")
MIN_BYTES, MIN_SIDE, MIN_NUMBERS = 16, 16, 32
MAX_DEPTH, MAX_ITEMS = 4, 3  # How far objects are looked into.
SIZE, NEW_SIZE, NUM_IMAGES = (331, 257), 40, 12
SMALL, PUBLISHED = "cbr_tiny", "mobilenet_v3_small"
OPTIONS = {"kept": [], "resized": [f"--image_size={NEW_SIZE}"]}
FILES = {
    "h5": (SMALL, "w.h5"),
    "weights.h5": (SMALL, "w.weights.h5"),
    "keras": (SMALL, "w.keras"),
    "zoo": (PUBLISHED, "w.h5"),
    "unnamed": (SMALL, "unnamed.h5"),
}
WAYS = [*OPTIONS, *FILES]

FLAGS = flags.FLAGS
flags.DEFINE_multi_enum("way", WAYS, WAYS, "which way to go")
flags.DEFINE_bool("functions", False, "also list the functions of carriers")


class Trace:
    """Calls into the package while the block of `with` runs.

    Attributes:
        called: the files, as paths below the checkout.
        carriers: {file: names of functions that hold what goes the way}.
        callers: files of carriers, and of what waits for them.
    """

    def __init__(self, carries):
        """`carries`: function of a value, whether it goes the way."""
        self.called, self.carriers, self.callers = set(), {}, set()
        self._carries, self._files, self._imports = carries, {}, 0

    def __enter__(self):
        self._outside = sys._getframe(1)
        sys.setprofile(self._see)
        return self

    def __exit__(self, kind, error, traceback):
        sys.setprofile(None)

    def _see(self, frame, event, arg):
        if event not in ("call", "return"):
            return
        code, file = frame.f_code, self._file_of(frame)
        if file is None:
            return
        if not code.co_flags & inspect.CO_OPTIMIZED:  # A module, or a class.
            self._imports += 1 if event == "call" else -1
            return
        if self._imports:
            return
        self.called.add(file)
        is_known = code.co_name in self.carriers.get(file, ())
        if event == "call" or is_known:
            return
        # By then it holds all that it has been given and has made.
        if any(map(self._holds, (arg, *frame.f_locals.values()))):
            self.carriers.setdefault(file, set()).add(code.co_name)
            while frame and frame is not self._outside:
                self.callers |= {self._file_of(frame)} - {None}
                frame = frame.f_back

    def _file_of(self, frame):
        name = frame.f_code.co_filename
        if name not in self._files:
            path = pathlib.Path(name)
            is_ours = path.is_relative_to(ROOT) and (
                path.relative_to(ROOT).parts[0] in FOLDERS
            )
            self._files[name] = str(path.relative_to(ROOT)) if is_ours else None
        return self._files[name]

    def _holds(self, value, depth=0):
        if self._carries(value):
            return True
        if depth == MAX_DEPTH or isinstance(value, type):
            return False
        if isinstance(value, dict):
            parts = list(value.values())
        elif isinstance(value, list | tuple):
            parts = value
        elif type(value).__module__.startswith(FOLDERS):
            parts = list(getattr(value, "__dict__", {}).values())
            return any(self._holds(part, depth + 1) for part in parts)
        else:
            return False
        some = (*parts[:MAX_ITEMS], *parts[-1:])
        return any(self._holds(part, depth + 1) for part in some)


def image_way(folder, options):
    """Returns the Trace of a conversion of JPEG files."""
    from data_prep import make_tfrecords

    raws = []
    for index in range(NUM_IMAGES):
        path = folder / "images" / "ab"[index % 2] / f"{index}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        raws.append(_jpeg(index % (NUM_IMAGES - 1)))
        path.write_bytes(raws[-1])
    argv = [
        "make_tfrecords.py",
        "--source=image_folder",
        f"--input={folder / 'images'}",
        f"--output_dir={folder / 'records'}",
        "--on_leak=report",
        *options,
    ]
    with flagsaver.flagsaver():
        FLAGS(argv)
        with Trace(lambda value: _is_image(value, raws)) as trace:
            make_tfrecords.main(argv[:1])
    return trace


def _jpeg(seed):
    noise = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), np.uint8)
    buffer = io.BytesIO()
    image = Image.fromarray(noise).resize(SIZE)
    image.save(buffer, "JPEG", comment=b"Jane Doe, 1950-01-01")
    return buffer.getvalue()


def _is_image(value, raws):
    if isinstance(value, io.BytesIO):
        value = value.getvalue()
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        is_file = b"\xff\xd8\xff" in data or data.startswith(b"\x89PNG")
        is_part = len(data) >= MIN_BYTES and any(data in raw for raw in raws)
        return is_file or is_part
    if isinstance(value, np.ndarray):
        return value.ndim in (2, 3) and min(value.shape[:2]) >= MIN_SIDE
    return isinstance(value, Image.Image) and min(value.size) >= MIN_SIDE


def weights_way(folder, model, name):
    """Returns the Trace of a file of weights that a network starts from."""
    import keras

    from transfusion_tf.config.run import RunConfig
    from transfusion_tf.initialization import (
        pretrained,
        schemes,
        weight_files,
    )
    from transfusion_tf.models import zoo

    path = str(
        _saved(zoo.build(model, num_outputs=2, image_size=32), folder, name)
    )
    keras.backend.clear_session()
    backbone = zoo.build(model, num_outputs=2, image_size=32)
    layers = weight_files.read(path).layers
    texts = {n for x in layers for n in (x.name, *(n for n, _ in x.tensors))}
    texts -= {layer.name for layer in backbone.model.layers}
    config = RunConfig.from_flags_dict(
        {"model": model, "init": "pretrained", "weights": path}
    )
    with Trace(
        lambda value: (
            not isinstance(value, type(config) | type(config.init))
            and _is_of_weights(value, texts | {path})
        )
    ) as trace:
        source, _ = pretrained.source_and_model(config)
        schemes.initialize(backbone, config.init, source=source, seed=0)
    return trace


def _saved(backbone, folder, name):
    """Saves a network; returns the path."""
    import keras

    model = backbone.model
    if name.startswith("unnamed"):
        model = keras.models.clone_model(model, clone_function=_renamed)
    if name.endswith(".weights.h5"):
        model.save_weights(folder / name)
    else:
        model.save(folder / name)
    return folder / name


def _renamed(layer):
    settings = layer.get_config()
    settings["name"] = f"own_{settings['name'][::-1]}"
    return type(layer).from_config(settings)


def _is_of_weights(value, texts):
    import h5py

    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and value.size >= MIN_NUMBERS
    if isinstance(value, str | pathlib.Path):
        return str(value) in texts or '"class_name"' in str(value)
    return isinstance(value, h5py.HLObject)


def main(argv):
    """Prints the counts of each way, and its files."""
    del argv
    chosen, with_functions = FLAGS.way, FLAGS.functions
    for way in chosen:
        with tempfile.TemporaryDirectory() as folder:
            if way in OPTIONS:
                trace = image_way(pathlib.Path(folder), OPTIONS[way])
            else:
                trace = weights_way(pathlib.Path(folder), *FILES[way])
        carriers = trace.carriers
        print(
            f"{way}: {len(carriers)} carriers, {len(trace.callers)} with their "
            f"callers, {len(trace.called)} called"
        )
        for file in sorted(trace.called):
            mark = "*" if file in carriers else "+ "[file not in trace.callers]
            names = sorted(carriers.get(file, ())) if with_functions else ()
            print(f"  {mark} {file}", *names)


if __name__ == "__main__":
    cli.run(main)
