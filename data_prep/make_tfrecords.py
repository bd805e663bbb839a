"""Converts raw images into records, TFRecord files that tfds can read.

python data_prep/make_tfrecords.py --source=image_folder --input=images.zip \
    --output_dir=data/images

The records come to <output_dir>/1.0.0. An interrupted conversion continues
when the same command is given again. data_prep/README.md tells what each
source expects.
"""

from absl import flags

from transfusion_tf import cli, names

FLAGS = flags.FLAGS
flags.DEFINE_enum("source", None, names.SOURCES, "Kind of raw data.")
flags.DEFINE_string("output_dir", None, "Where the records go.")
flags.DEFINE_string(
    "input",
    None,
    "The raw data: an .npz file (npz); a directory, .zip or "
    ".tar (image_folder, csv, kermany_chest, idrid).",
)
flags.DEFINE_string("labels", None, "CSV file of paths and labels (csv).")
flags.DEFINE_string(
    "name", None, "Name of the data set; by default that of --input."
)
flags.DEFINE_enum(
    "task",
    None,
    names.TASKS,
    "Kind of labels; by default multiclass, and "
    "multilabel for an .npz file with several label columns.",
)
flags.DEFINE_string(
    "patient_pattern",
    None,
    "Regular expression that finds the patient in a "
    "file's name: its first group, or all of it (image_folder, csv, "
    "kermany_chest).",
)
flags.DEFINE_list(
    "extra_columns",
    None,
    "Further columns of --labels that the records "
    "carry as text. They must not tell who the patient is (csv).",
)
flags.DEFINE_integer(
    "num_images",
    None,
    "Number of images to make (synthetic sources; default: 4500).",
    lower_bound=1,
)
flags.DEFINE_integer(
    "image_size",
    None,
    "Side of the square images in pixels. By default "
    "images keep their size, and synthetic ones have 64.",
    lower_bound=1,
)
flags.DEFINE_enum(
    "resize_mode",
    None,
    ("stretch", "fit", "crop"),
    "How an image becomes "
    "square: stretch (default) ignores the aspect ratio, fit adds black "
    "margins, crop cuts the longer side. Goes with --image_size.",
)
flags.DEFINE_integer(
    "seed",
    0,
    "Seed of the splits that are drawn, and of synthetic images.",
    lower_bound=0,
)
flags.DEFINE_enum(
    "splits",
    None,
    ("auto", "official", "grouped"),
    "What becomes of the splits that the data set comes with: auto (default) "
    "keeps them unless they share patients, official keeps them, grouped "
    "draws new ones by patient.",
)
flags.DEFINE_integer(
    "num_workers",
    None,
    "Processes; by default one a core, and one for small data.",
    lower_bound=1,
)
flags.DEFINE_float(
    "max_bad_fraction",
    None,
    "Share of the images that may be unreadable; "
    "they are left out and listed in quarantine.csv (not npz, synthetic "
    "sources; default: 0).",
    lower_bound=0,
    upper_bound=1,
)
flags.DEFINE_bool("overwrite", False, "Replaces other records.")

# Flags of the conversion itself, which go with every source.
_COMMON = (
    "source",
    "output_dir",
    "image_size",
    "seed",
    "splits",
    "num_workers",
    "overwrite",
)
# With sources that are made of files.
_OF_FILES = {
    "image_folder": ("resize_mode", "max_bad_fraction"),
    "csv": ("resize_mode", "max_bad_fraction"),
    "kermany_chest": ("resize_mode", "max_bad_fraction"),
    "idrid": ("resize_mode", "max_bad_fraction"),
    "npz": ("resize_mode",),
}


def main(argv):
    """Converts as the flags say and prints where to and how many images."""
    del argv  # cli.run has refused any.
    for flag in ("source", "output_dir"):
        _require(flag)
    from data_prep import sources

    options = sources.options(FLAGS.source)
    _check_flags(options)

    from transfusion_tf import conversion
    from transfusion_tf.data import images, records, splits

    manifest = sources.get(FLAGS.source)(**_given(options))
    version_dir = conversion.convert(
        manifest,
        FLAGS.output_dir,
        image_options=images.Options(**_given(("image_size", "resize_mode"))),
        split_options=splits.Options(
            mode=FLAGS.splits or "auto", seed=FLAGS.seed
        ),
        overwrite=FLAGS.overwrite,
        **_given(("num_workers", "max_bad_fraction")),
    )
    print(version_dir)
    print(counts_table(records.read_card(version_dir)))


def counts_table(card):
    """Returns lines: a header of splits, all images, images of each class."""
    rows = [["", *card.num_examples], ["images", *card.num_examples.values()]]
    for name in card.classes:
        rows.append([name, *(counts[name] for counts in card.counts.values())])
    width = max(len(row[0]) for row in rows)
    lines = (
        row[0].ljust(width)
        + "".join(
            f"{n:>10,}" if isinstance(n, int) else f"{n:>10}" for n in row[1:]
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _given(options):
    """Returns {flag: value} of those in `options` that have a value."""
    return {
        flag: FLAGS[flag].value
        for flag in options
        if FLAGS[flag].value is not None
    }


def _require(flag):
    if not FLAGS[flag].value:
        raise ValueError(f"--{flag} must be given; --help tells more.")


def _check_flags(options):
    """Raises ValueError for flags that the source needs or does not take."""
    for flag, is_required in options.items():
        if is_required:
            _require(flag)
    taken = {*_COMMON, *options, *_OF_FILES.get(FLAGS.source, ())}
    own = [f.name for f in FLAGS.get_key_flags_for_module(__name__)]
    wrong = [f"--{f}" for f in own if FLAGS[f].present and f not in taken]
    if wrong:
        raise ValueError(
            f"{', '.join(wrong)} does not go with --source={FLAGS.source}, "
            f"which takes {', '.join(f'--{f}' for f in sorted(taken))}."
        )
    if FLAGS.resize_mode and FLAGS.image_size is None:
        raise ValueError("--resize_mode needs --image_size.")


if __name__ == "__main__":
    cli.run(main)
