"""Finds the input scaling that fits the weights' batch-norm statistics best.

    python run_scripts/probe_scaling.py --model=resnet50 --weights=FILE \\
        --dataset=DIR --output_dir=DIR

For weights of which nobody says how their images were scaled: the network sees
images of --dataset under each scaling, and the inputs of its batch norms are
compared with the statistics that the weights hold. Prints the scalings, the
closest first, says which of them these images cannot tell apart, and writes
scaling_differences.csv, scaling_probe.csv and scaling_probe.png. The images
should be of the kind that the weights were trained on.
"""

from absl import flags

from transfusion_tf import cli, names
from transfusion_tf.config import flags as config_flags
from transfusion_tf.process import quiet

FLAGS = flags.FLAGS
CONFIG_FLAGS = ("dataset", "image_size", "model", "weights")
flags.DEFINE_enum("split", "train", names.SPLITS, "split to take images from")
flags.DEFINE_integer(
    "num_images",
    256,
    "number of images",
    lower_bound=2,
    upper_bound=10_000,  # One batch.
)
flags.DEFINE_string("output_dir", None, "directory of the CSV and the PNG")
flags.mark_flag_as_required("output_dir")
for _name in CONFIG_FLAGS:
    flags.declare_key_flag(_name)


def main(argv):
    """Probes the presets and ranks them."""
    del argv
    if FLAGS.weights is None:
        raise ValueError(
            "Give --weights: a run directory, a file of weights, imagenet, or "
            "radimagenet."
        )
    config = config_flags.from_flags(CONFIG_FLAGS, init="pretrained")
    quiet.start_tensorflow()
    from transfusion_tf import tables
    from transfusion_tf.analysis import scaling_probe
    from transfusion_tf.reporting import network_text
    from transfusion_tf.reporting.figures import style

    found = scaling_probe.run(
        config, split=FLAGS.split, num_images=FLAGS.num_images
    )
    differences = found["scaling_differences"]
    for line in network_text.scalings(differences):
        print(line)
    for path in tables.write_all(
        FLAGS.output_dir, {"scaling_differences": differences}
    ):
        print(path)
    for path in style.write(
        found["scaling_probe"],
        "scaling_probe",
        FLAGS.output_dir,
        style.scaling_probe,
        needs="divergence",
    ):
        print(path)


if __name__ == "__main__":
    cli.run(main)
