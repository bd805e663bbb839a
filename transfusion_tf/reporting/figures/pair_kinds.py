"""Kinds of pairs of runs: by the two starts, whichever comes first."""


def of(table):
    """The kind of each row, such as "pretrained and random", as a list.

    Args:
      table: rows with `init` and `other_init`.
    """
    return [
        " and ".join(sorted(inits))
        for inits in zip(table["init"], table["other_init"], strict=True)
    ]
