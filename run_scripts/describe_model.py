"""Prints the stages of a network: shapes, parameters, multiply-adds.

    python run_scripts/describe_model.py --model=resnet50
    python run_scripts/describe_model.py --model=cbr_tiny_slim --slim_from=conv2
    python run_scripts/describe_model.py --model=resnet50 --truncate_at=block2
    python run_scripts/describe_model.py --model=resnet18 \\
        --weights=FILE.safetensors

Multiply-adds are those of convolutions and dense layers, for one image. With
--weights, which of its tensors the network would take, and why not the others.
With --output_dir the tables are written there as well, as stages.csv and
weights.csv.
"""

import gc

from absl import flags

from transfusion_tf import cli
from transfusion_tf.config import flags as config_flags
from transfusion_tf.process import quiet

# The side for which most papers state multiply-adds.
IMAGE_SIZE = 224
MODEL_FLAGS = (
    "model",
    "input_scaling",
    "slim_from",
    "slim_width",
    "truncate_at",
)
CONFIG_FLAGS = (*MODEL_FLAGS, "image_size", "weights")
for _name in CONFIG_FLAGS:
    flags.declare_key_flag(_name)
# There are no records here that would have a size.
flags.FLAGS[
    "image_size"
].help = f"side in pixels of the images (default: {IMAGE_SIZE})"
_NUM_OUTPUTS = flags.DEFINE_integer(
    "num_outputs", 5, "number of logits", lower_bound=1
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "directory for the tables (default: none is written)"
)


def main(argv):
    """Builds the network and prints its tables."""
    del argv
    scheme = "random" if flags.FLAGS.weights is None else "pretrained"
    config = config_flags.from_flags(CONFIG_FLAGS, init=scheme)
    # A fifth of the time that a large network takes to build.
    gc.disable()
    quiet.start_tensorflow()
    from transfusion_tf import tables
    from transfusion_tf.analysis import network_costs
    from transfusion_tf.initialization import (
        pretrained,
        sources,
        weight_report,
    )
    from transfusion_tf.reporting import network_text

    source, model = pretrained.source_and_model(config)
    backbone, table = network_costs.run(
        model,
        num_outputs=_NUM_OUTPUTS.value,
        image_size=config.data.image_size or IMAGE_SIZE,
    )
    found = {"stages": table}
    print(network_text.description(backbone, table))
    if source is not None:
        found["weights"] = weight_report.run(backbone, source)
        warnings = sources.warnings_of(source)
        print(network_text.weights(source.identity, found["weights"], warnings))
    if _OUTPUT_DIR.value:
        print(*tables.write_all(_OUTPUT_DIR.value, found))


if __name__ == "__main__":
    cli.run(main)
