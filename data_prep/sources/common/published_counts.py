"""Whether an archive has as many images as were published for its data set."""

from absl import logging


def check(name, found, expected):
    """Warns, in one line, of counts that are not those published.

    The conversion goes on: an archive may be a part, or a later version.

    Args:
        name: of the data set.
        found: {split: number of images}, or {split: {class: number}}.
        expected: the same as published. What it does not have is not
            compared; what `found` does not have counts as 0.
    """
    found, expected = _flat(found), _flat(expected)
    other = [
        f"{place}: {found.get(place, 0):,} instead of {number:,}"
        for place, number in expected.items()
        if found.get(place, 0) != number
    ]
    if other:
        logging.warning(
            "%s is not as it was published, images may be missing: %s.",
            name,
            ", ".join(other),
        )


def by_split(table):
    """Returns {split: number of rows} of a table with the column `split`."""
    return table.groupby("split").size().to_dict()


def by_class(table):
    """Returns {split: {class: number}} of the columns `split` and `label`."""
    return {
        split: rows.groupby("label").size().to_dict()
        for split, rows in table.groupby("split")
    }


def _flat(counts):
    """Returns {"train": 1} as it is, {"train": {"cat": 1}} as "train cat"."""
    flat = {}
    for split, numbers in counts.items():
        if isinstance(numbers, dict):
            flat |= {f"{split} {name}": n for name, n in numbers.items()}
        else:
            flat[split] = numbers
    return flat
