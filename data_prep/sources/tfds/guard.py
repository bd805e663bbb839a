"""What a prepared data set may not ask for: code, other folders, absurd sizes.

tensorflow_datasets believes what features.json and dataset_info.json say.
"""

import pathlib

from transfusion_tf import checked, files

FEATURES = "features.json"
# ImageNet-21k has 21,841; names are made for as many as are declared.
MAX_CLASSES = 100_000
_CLASS_KEYS = {"type", "pythonClassName", "python_class_name", "proto_cls"}
_OWN_CLASSES = ("tensorflow_datasets.",)


def check_features(path):
    """Raises ValueError for features that need other code to be loaded.

    tensorflow_datasets imports the module that features.json names as the
    home of a feature's class, whichever it is.
    """
    parts = [files.read_json(path)]
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        if not isinstance(part, dict):
            continue
        parts += part.values()
        for key in _CLASS_KEYS & set(part):
            name = part[key]
            if isinstance(name, str) and not name.startswith(_OWN_CLASSES):
                raise ValueError(
                    f"{path} asks for the Python class "
                    f"{checked.shown(name)}, which is not of "
                    "tensorflow_datasets; code that a data set asks for is "
                    "not loaded."
                )


def files_of(split, folder):
    """Returns the paths of a split's files; ValueError if not in `folder`."""
    paths = [pathlib.Path(path) for path in split.filepaths]
    for path in paths:
        if path.parent.resolve() != folder.resolve():
            raise ValueError(
                f"{folder} has the file {checked.shown(str(path))} in another "
                "folder."
            )
    return [str(path) for path in paths]


def class_names(feature):
    """Returns the names of a ClassLabel; ValueError for absurdly many."""
    if (feature.num_classes or 0) > MAX_CLASSES:
        raise ValueError(
            f"There cannot be {feature.num_classes:,} classes; at most "
            f"{MAX_CLASSES:,} are read."
        )
    return tuple(feature.names)
