"""The flags that say what becomes of raw images, beside those of the source.

A binary that converts imports this module and adopts its flags with
`flags.adopt_module_key_flags(conversion_flags)`.
"""

import pathlib

from absl import flags

from data_prep import source_flags, sources
from transfusion_tf import cli, names

FLAGS = flags.FLAGS
flags.DEFINE_string("output_dir", None, "Where the records go.")
flags.DEFINE_enum(
    "resize_mode",
    None,
    ("stretch", "fit", "crop"),
    "How an image becomes square: stretch (default) ignores the aspect ratio, "
    "fit adds black margins, crop cuts the longer side. Goes with "
    "--image_size.",
)
flags.DEFINE_string(
    "window",
    None,
    "Grey values of DICOM images that are shown from black to white: "
    "CENTER,WIDTH; auto (default) takes what the file says; none takes all "
    "that occur (csv, dicom, image_folder, cbis_ddsm).",
)
flags.DEFINE_integer(
    "frame",
    None,
    "Which frame to take, from 0, of DICOM files with several. By default such "
    "files are refused (csv, dicom, image_folder, cbis_ddsm).",
    lower_bound=0,
)
flags.DEFINE_enum(
    "fundus",
    None,
    ("none", "crop", "graham"),
    "For fundus photographs: crop finds the disc and cuts a square around it, "
    "graham also evens out its colours; none by default.",
)
flags.DEFINE_enum(
    "splits",
    None,
    ("auto", "official", "grouped", "test"),
    "What becomes of the splits that the data set comes with: auto (default) "
    "keeps them unless they share patients, official keeps them, grouped "
    "draws new ones by patient, test makes all images the test split, for "
    "networks that were trained on others.",
)
flags.DEFINE_float(
    "test_fraction",
    None,
    "Share of the training images that become the test split, where one is "
    "drawn (default: 0.15).",
)
flags.DEFINE_float(
    "val_fraction",
    None,
    "Share of the training images left that become the validation split, "
    "where one is drawn (default: 0.1).",
)
flags.DEFINE_integer(
    "num_folds",
    None,
    "Cuts all images into this many folds; the one of --fold=1, 2, ... is the "
    "test split; the validation split is --val_fraction of the rest.",
    lower_bound=2,
)
flags.DEFINE_bool(
    "require_patients",
    False,
    "Refuses a data set whose patients are not known. By default its splits "
    "are drawn by image, with a warning.",
)
flags.DEFINE_enum(
    "on_leak",
    None,
    ("drop", "report", "error"),
    "What becomes of a training image with the same pixels as a validation or "
    "test image: it is dropped (default), reported only, or an error.",
)
flags.DEFINE_enum(
    "near_duplicates",
    None,
    ("report", "group", "drop"),
    "What becomes of images that look like others (perceptual hashes of 64 "
    "bits that differ in at most 4): report (default) counts and lists them, "
    "group keeps them in one split as the images of a patient, for which all "
    "images are decoded once more, drop takes those that look like validation "
    "or test images out of the earlier split.",
)
flags.DEFINE_string(
    "patient_salt_file",
    None,
    "File with a secret. The records then name patients by a hash of secret "
    "and patient, the same in every data set made with that file.",
)
flags.DEFINE_string(
    "positive_class",
    None,
    "Which of two classes is the positive one, with the index 1; by default "
    "the last, as they are sorted or stand in --classes. The data card has it.",
)
flags.DEFINE_string(
    "id_table",
    None,
    "Private CSV file to be written: which file of --input is behind each id, "
    "also of images that are left out. It may name patients, so it cannot lie "
    "in --output_dir, is for its owner alone (mode 0600), and is not written "
    "by default.",
)
flags.DEFINE_integer(
    "num_workers",
    None,
    "Processes; by default one a core, and one for small data.",
    lower_bound=1,
    upper_bound=1024,  # More than a machine has cores.
)
flags.DEFINE_float(
    "max_bad_fraction",
    None,
    "Share of the images that may be unusable (unreadable, absent, without a "
    "label); they are left out and listed in quarantine.csv (not npz, "
    "synthetic sources; default: 0.01).",
    lower_bound=0,
    upper_bound=1,
)
flags.DEFINE_bool("overwrite", False, "Replaces other records.")

