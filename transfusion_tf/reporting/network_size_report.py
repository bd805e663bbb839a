"""Writes how small a network may be: a table, a picture, words."""

from transfusion_tf import tables
from transfusion_tf.analysis.comparing import network_sizes
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.figures.comparing import network_sizes as figure


def write(found, output_dir):
    """Writes network_sizes.csv and .png.

    Args:
        found: an analysis.comparing.network_sizes.NetworkComparison.
        output_dir: directory, made if need be.

    Returns:
        What the terminal shows: the answer, a line an arm, then the paths.
    """
    table = tables.frame(found.rows, columns=network_sizes.COLUMNS)
    paths = style.write(table, "network_sizes", output_dir, figure.draw)
    return "\n".join(
        [
            *answer(found),
            "",
            *map(_arm_sentence, found.rows),
            "",
            *(f"left out: {line}" for line in found.left_out),
            *map(str, paths),
        ]
    )


def answer(found):
    """Yields what the arms say, in sentences.

    Args:
        found: as for `write`.
    """
    best = found.best_row
    how = "the best on val" if found.is_chosen else "what --reference names"
    yield (
        f"On {best['dataset']} ({best['split']}: {best['num_images']} images), "
        f"{best['metric']}: {how} is {found.best} with "
        f"{best['parameters']:,} parameters."
    )
    if not found.smaller:
        yield "It is itself the smallest of these networks."
    elif found.smallest is not None:
        row = found.smallest
        share = row["parameters"] / best["parameters"]
        yield (
            f"The smallest not inferior to it within {found.margin:g}: "
            f"{row['arm']}, {_interval(row)}, with {row['parameters']:,} "
            f"parameters ({share:.1%} of them)."
        )
    elif all(_is_worse(row, found.margin) for row in found.smaller):
        yield (
            "Every smaller network is worse by more than the margin, "
            f"{found.margin:g}."
        )
    else:
        yield (
            "Cannot tell: no smaller network is shown to be not inferior to "
            f"it within {found.margin:g}; more seeds or patients would narrow "
            "the intervals."
        )


def _is_worse(row, margin):
    high = row["difference_high"]
    return high is not None and high < -margin


def _arm_sentence(row):
    text = f"{row['arm']}: {row['parameters']:,} parameters"
    if row["milliseconds_single"] is not None:
        text += f", {row['milliseconds_single']:.2f} ms for one image"
    if row["arm"] == row["best"]:
        return f"{text}; the best."
    if row["difference"] is None:
        return f"{text}; no AUC ({row['note']})."
    shown = "not inferior" if row["non_inferior"] else "not shown"
    note = f" ({row['note']})" if row["note"] else ""
    return f"{text}; {_interval(row)}: {shown}{note}."


def _interval(row):
    return (
        f"difference {row['difference']:+.4f} [{row['difference_low']:+.4f}, "
        f"{row['difference_high']:+.4f}]"
    )
