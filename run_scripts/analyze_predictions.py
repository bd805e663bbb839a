"""Compares the AUCs of runs, with DeLong's intervals.

    python run_scripts/analyze_predictions.py --runs=RUN,RUN --output_dir=DIR

Reads the predictions that the runs have saved and writes auc.csv and auc.png.
"""

import pathlib

from absl import flags

from transfusion_tf import cli

_RUNS = flags.DEFINE_list("runs", [], "run directories, separated by commas")
_SPLIT = flags.DEFINE_enum(
    "split", "test", ("val", "test"), "split whose predictions are compared"
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "directory for auc.csv and auc.png"
)


def main(argv):
    """Writes the table and the picture and prints their paths."""
    del argv
    if not _RUNS.value or not _OUTPUT_DIR.value:
        raise ValueError("Give --runs=RUN,RUN and --output_dir=DIR.")

    from transfusion_tf.reporting import (
        auc_figure,
        figures,
        predictions,
        tables,
    )

    rows = predictions.auc_rows(_RUNS.value, _SPLIT.value)
    output_dir = pathlib.Path(_OUTPUT_DIR.value)
    output_dir.mkdir(parents=True, exist_ok=True)
    path = tables.write(
        output_dir / "auc.csv", rows, columns=predictions.COLUMNS
    )
    print(path)
    figure = auc_figure.intervals(tables.read(path))
    print(figures.save(figure, output_dir / "auc.png"))


if __name__ == "__main__":
    cli.run(main)
