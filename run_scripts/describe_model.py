"""Prints the stages of a network: shapes, parameters, multiply-adds.

    python run_scripts/describe_model.py --model=resnet50
    python run_scripts/describe_model.py --model=cbr_tiny_slim --slim_from=conv2

Multiply-adds are those of convolutions and dense layers, for one image. With
--output_dir the table is written there as well, as stages.csv.
"""

import gc
import pathlib

from absl import flags

from transfusion_tf import cli
from transfusion_tf.config import flags as config_flags
from transfusion_tf.process import quiet

# The side for which most papers state multiply-adds.
IMAGE_SIZE = 224
MODEL_FLAGS = ("model", "input_scaling", "slim_from", "slim_width")
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
HEADER = (
    "stage",
    "output layer",
    "output",
    "layers",
    "parameters",
    "trainable",
    "multiply-adds",
)


def main(argv):
    """Builds the network and prints its table."""
    del argv
    config = config_flags.from_flags((*MODEL_FLAGS, "image_size"))
    # A fifth of the time that a large network takes to build.
    gc.disable()
    quiet.start_tensorflow()
    import keras

    from transfusion_tf.models import cost, zoo

    # Only the shapes of the weights are told: in this scope none is made,
    # which halves the time of large networks.
    with keras.StatelessScope():
        backbone = zoo.build(
            config.model.name,
            num_outputs=_NUM_OUTPUTS.value,
            image_size=config.data.image_size or IMAGE_SIZE,
            **config.model.build_options,
        )
    network = zoo.find(backbone.name)
    rows = cost.rows(backbone, network.outputs)
    print(_heading(backbone, network))
    print(_table(rows))
    print(_published(backbone))
    if _OUTPUT_DIR.value:
        print(_write(rows))


def _heading(backbone, network):
    size = backbone.image_size
    return (
        f"{backbone.name}: images of {size} x {size} pixels (at least "
        f"{network.min_size}), input scaling {backbone.scaling} (native: "
        f"{network.scaling})"
    )


def _table(rows):
    """The rows as aligned text, with a line of totals."""
    from transfusion_tf.models import cost

    sums = ("weighted_layers", "parameters", "trainable_parameters")
    sums = [cost.total(rows, name) for name in (*sums, "multiply_adds")]
    cells = [HEADER]
    for row in rows:
        _, end, height, width, channels, *numbers = row.values()
        shape = f"{height} x {width} x {channels}"
        cells.append((row["stage"], end, shape, *(f"{n:,}" for n in numbers)))
    cells.append(("total", "", "", *(f"{n:,}" for n in sums)))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if place < 3 else text.rjust(width)
            for place, (text, width) in enumerate(
                zip(line, widths, strict=True)
            )
        ).rstrip()
        for line in cells
    )


def _published(backbone):
    """What the paper says of this network."""
    from transfusion_tf.models import cbr, cost

    count = cbr.PUBLISHED.get(backbone.name)
    if count is None:
        return "published count: none with a known rule of counting"
    return (
        f"published count: {count:,} (Raghu et al. 2019; kernels but the "
        "first, no biases, no batch norm, 5 outputs); by this rule here, "
        f"{backbone.num_outputs} outputs: {cost.paper_count(backbone):,}"
    )


def _write(rows):
    from transfusion_tf import tables
    from transfusion_tf.models import cost

    output_dir = pathlib.Path(_OUTPUT_DIR.value)
    output_dir.mkdir(parents=True, exist_ok=True)
    return tables.write(output_dir / "stages.csv", rows, columns=cost.COLUMNS)


if __name__ == "__main__":
    cli.run(main)
