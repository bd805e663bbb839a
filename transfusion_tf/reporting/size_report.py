"""Writes what arms are worth by training images: tables, a picture, words."""

from transfusion_tf import tables
from transfusion_tf.analysis.comparing import train_sizes
from transfusion_tf.reporting import verdict_text
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.figures.comparing import train_sizes as figure


def write(found, output_dir):
    """Writes train_sizes.csv, _differences.csv, _limits.csv and .png.

    Args:
        found: an analysis.comparing.train_sizes.SizeComparison.
        output_dir: directory, made if need be.

    Returns:
        What the terminal shows: where arms part, each size, then the paths.
    """
    paths = tables.write_rows(output_dir, tables_of(found))
    drawn = figure.draw(*map(tables.read, paths[:2]), margin=found.margin)
    paths.append(style.save(drawn, paths[0].with_suffix(".png")))
    return "\n".join(
        [
            *(limit_sentence(row) for row in found.limit_rows),
            *([] if found.rows else ["There is nothing to compare."]),
            *(_size_sentence(row) for row in found.rows),
            "",
            *(f"left out: {line}" for line in found.left_out),
            *map(str, paths),
        ]
    )


def tables_of(found):
    """{stem: (rows, columns)} of a SizeComparison, for tables.write_rows."""
    return {
        "train_sizes": (found.arm_rows, train_sizes.ARM_COLUMNS),
        "train_sizes_differences": (found.rows, train_sizes.COLUMNS),
        "train_sizes_limits": (found.limit_rows, train_sizes.LIMIT_COLUMNS),
    }


def limit_sentence(row):
    """A row of analysis.comparing.train_sizes.LIMIT_COLUMNS in words."""
    largest, smallest = row["largest_different"], row["smallest_equivalent"]
    different = f"no difference is shown at any of {row['num_sizes']} sizes"
    if largest is not None:
        different = (
            f"a difference is shown at up to {largest:,} training images"
        )
    margin = f"{row['margin']:g}"
    same = f"equivalence within {margin} is not shown at the largest"
    if smallest is not None:
        same = f"equivalent within {margin} from {smallest:,} on"
    return f"{row['arm']} against {row['reference']}: {different}; {same}."


def _size_sentence(row):
    return (
        f"  {row['num_train_images']:,} images, {row['arm']}: "
        f"{verdict_text.words(row)}."
    )