_COMMON = (
    "output_dir",
    "splits",
    "test_fraction",
    "val_fraction",
    "num_folds",
    "require_patients",
    "on_leak",
    "near_duplicates",
    "patient_salt_file",
    "positive_class",
    "id_table",
    "num_workers",
    "engine",
    "beam_options",
    "overwrite",
)


def check(own):
    """Raises ValueError for flags that do not go together.

    `own` are the names of all flags of the binary.
    """
    for name in ("source", "output_dir"):
        source_flags.require(name)
    also = (*_COMMON, *sources.SOURCES[FLAGS.source].image_flags)
    source_flags.check(own, also)
    if FLAGS.folds and FLAGS.num_folds:
        raise ValueError("--folds and --num_folds do not go together.")
    _check_test_alone()
    cli.check_goes_with(
        "positive_class",
        holds=FLAGS.classes is None,
        what="classes in no given order, and of two --classes the last one is "
        "positive",
    )
    cli.check_goes_with(
        "fold",
        holds=FLAGS.folds or FLAGS.num_folds,
        what="--num_folds or --folds",
    )


def manifest():
    """Returns the Manifest of all flags; `check` them before."""
    found = source_flags.manifest(FLAGS.output_dir)
    if FLAGS.positive_class is None:
        return found
    from transfusion_tf.data import class_order

    return class_order.with_positive(found, FLAGS.positive_class)


def _check_test_alone():
    """Refuses flags on what several splits have in common, or on drawing."""
    idle = ["folds", "on_leak", "near_duplicates"]
    if FLAGS.source not in names.SYNTHETIC:  # Whose images have a seed, too.
        idle.append("seed")
    cli.check_goes_with(
        *idle,
        holds=FLAGS.splits != "test",
        what="several splits, and --splits=test makes all images one",
    )


def image_options():
    """Returns the ImageOptions that the flags describe."""
    from transfusion_tf.images import prepare

    cli.check_goes_with(
        "resize_mode",
        holds=FLAGS.image_size is not None,
        what="--image_size=N",
    )
    options = source_flags.given(
        ("image_size", "resize_mode", "fundus", "frame")
    )
    if FLAGS.window is not None:
        options["window"] = _window(FLAGS.window)
    return prepare.ImageOptions(**options)


def split_options():
    """Returns the SplitOptions that the flags describe."""
    from transfusion_tf.data import splits

    options = source_flags.given(("test_fraction", "val_fraction"))
    if FLAGS.num_folds:
        options |= {"num_folds": FLAGS.num_folds, "fold": FLAGS.fold}
    return splits.SplitOptions(
        mode=FLAGS.splits or "auto",
        seed=FLAGS.seed,
        require_patients=FLAGS.require_patients,
        **options,
    )


def conversion_options():
    """Returns the fields of ConvertOptions that only some flags set."""
    options = source_flags.given(
        (
            "num_workers",
            "max_bad_fraction",
            "on_leak",
            "near_duplicates",
            "id_table",
        )
    )
    if FLAGS.patient_salt_file is not None:
        options["patient_salt"] = _salt(pathlib.Path(FLAGS.patient_salt_file))
    return options


def _window(text):
    """Returns auto, none or (center, width)."""
    if text in ("auto", "none"):
        return text
    try:
        center, width = map(float, text.split(","))
    except ValueError:
        raise ValueError(
            "--window must be CENTER,WIDTH (two numbers), auto or none. "
            f"Received: {text}."
        ) from None
    return center, width


def _salt(path):
    """Returns the secret in a file, without white space around it."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path} for the salt.")
    salt = path.read_bytes().strip()
    if not salt:
        raise ValueError(
            f"The salt file {path} is empty. Fill it once, for instance with "
            "`openssl rand -hex 32`, and keep it secret."
        )
    return salt
