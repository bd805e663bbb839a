"""Values of tables: what stands for nothing, and one value in two spellings."""

import re
import unicodedata

from absl import logging

from transfusion_tf.data import manifest as manifests

# As R, pandas, spreadsheets and databases write it. "None" is not among them:
# it is the name of a class where nothing was found.
MISSING = (
    "",
    "NA",
    "N/A",
    "n/a",
    "na",
    "NaN",
    "nan",
    "NAN",
    "<NA>",
    "#N/A",
    "NULL",
    "null",
)
_WHOLE = r"-?\d+"
_DECIMAL = r"-?\d+\.0*"  # Of a column with gaps, which pandas reads as float.


def normalized(column, what, keep=()):
    """Returns a column of text with one spelling for a value, "" for none.

    Numbers like 3.0 become 3 where all values are numbers, or 3 is there, too.

    Args:
        column: pandas.Series of text.
        what: it has, for the warnings.
        keep: values that are no sign of a missing one, whatever they look like.
    """
    is_missing = column.isin(set(MISSING) - set(keep))
    named = sorted(set(column[is_missing]) - {""})
    if named:
        logging.warning(
            "%s: %s is read as missing, in %d rows.",
            what,
            manifests.examples(named),
            column.isin(named).sum(),
        )
    column = column.mask(is_missing, "")
    is_decimal = column.str.fullmatch(_DECIMAL)
    is_whole = column.str.fullmatch(_WHOLE)
    whole = column.str.partition(".")[0]
    are_numbers = (is_decimal | is_whole | (column == "")).all()
    merged = is_decimal & (are_numbers | whole.isin(set(column[is_whole])))
    both = merged & whole.isin(set(column[is_whole]))
    if both.any():
        first = column[both].iloc[0]
        logging.warning(
            "%s: numbers are written in two ways, such as %r and %r; they are "
            "taken as one (%d rows).",
            what,
            whole[both].iloc[0],
            first,
            both.sum(),
        )
    return column.where(~merged, whole)


def warn_variants(values, what):
    """Warns of values that differ in case, spaces or leading zeros alone.

    They stay apart: `P003` and `p003` may be two.

    Args:
        values: iterable of text.
        what: they are, for the warning.
    """
    spelled = {}
    for value in sorted(set(values)):
        spelled.setdefault(_bare(value), []).append(value)
    several = [group for group in spelled.values() if len(group) > 1]
    if several:
        logging.warning(
            "%d %s are written in several ways, and taken as different: %s. If "
            "they are the same, make them equal.",
            len(several),
            what,
            manifests.examples(", ".join(group) for group in several),
        )


def _bare(value):
    value = unicodedata.normalize("NFKC", value).casefold()
    value = re.sub(r"[\s_-]+", " ", value)
    return re.sub(r"(?<!\d)0+(?=\d)", "", value)
