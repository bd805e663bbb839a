r"""Scores images without labels with a trained network.

    python run_scripts/predict.py --run_dir=RUN --input=FOLDER --output_dir=DIR

The images (JPEG, PNG, TIFF, DICOM, ...) of a folder, a .zip, a .tar, or those
that a CSV file names, are prepared exactly as those of the run's records were.
Writes predictions.csv, with a row for each file: its scores and the decision,
or why it was left out; and scores.png, their histogram beside that of the
validation split. Decisions are at the threshold that the run has chosen on its
validation split, or at --threshold; of more than two classes, and of grades,
the most probable one is taken. Nothing is written before all is scored, so that
an interrupted command is simply given again.
"""

from absl import flags

from transfusion_tf import cli
from transfusion_tf.process import quiet

_RUN_DIR = flags.DEFINE_string(
    "run_dir", None, "directory of a run that train.py has finished"
)
_INPUT = flags.DEFINE_string(
    "input",
    None,
    "folder, .zip or .tar of images, or a CSV file with a column of paths, "
    "which are relative to its folder",
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "directory of the table and the picture"
)
_THRESHOLD = flags.DEFINE_float(
    "threshold",
    None,
    "two classes: score of the second from which on it is the decision; "
    "multilabel: that of every label (default: chosen on the run's validation "
    "split, see metrics.json)",
)
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "best", "weights: best, last or a step that was saved"
)
_DATASET = flags.DEFINE_string(
    "dataset",
    None,
    "runs of earlier releases, which do not say how images are prepared: the "
    "records of the run, where they have moved",
)
_PATH_COLUMN = flags.DEFINE_string(
    "path_column", None, "column of the CSV file with the paths (default: path)"
)
_ENCODING = flags.DEFINE_string(
    "encoding",
    None,
    "encoding of file names, or of the CSV file, that are not UTF-8",
)


def main(argv):
    """Writes the table and the picture and prints what came out."""
    del argv
    if not (_RUN_DIR.value and _INPUT.value and _OUTPUT_DIR.value):
        raise ValueError(
            "Give --run_dir=RUN (made by train.py), --input=FOLDER (or .zip, "
            ".tar, .csv) and --output_dir=DIR."
        )
    quiet.start_tensorflow()

    from transfusion_tf.using import picture, predict, summaries

    predicted = predict.predict(
        _RUN_DIR.value,
        _INPUT.value,
        _OUTPUT_DIR.value,
        threshold=_THRESHOLD.value,
        checkpoint=_CHECKPOINT.value,
        dataset=_DATASET.value,
        path_column=_PATH_COLUMN.value,
        encoding=_ENCODING.value,
    )
    print(summaries.of_predictions(predicted))
    print(predicted.path)
    print(picture.write(predicted))


if __name__ == "__main__":
    cli.run(main)
