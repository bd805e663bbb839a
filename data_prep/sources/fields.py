"""What several sources read alike: names of splits, files and patients."""

import pathlib
import re

from transfusion_tf.data import manifest as manifests

_SPLITS = {
    "train": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
_IMAGE_SUFFIXES = frozenset(
    (
        ".bmp",
        ".gif",
        ".jfif",
        ".jpe",
        ".jpeg",
        ".jpg",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
        ".tif",
        ".tiff",
        ".webp",
    )
)


def split_of(text):
    """Returns train, val or test for a usual name of it, else None."""
    return _SPLITS.get(text.strip().lower())


def is_image_name(name):
    """Whether a path (with /) names an image and nothing on it is hidden."""
    suffix = pathlib.PurePosixPath(name).suffix
    return suffix.lower() in _IMAGE_SUFFIXES and not is_hidden(name)


def is_hidden(name):
    """Whether a path (with /) is what systems add to archives unseen."""
    parts = name.split("/")
    return any(p.startswith(".") or p == "__MACOSX" for p in parts)


def read_table(file, name):
    """Returns the CSV file `file` (path or binary file), all of it text.

    Names of columns and values have lost the spaces around them. Raises
    ValueError, which calls the file `name`, if it is no CSV file or empty.
    """
    import pandas as pd

    try:
        # utf-8-sig: spreadsheets begin UTF-8 files with a byte order mark.
        rows = pd.read_csv(
            file,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            index_col=False,
        )
    except ValueError as error:  # All of pandas' parsing errors are.
        raise ValueError(f"{name} is not a CSV file ({error}).") from None
    rows.columns = [column.strip() for column in rows.columns]
    if rows.empty:
        raise ValueError(f"{name} has no row beside its header.")
    return rows.apply(lambda column: column.str.strip())


def default_name(input_path):
    """Returns a data set's name from the name of its file or directory."""
    path = pathlib.Path(input_path).resolve()
    return manifests.default_name(path.name if path.is_dir() else path.stem)


def patients(image_names, pattern):
    """Returns the patient of each image, found in its file name.

    Args:
        image_names: paths with /.
        pattern: regular expression, searched for in the last part of the
            path; its first group, or all of it, is the patient.

    Raises:
        ValueError: not a regular expression, or names do not match.
    """
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise ValueError(
            f"--patient_pattern={pattern} is not a regular expression: {error}."
        ) from None
    matches = [search(name.rpartition("/")[2]) for name in image_names]
    found = [match and match[min(1, match.re.groups)] for match in matches]
    without = [
        name
        for name, patient in zip(image_names, found, strict=True)
        if not patient
    ]
    if without:
        raise ValueError(
            f"--patient_pattern={pattern} finds no patient in "
            f"{len(without):,} of {len(found):,} file names: "
            f"{manifests.examples(without)}."
        )
    return found


def classes_of(labels, task):
    """Returns the classes of text `labels` in order; grades for ordinal."""
    if task == "ordinal":
        return manifests.grade_classes(labels)
    return manifests.sorted_classes(labels)
