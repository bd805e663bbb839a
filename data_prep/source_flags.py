"""The flags that say what the raw data are, and the manifest they describe.

A binary that reads raw data imports this module and adopts its flags with
`flags.adopt_module_key_flags(source_flags)`.
"""

from absl import flags

from data_prep import sources
from transfusion_tf import names
from transfusion_tf.config import run

FLAGS = flags.FLAGS
flags.DEFINE_enum("source", None, sources.NAMES, sources.help_text())
flags.DEFINE_string(
    "input",
    None,
    "The raw data: an .npz file (npz); a directory that tensorflow_datasets "
    "has prepared, or with --data_dir a data set's name (tfds); else a "
    "directory, .zip or .tar.",
)
flags.DEFINE_string(
    "data_dir", None, "Directory of prepared data sets; --input is a name."
)
flags.DEFINE_string(
    "labels",
    None,
    "CSV file of paths and labels (csv, dicom); for public data sets their own "
    "table of labels, or a directory of their tables, where --input has none.",
)
flags.DEFINE_string(
    "name",
    None,
    "Name of the data set; by default that of a public data set, else that of "
    "--output_dir.",
)
flags.DEFINE_enum(
    "task",
    None,
    names.TASKS,
    "Kind of labels; by default multiclass, and multilabel where an .npz file "
    "or a data set of tensorflow_datasets has several labels for an image.",
)
flags.DEFINE_list(
    "classes",
    None,
    "Names of all classes, in their order; a label that is not among them is "
    "an error. For multilabel the labels to be taken. By default those found, "
    "sorted. For npz the names of the numbers 0, 1, ... For chexpert the word "
    "all takes all labels; by default the five that its authors evaluate.",
)
flags.DEFINE_list(
    "uncertain",
    None,
    "What becomes of uncertain labels: ignore (default; missing), zeros, ones, "
    "or, of a single label, multiclass; LABEL:WAY for one label, as in "
    "ignore,Edema:ones (chexpert, tfds).",
)
flags.DEFINE_enum(
    "blank",
    None,
    ("negative", "missing"),
    "What becomes of labels that a report does not speak of. By default they "
    "are negative for chexpert, as its authors have it, and missing for tfds.",
)
flags.DEFINE_enum(
    "view",
    None,
    ("frontal", "lateral", "all"),
    "Which images to take; by default all (chexpert).",
)
flags.DEFINE_string(
    "synset_words",
    None,
    "File with the names of the classes, synset_words.txt or "
    "LOC_synset_mapping.txt; by default they are called n01440764, ... "
    "(imagenet).",
)
flags.DEFINE_string(
    "medmnist_set",
    None,
    "Which set of MedMNIST an .npz file is (pneumoniamnist, ...), whose names "
    "of classes and task it then has; none for no such set. By default the "
    "it is the one in the file's name.",
)
flags.DEFINE_string(
    "path_column", None, "Column of --labels with the paths (default: path)."
)
flags.DEFINE_string(
    "label_column",
    None,
    "Column of --labels with the labels, or feature of a tfds data set "
    "(default: label).",
)
flags.DEFINE_string(
    "patient_column",
    None,
    "Column of --labels with the patients (default: patient, if it is there), "
    "or feature of a tfds data set.",
)
flags.DEFINE_string(
    "split_column",
    None,
    "Column of --labels with train, val or test (default: split, if it is "
    "there).",
)
flags.DEFINE_string(
    "patient_pattern",
    None,
    "Regular expression that finds the patient: its first group, or all of "
    "it. It is searched for in the text of --patient_column where that is "
    "given, else in the file's name.",
)
flags.DEFINE_list(
    "split_folders",
    None,
    "Which upper folder is which split, as FOLDER:SPLIT,FOLDER:SPLIT, or none "
    "where upper folders are classes (image_folder; by default as their "
    "names say).",
)
flags.DEFINE_string(
    "encoding",
    None,
    "Encoding of file names in --input, and of --labels, where they are not "
    "UTF-8: cp1252, gbk, shift_jis, ... (csv, dicom, image_folder).",
)
flags.DEFINE_list(
    "extra_columns",
    None,
    "Further columns of --labels that the records carry as text, for "
    "analyze_predictions.py --subgroups. They must not identify the patient.",
)
flags.DEFINE_string(
    "label_set",
    None,
    "Which of several kinds of labels: malignancy (default) or diagnosis "
    "(busi); findings (default) or tears, which --folds are about (mrnet).",
)
flags.DEFINE_string(
    "missing_tirads",
    None,
    "What images without a TIRADS score are: exclude (left out; default "
    "without --folds) or benign (ddti_thyroid).",
)
flags.DEFINE_enum(
    "plane",
    None,
    names.PLANES,
    "Which of an exam's volumes (mrnet; default: sagittal).",
)
flags.DEFINE_string(
    "slices",
    None,
    "Which slices of a volume: middle (default), all, or a number of slices "
    "around the middle (mrnet).",
)
flags.DEFINE_integer(
    "first_slice",
    None,
    "Number of a volume's first slice in --folds, 0 (default) or 1 (mrnet).",
    lower_bound=0,
    upper_bound=1,
)
flags.DEFINE_string(
    "folds",
    None,
    "Directory of the folds of Juodelyte et al. 2023, "
    "{train,val,test}_fold<fold>.csv, that --fold chooses from.",
)
flags.DEFINE_integer(
    "fold",
    None,
    "Which fold is the test split, from 1; goes with --num_folds or --folds.",
    lower_bound=1,
)
flags.DEFINE_integer(
    "num_images",
    None,
    "Number of images to make (synthetic sources; default: 4500).",
    lower_bound=1,
    upper_bound=10_000_000,  # Their table is held in memory.
)
flags.DEFINE_integer(
    "image_size",
    None,
    "Side of the square images in pixels. By default images keep their size, "
    "and synthetic ones have 64.",
    lower_bound=1,
    upper_bound=run.MAX_IMAGE_SIZE,
)
flags.DEFINE_integer(
    "seed",
    0,
    "Seed of the splits that are drawn, and of synthetic images.",
    lower_bound=0,
)

