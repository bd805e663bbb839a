r"""Exports a trained network as files that need nothing of this package.

    python run_scripts/export_model.py --run_dir=RUN --output_dir=DIR

Writes the run's best weights as a SavedModel, as a .keras file of built-in
layers that plain Keras loads, and as TFLite; all take images (size, size, 3),
RGB in [0, 255], and give probabilities. Each file is read back and scores
images of the test split: the directory appears when all of them give the run's
own predictions to 1e-5. model_card.json says what the network was trained on,
what it takes, and by what threshold it decides.
"""

from absl import flags

from transfusion_tf import cli
from transfusion_tf.process import quiet

_RUN_DIR = flags.DEFINE_string(
    "run_dir", None, "directory of a run that train.py has finished"
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "directory of the files, empty or not there yet"
)
_FORMAT = flags.DEFINE_list(
    "format",
    ["saved_model", "keras", "tflite"],
    "formats, separated by commas",
)
_DATASET = flags.DEFINE_string(
    "dataset", None, "records of the run, where they have moved"
)


def main(argv):
    """Writes the files and prints how far their scores are from the run's."""
    del argv
    if not (_RUN_DIR.value and _OUTPUT_DIR.value):
        raise ValueError(
            "Give --run_dir=RUN (made by train.py) and --output_dir=DIR."
        )
    quiet.start_tensorflow()

    from transfusion_tf.using import export, model_card

    exported = export.export(
        _RUN_DIR.value,
        _OUTPUT_DIR.value,
        _FORMAT.value,
        dataset=_DATASET.value,
    )
    for one in exported:
        print(
            f"{one.path}: largest difference from the run's predictions "
            f"{one.difference:.1e}, on {one.num_images} test images"
        )
    print(exported[0].path.with_name(model_card.FILE))


if __name__ == "__main__":
    cli.run(main)
