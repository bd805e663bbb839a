"""What data sets of several files read alike: their tables, their images."""

import collections.abc
import dataclasses
import re

from data_prep.sources.common import fields, tables
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives


def names_in(store):
    """Returns the names in a store, without what systems add unseen."""
    return [name for name in store.names() if not fields.is_hidden(name)]


def find(names, file, place):
    """Returns the one of `names` whose last part is `file`, or None.

    Raises ValueError if there are several.
    """
    found = [name for name in names if name.rpartition("/")[2] == file]
    if len(found) > 1:
        raise ValueError(
            f"{place} has {len(found)} files {file}: "
            f"{manifests.examples(found)}. Give the folder of one of them."
        )
    return found[0] if found else None


def need(names, file, place):
    """Returns what `find` finds; raises ValueError if that is nothing."""
    found = find(names, file, place)
    if found is None:
        raise ValueError(
            f"{place} has no file {file}. Give the folder or archive that has "
            "it and the images."
        )
    return found


def unpacked_advice(names, pattern, advice):
    """Returns text on archives that have to be unpacked first, or "".

    Args:
        names: of the data set's files.
        pattern: regular expression that such an archive's name ends with.
        advice: what to do with them.
    """
    packed = [name for name in names if re.search(rf"{pattern}$", name)]
    if not packed:
        return ""
    return f" It has {manifests.examples(packed)}: {advice}"


def read_table(store, name, columns, *, header=""):
    """Returns `columns` of the CSV file `name`, all of it text.

    `header` is put before a file that has none. Raises ValueError if it is no
    CSV file, is empty or lacks a column.
    """
    data = header.encode() + tables.data_of(name, store)
    return tables.columns(tables.parse(name, data), *columns)


def refuse(rows, wrong, name, what):
    """Raises ValueError if rows of the table `name` are `wrong`.

    `what` is what is wrong with them, and what would be right.
    """
    if wrong.any():
        shown = [", ".join(row) for row in rows[wrong].to_numpy(str)]
        raise ValueError(
            f"{name} has {wrong.sum():,} rows {what}. Received: "
            f"{manifests.examples(shown)}."
        )


def located(rows, images, place):
    """Returns the rows whose image is there, and pairs (image, why not).

    Images that no row has are among the pairs, as without a label.

    Args:
        rows: pandas.DataFrame with the column key, once each.
        images: {key: name of the image in the store}.
        place: of the images, for messages.

    Raises:
        ValueError: no row has an image.
    """
    is_there = rows["key"].isin(images.keys())
    if not is_there.any():
        raise ValueError(
            f"{place} has none of the {len(rows):,} images of its tables: "
            f"{manifests.examples(rows['key'])}."
        )
    absent = [(key, archives.ABSENT) for key in rows.loc[~is_there, "key"]]
    known = set(rows["key"])
    unnamed = [
        (image, fields.NO_LABEL)
        for key, image in images.items()
        if key not in known
    ]
    rows = rows[is_there].reset_index(drop=True)
    return rows.assign(image=rows["key"].map(images)), (*absent, *unnamed)


@dataclasses.dataclass(frozen=True)
class Folders:
    """The folders that a data set consists of, below one root.

    Attributes:
        place: of the data set, for messages.
        root: folder (with /, or "") that has them.
        needed: names of the folders that must have images.
        expected: the published form of the paths, for messages.
    """

    place: str
    root: str
    needed: collections.abc.Collection
    expected: str

    def check_names(self, images, pattern):
        """Raises ValueError for images below the root that do not match."""
        stray = [
            image
            for image in images
            if image.startswith(self.root) and not pattern.fullmatch(image)
        ]
        if stray:
            raise ValueError(
                f"{self.place} has images outside of the folders of this data "
                f"set: {manifests.examples(stray)}. Expected {self.expected}; "
                "other folders go with --source=image_folder."
            )

    def check_filled(self, found):
        """Raises ValueError unless `found` has all the folders needed."""
        missing = set(self.needed) - set(found)
        if missing:
            raise ValueError(
                f"{self.place} has no images in {', '.join(sorted(missing))}. "
                f"Expected {self.expected}."
            )


def source(kind, store, **more):
    """Returns the `source` of a Manifest: kind, checksum and `more`."""
    checksum = store.checksum()
    return {"kind": kind, **more} | ({"sha256": checksum} if checksum else {})
