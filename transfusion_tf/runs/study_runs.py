"""The runs of a study, where --runs names its directory."""

import pathlib

# A row a run of the study: its directory in RUNS, and whether it is compared.
TABLE, RUNS = "study.csv", "runs"
_NEEDED = ("run", "status", "chosen")


def is_study(path):
    """Whether a directory is that of a study whose table is written."""
    return (pathlib.Path(path) / TABLE).is_file()


def compared(root):
    """Directories of the runs that a study compares, in its table's order.

    These are the finished ones at the learning rate that was chosen for their
    arm.

    Args:
      root: directory of the study.

    Raises:
      ValueError: its table is damaged, or none of its runs is finished.
    """
    from transfusion_tf import tables  # Imports pandas, which takes long.

    path = pathlib.Path(root) / TABLE
    again = "Give run_study.py again: it writes the table anew."
    try:
        table = tables.read_text(path)
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}). {again}") from None
    lacks = [name for name in _NEEDED if name not in table]
    if lacks:
        raise ValueError(f"{path} has no column {lacks[0]}. {again}")
    is_compared = table["status"].eq("finished") & table["chosen"].eq("yes")
    names = table["run"][is_compared]
    if not len(names):
        raise ValueError(f"{path}: none of the runs is finished.")
    return [pathlib.Path(root) / RUNS / name for name in names]
