"""Writes what arms are worth by training images: tables, a picture, words."""

import pathlib

from transfusion_tf import tables
from transfusion_tf.analysis.comparing import train_sizes
from transfusion_tf.reporting import verdict_text
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.figures.comparing import train_sizes as figure

_STEM = "train_sizes"


def write(found, output_dir):
    """Writes train_sizes.csv, _differences.csv, _limits.csv and .png.

    Args:
        found: an analysis.comparing.train_sizes.SizeComparison.
        output_dir: directory, made if need be.

    Returns:
        What the terminal shows: where arms part, each size, then the paths.
    """
    folder = pathlib.Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [
        tables.write(folder / f"{_STEM}{part}.csv", rows, columns=columns)
        for part, rows, columns in (
            ("", found.arm_rows, train_sizes.ARM_COLUMNS),
            ("_differences", found.rows, train_sizes.COLUMNS),
            ("_limits", found.limit_rows, train_sizes.LIMIT_COLUMNS),
        )
    ]
    drawn = figure.draw(*map(tables.read, paths[:2]), margin=found.margin)
    paths.append(style.save(drawn, folder / f"{_STEM}.png"))
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


def limit_sentence(row):
    """A row of analysis.comparing.train_sizes.LIMIT_COLUMNS in words."""
    text = f"{row['arm']} against {row['reference']}: "
    if row["largest_different"] is None:
        text += f"no difference is shown at any of {row['num_sizes']} sizes"
    else:
        text += (
            "a difference is shown at up to "
            f"{row['largest_different']:,} training images"
        )
    if row["smallest_equivalent"] is None:
        return (
            f"{text}; equivalence within {row['margin']:g} is not shown at the "
            "largest."
        )
    return (
        f"{text}; equivalent within {row['margin']:g} from "
        f"{row['smallest_equivalent']:,} on."
    )


def _size_sentence(row):
    return (
        f"  {row['num_train_images']:,} images, {row['arm']}: "
        f"{verdict_text.words(row)}."
    )
