"""What several sources read alike: names of files, patients, classes."""

import pathlib
import re

from absl import logging

from transfusion_tf.data import manifest as manifests
from transfusion_tf.data import member_names

NO_LABEL = "no label"  # Why an image is bad.
_IMAGE_SUFFIXES = frozenset(
    (
        ".bmp",
        ".dcm",
        ".dicom",
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


def is_image_name(name):
    """Whether a path (with /) names an image and nothing on it is hidden."""
    suffix = pathlib.PurePosixPath(name).suffix
    return suffix.lower() in _IMAGE_SUFFIXES and not is_hidden(name)


def is_hidden(name):
    """Whether a path (with /) is what systems add to archives unseen."""
    parts = name.split("/")
    return any(p.startswith(".") or p == "__MACOSX" for p in parts)


def inside(paths):
    """Returns relative `paths` as stores write them, without . and ..

    Raises ValueError for paths that are empty or lead out of the root that
    they are relative to.
    """
    if not all(paths):
        raise ValueError("There are rows without a path. Fill or delete them.")
    plain = [member_names.normal(path) for path in paths]
    member_names.check_inside(plain, "The table")
    return plain


def from_the_top(images, names):
    """Returns `images` as names of the store.

    Where none is one and all names are below one folder, as in an archive of
    a folder, the table may count from there.
    """
    names, prefix = {name for name in names if not is_hidden(name)}, ""
    while not images.isin(names).any():
        tops = {name.partition("/")[0] for name in names}
        if len(tops) != 1 or tops <= names:
            return images  # They are reported as absent.
        (top,) = tops
        prefix = f"{prefix}{top}/"
        names = {name.partition("/")[2] for name in names}
    return prefix + images


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
    return _found(
        image_names,
        [name.rpartition("/")[2] for name in image_names],
        pattern,
        "file names",
    )


def patients_in(texts, pattern):
    """Returns the patient in each of `texts`, as `patients` finds it."""
    return _found(texts, texts, pattern, "texts")


def _found(names, texts, pattern, what):
    """Returns what `pattern` finds in `texts`; errors show the `names`."""
    if not pattern:
        raise ValueError(
            "--patient_pattern is empty. Give a regular expression that finds "
            "the patient, or leave the flag out."
        )
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise ValueError(
            f"--patient_pattern={pattern} is not a regular expression: {error}."
        ) from None
    matches = [search(text) for text in texts]
    found = [match and match[min(1, match.re.groups)] for match in matches]
    if all(found):
        return found
    pairs = zip(names, found, strict=True)
    without = [name for name, patient in pairs if not patient]
    raise ValueError(
        f"--patient_pattern={pattern} finds no patient in {len(without):,} of "
        f"{len(found):,} {what}: {manifests.examples(without)}."
    )


def chosen_labels(given, known):
    """Returns the labels that --classes takes, in its order.

    Raises ValueError, which lists those `known`, for one that is not.
    """
    unknown = [label for label in given if label not in known]
    if unknown:
        raise ValueError(
            f"--classes has {manifests.examples(unknown)}; the labels are "
            f"{', '.join(known)}."
        )
    return tuple(given)


def unlabelled(images, *, are_chosen):
    """Returns pairs (image, reason) for a manifest's bad images.

    Args:
        images: names of images without any label.
        are_chosen: whether the labels are some that the user has chosen among
            others. Then an image without one is no mistake: it is left out,
            with a warning, and not counted as bad.
    """
    if not are_chosen:
        return tuple((image, NO_LABEL) for image in images)
    if len(images):
        logging.warning(
            "%d images have a value for none of the labels of --classes, and "
            "are left out.",
            len(images),
        )
    return ()


def classes_of(labels, task, given=None):
    """Returns the classes of text `labels` in order; grades for ordinal.

    Args:
        labels: iterable of text.
        task: "multiclass" or "ordinal".
        given: the classes in order, some of them maybe without images; None:
            those of `labels`.

    Raises:
        ValueError: a label is not among those `given`, or is no grade.
    """
    if given is None:
        if task == "ordinal":
            return manifests.grade_classes(labels)
        return manifests.sorted_classes(labels)
    given = tuple(given)
    if task == "ordinal" and given != tuple(map(str, range(len(given)))):
        raise ValueError(
            "--classes of --task=ordinal are the grades 0,1,...,k in order. "
            f"Received: {','.join(given)}."
        )
    unknown = sorted(set(labels) - set(given))
    if unknown:
        raise ValueError(
            f"There are labels that --classes does not have: "
            f"{manifests.examples(unknown)}; it has {', '.join(given)}."
        )
    return given
