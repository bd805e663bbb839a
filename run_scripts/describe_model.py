"""Prints the stages of a network: shapes, parameters, multiply-adds.

    python run_scripts/describe_model.py --model=resnet50
    python run_scripts/describe_model.py --model=cbr_tiny_slim --slim_from=conv2
    python run_scripts/describe_model.py --model=resnet50 --truncate_at=block2

Multiply-adds are those of convolutions and dense layers, for one image. With
--output_dir the table is written there as well, as stages.csv.
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
for _name in (*MODEL_FLAGS, "image_size"):
    flags.declare_key_flag(_name)
# There are no records here that would have a size.
flags.FLAGS[
    "image_size"
].help = f"side in pixels of the images (default: {IMAGE_SIZE})"
_NUM_OUTPUTS = flags.DEFINE_integer(
    "num_outputs", 5, "number of logits", lower_bound=1
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "directory for stages.csv (default: none is written)"
)


def main(argv):
    """Builds the network and prints its table."""
    del argv
    config = config_flags.from_flags((*MODEL_FLAGS, "image_size"))
    # A fifth of the time that a large network takes to build.
    gc.disable()
    quiet.start_tensorflow()
    from transfusion_tf import tables
    from transfusion_tf.analysis import network_costs
    from transfusion_tf.reporting import network_text

    backbone, table = network_costs.run(
        config.model,
        num_outputs=_NUM_OUTPUTS.value,
        image_size=config.data.image_size or IMAGE_SIZE,
    )
    print(network_text.description(backbone, table))
    if _OUTPUT_DIR.value:
        print(*tables.write_all(_OUTPUT_DIR.value, {"stages": table}))


if __name__ == "__main__":
    cli.run(main)
