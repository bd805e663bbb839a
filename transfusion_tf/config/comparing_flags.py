"""absl flags that the binaries share which compare arms of runs.

A binary calls those that it has; the flags become its own.
"""

from absl import flags

from transfusion_tf import paths

flags.disclaim_key_flags()  # They belong to the caller.


def runs():
    """Defines --runs."""
    return flags.DEFINE_list(
        "runs",
        [],
        "run directories, globs or studies (the runs that a study compares), "
        "separated by commas",
    )


def split():
    """Defines --split, for runs on their own records."""
    return flags.DEFINE_enum(
        "split", "test", ("val", "test"), "split whose predictions are compared"
    )


def reference(role, table, default):
    """Defines --reference.

    Args:
      role: what becomes of the arm that it names: "that ...".
      table: CSV that is written, with the names of arms.
      default: the arm where none is given.
    """
    return flags.DEFINE_string(
        "reference",
        None,
        f"name of the arm {role}, as {table} has it (default: {default})",
    )


def margin(
    what="largest difference of AUCs that would change nobody's choice; at "
    "0.01, of 100 pairs of a sick and a healthy image one more is ranked right",
):
    """Defines --margin.

    Args:
      what: help, what the margin is of.
    """
    return flags.DEFINE_float("margin", 0.01, what)


def threshold():
    """Defines --threshold."""
    return flags.DEFINE_integer(
        "threshold",
        None,
        "ordinal tasks: compare the AUC of grade >= this (default: the mean "
        "over thresholds)",
    )


def output_dir(what="the tables and the picture"):
    """Defines --output_dir.

    Args:
      what: is written there.
    """
    return flags.DEFINE_string("output_dir", None, f"directory of {what}")


def check_given(runs, output_dir):
    """Raises ValueError unless --runs and --output_dir can be used."""
    if not runs or not output_dir:
        raise ValueError(
            "Give --runs=RUN,RUN (directories, globs or studies) and "
            "--output_dir=DIR."
        )
    paths.check_output_dir(output_dir)