# Taken by every source, or by what is done with its images.
_COMMON = {"source", "image_size", "seed", "fold"}


def given(names_of_flags):
    """Returns {flag: value} of those flags that have a value."""
    return {
        name: FLAGS[name].value
        for name in names_of_flags
        if FLAGS[name].value is not None
    }


def require(name):
    """Raises ValueError unless the flag `name` has a value."""
    if not FLAGS[name].value:
        raise ValueError(f"--{name} must be given; see --help.")


def check(own, also=()):
    """Raises ValueError for flags that the source needs or does not take.

    Args:
        own: names of all flags of the binary.
        also: names of those that are not this module's and go with --source.
    """
    options = sources.options(FLAGS.source)
    for name, is_required in options.items():
        if is_required:
            require(name)
    taken = {*_COMMON, *options, *also}
    wrong = [f"--{n}" for n in own if FLAGS[n].present and n not in taken]
    if wrong:
        raise ValueError(
            f"{', '.join(wrong)} does not go with --source={FLAGS.source}, "
            f"which takes {', '.join(f'--{f}' for f in sorted(taken))}."
        )
    empty = [f"--{n}" for n in own if FLAGS[n].present and _is_empty(n)]
    if empty:
        raise ValueError(
            f"{', '.join(empty)} is empty. Give a value, or leave it out."
        )
    if FLAGS.folds and FLAGS.fold is None:
        raise ValueError("--folds needs --fold, the number of one of them.")


def _is_empty(name):
    value = FLAGS[name].value
    entries = value if isinstance(value, list) else [value]
    return not entries or any(entry == "" for entry in entries)


def manifest(output_dir=None):
    """Returns the Manifest that the flags describe; `check` them before.

    With an `output_dir`, its name is that of a data set whose source has none
    of its own: what raw data are called ("raw", "images") says little.
    """
    options = set(sources.options(FLAGS.source))
    if not FLAGS.folds:
        options.discard("fold")  # It is that of --num_folds.
    values = given(options)
    if output_dir and not sources.has_name(FLAGS.source, values):
        values["name"] = _name_of(output_dir)
    return sources.get(FLAGS.source)(**values)


def _name_of(output_dir):
    from transfusion_tf import paths
    from transfusion_tf.data import manifest as manifests

    path = paths.path(output_dir)
    if not paths.is_remote(output_dir):
        path = path.absolute()  # Of "." the last part is nothing.
    return manifests.default_name(path.name)
