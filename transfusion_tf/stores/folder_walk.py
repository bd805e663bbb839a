"""The files below a directory, links followed, each folder entered once."""

import os

from transfusion_tf.stores import archive_links

UNREADABLE = "a folder that cannot be read"


def walked(root):
    """Returns the paths of all files below `root`, and what is left out.

    A link to a folder that it lies in, or to one above `root`, is not
    followed: what it leads to is there already, or has no end.

    Args:
        root: path of a directory.

    Returns:
        list of relative paths, sorted; list of pairs (path, why not).

    Raises:
        ValueError: links make more names than archive_links.MAX_LINKED.
    """
    waiting, paths, left_out = [("", os.path.realpath(root), ())], [], []
    number = 0
    while waiting:
        folder, real, chain = waiting.pop()
        try:
            entries = list(os.scandir(os.path.join(root, folder)))
        except OSError:
            left_out.append((folder, UNREADABLE))
            continue
        if chain:
            number += len(entries) + 1
            archive_links.check_number(number, root)
        for entry in entries:
            name, kind = folder + entry.name, _kind(entry)
            if kind == "file":
                paths.append(name)
            elif kind == "folder":
                inner = os.path.join(real, entry.name)
                waiting.append((f"{name}/", inner, chain))
            elif kind == "linked folder":
                inner, reals = os.path.realpath(entry.path), (*chain, real)
                if archive_links.is_loop(inner, reals):
                    left_out.append((name, archive_links.LOOP))
                else:
                    waiting.append((f"{name}/", inner, reals))
            else:
                left_out.append((name, kind))
    return sorted(paths), left_out


def _kind(entry):
    """Returns "file", "folder", "linked folder", or why it is left out."""
    try:
        if entry.is_dir():
            return "linked folder" if entry.is_symlink() else "folder"
        if entry.is_file():
            return "file"
        is_link = entry.is_symlink()
    except OSError:  # A link that leads to itself.
        return archive_links.BROKEN
    return archive_links.BROKEN if is_link else archive_links.NO_FILE
