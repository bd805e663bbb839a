"""Evaluates any weights of a run on any records with the same classes.

    python run_scripts/evaluate.py --run_dir=RUN --split=test

Writes predictions.csv and metrics.json (exact AUC with DeLong's interval). Of
--split=train, predictions.csv marks the images that the run was trained on.
"""

import pathlib

from absl import flags

from transfusion_tf import cli, names
from transfusion_tf.process import quiet

_RUN_DIR = flags.DEFINE_string("run_dir", None, "directory of the run")
_DATASET = flags.DEFINE_string(
    "dataset", None, "records directory (default: that of the run)"
)
_SPLIT = flags.DEFINE_enum("split", "test", names.SPLITS, "split to score")
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "best", "weights: best, last or a step that was saved"
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir",
    None,
    "where to write (default: <run_dir>/evaluations/"
    "<dataset>-<split>-<checkpoint>)",
)


def main(argv):
    """Scores the split and prints the numbers."""
    del argv
    if _RUN_DIR.value is None:
        raise ValueError("Give --run_dir=DIR, a run made by train.py.")
    quiet.start_tensorflow()

    from transfusion_tf import datasets, experiment
    from transfusion_tf.reporting import text
    from transfusion_tf.runs import record
    from transfusion_tf.runs.directory import RunDir

    run = RunDir(_RUN_DIR.value)
    data = record.read_config(run).data
    opened = datasets.open_again(data, record.read(run)["data"], _DATASET.value)
    step = run.checkpoint_step(_CHECKPOINT.value)
    name = f"{opened.card.name}-{_SPLIT.value}-{_CHECKPOINT.value}"
    output_dir = pathlib.Path(
        _OUTPUT_DIR.value or run.root / "evaluations" / name
    )
    numbers = experiment.evaluate(
        run.root,
        opened,
        _SPLIT.value,
        checkpoint=step,
        output_dir=output_dir,
    )
    print(text.split_summary(_SPLIT.value, numbers))
    print(output_dir / "predictions.csv")
    print(output_dir / "metrics.json")


if __name__ == "__main__":
    cli.run(main)
