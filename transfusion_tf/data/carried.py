"""Further columns that records carry as text: site, sex, device, ...

They are for subgroups, and must not name anybody: a column in which nearly
every patient has a value of his own is a name, whatever it is called.
"""

from absl import logging

from transfusion_tf.data import member_names

EXTRA = "extra_"  # Before a column's name, in batches and in predictions.csv.
# More values than this make no subgroups, and are not listed on the card.
MOST_VALUES = 50
# Of fewer patients (images, where those are not known) nothing is concluded.
_FEWEST_UNITS = 20
_NAMES_FROM = 0.9
_WARN_FROM = 0.5


def check(manifest):
    """Raises ValueError for a column whose values are nearly all different.

    From half as many values as patients on, a warning is logged.

    Args:
        manifest: a Manifest.
    """
    unit = "patients" if manifest.has_patients else "images"
    table = manifest.table
    number = table["patient"].nunique() if manifest.has_patients else len(table)
    if number < _FEWEST_UNITS:
        return
    for column in manifest.extra_columns:
        different = table[column].astype(str).nunique()
        found = (
            f"The column {column!r} of --extra_columns has {different:,} "
            f"different values for {number:,} {unit}"
        )
        if different >= _NAMES_FROM * number:
            raise ValueError(
                f"{found}: so it may name them, and it makes no groups. Put "
                "its values into groups (years of age into decades), or leave "
                "it out."
            )
        if different >= _WARN_FROM * number:
            logging.warning("%s; see to it that it cannot name anybody.", found)


def counts(manifest):
    """Returns {column: {value: images}}, sorted, of the columns carried.

    A column with more than MOST_VALUES values, or with values of several
    lines, has an empty dict.
    """
    found = {}
    for column in manifest.extra_columns:
        values = manifest.table[column].astype(str).value_counts()
        are_listed = len(
            values
        ) <= MOST_VALUES and not member_names.control_characters(values.index)
        found[column] = (
            {value: int(values[value]) for value in sorted(values.index)}
            if are_listed
            else {}
        )
    return found
