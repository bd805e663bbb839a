"""Secrets that must not be in files: where they are."""

import os

_CHUNK = 1 << 24


def find_bytes(root, needles):
    """Returns where given secrets occur in the files below `root`.

    Names of files and folders are searched, too. Compressed contents are
    searched as they lie there, not unpacked; needles of three bytes or fewer
    occur in them by chance.

    Args:
        root: a directory, or one file.
        needles: bytes, or text, which is searched as UTF-8 and UTF-16.

    Returns:
        Sorted list of (path relative to `root`, needle).

    Raises:
        ValueError: there is no needle, or an empty one.
    """
    if not needles or not all(needles):
        raise ValueError(
            f"Give needles that are not empty. Received: {needles}."
        )
    forms = [(form, needle) for needle in needles for form in _forms(needle)]
    found = set()
    for path in _files(root):
        name = os.path.relpath(path, root)
        found |= {(name, n) for form, n in forms if form in os.fsencode(name)}
        found |= {(name, needle) for needle in _needles_in(path, forms)}
    return sorted(found, key=str)


def _forms(needle):
    if isinstance(needle, bytes):
        return [needle]
    return [needle.encode(), needle.encode("utf-16-le")]


def _files(root):
    if not os.path.isdir(root):
        return [root]
    walk = os.walk(root)
    return [
        os.path.join(where, name) for where, _, names in walk for name in names
    ]


def _needles_in(path, forms):
    """Returns the needles in a file, read in parts that overlap."""
    overlap = max(len(form) for form, _ in forms) - 1
    found, tail = set(), b""
    with open(path, "rb") as file:
        while part := file.read(_CHUNK):
            part = tail + part
            found |= {needle for form, needle in forms if form in part}
            tail = part[-overlap:] if overlap else b""
    return found
