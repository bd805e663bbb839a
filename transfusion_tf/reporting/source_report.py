"""Writes which source suits a target: tables, a figure, and lines."""

import pandas as pd

from transfusion_tf import tables
from transfusion_tf.reporting.figures import source_scores, style

CAUTION = (
    "A probe says what frozen features hold, not what training makes of them; "
    "of sources that are close, train both. LogME and LEEP only stand beside: "
    "on medical images neither is reliable (Chaves et al. 2023, 2024)."
)
_RANDOM = "random"


def write(found, output_dir):
    """Writes source_ranking.csv, source_scores.csv and source_scores.png.

    Args:
      found: {stem: DataFrame}, as of analysis.sources.rank.run.
      output_dir: directory, made if need be.

    Returns:
      The paths.
    """
    paths = tables.write_all(
        output_dir, {"source_ranking": found["source_ranking"]}
    )
    return paths + style.write(
        found["source_scores"], "source_scores", output_dir, source_scores.draw
    )


def lines(ranking):
    """What the ranking says, a line for each source, and a caution.

    Args:
      ranking: DataFrame of analysis.sources.ranking.COLUMNS.
    """
    rows = ranking.to_dict("records")
    return [*map(_line, rows), CAUTION]


def _line(row):
    name = "random weights" if row["source"] == _RANDOM else row["source"]
    place = f"{row['rank']}. " if row["source"] != _RANDOM else "floor: "
    if pd.isna(row["linear_auc"]):
        return f"{place}{name}: n/a ({row['note']})"
    text = f"{place}{name}: AUC {row['linear_auc']:.3f}"
    if pd.notna(row["low"]):
        text += f" ({row['low']:.3f} to {row['high']:.3f})"
    text += f" at {row['stage']}"
    if pd.notna(row["difference"]):
        text += f", {row['difference']:+.3f} against random weights"
        if pd.notna(row["difference_low"]):
            low, high = row["difference_low"], row["difference_high"]
            text += f" ({low:+.3f} to {high:+.3f})"
        text += f": {row['verdict'].replace('_', ' ')}"
    return text
