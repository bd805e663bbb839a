"""Writes how published scores of sources order them, for docs/sources.md.

    python -m tests.benchmarks.published_source_scores FOLDER

FOLDER holds the tables of Juodelyte et al. 2024 (AUCs_dataset.csv, ...). Writes
docs/results/published_source_scores.csv, and prints the rows of the table on
the page.
"""

import pathlib
import sys

from transfusion_tf import tables
from transfusion_tf.analysis.sources import published

RESULT = (
    pathlib.Path(__file__).parents[2]
    / "docs/results/published_source_scores.csv"
)


def page_rows(table):
    """The rows of the page's table: the means over targets, as Markdown."""
    means = table[table["target"] == published.MEAN]
    by_score = {
        score: dict(
            zip(of_score["kind"], of_score.to_dict("records"), strict=True)
        )
        for score, of_score in means.groupby("score", sort=False)
    }
    return [
        f"| `{score}` | "
        + " | ".join(_cell(kinds[kind]) for kind in published.KINDS)
        + " |"
        for score, kinds in by_score.items()
    ]


def _cell(row):
    low, high = row["leave_one_out_low"], row["leave_one_out_high"]
    return f"{row['value']:.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    found = published.run(sys.argv[1])
    tables.write(RESULT, found)
    print(RESULT, *page_rows(found), sep="\n")
