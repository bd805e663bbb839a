"""The flags that say which engine does the work of a conversion.

A binary imports this module beside `conversion_flags`, and lets `cli.run` hand
on flags of Apache Beam with `allow_unknown=engine_flags.is_beam`.
"""

import functools
import os

from absl import flags

from transfusion_tf import cli

FLAGS = flags.FLAGS
flags.DEFINE_enum(
    "engine",
    None,
    ("pool", "beam"),
    "What does the work: pool (default) is processes of this machine; beam is "
    "Apache Beam, whose own flags are then taken, too: --runner=DirectRunner "
    "--direct_num_workers=4, ...",
)
flags.DEFINE_list(
    "beam_options",
    None,
    "Further flags of Apache Beam, --name=value,...: those that only a runner "
    "knows, and those whose names are taken here.",
)

# Where the work is done, and may be looked for from another directory.
_PLACES = ("input", "data_dir", "output_dir")


def is_beam():
    """Whether Apache Beam is the engine, and its flags are taken."""
    return FLAGS.engine == "beam"


def engine(beam_flags):
    """Returns the `engine` of ConvertOptions, or None for its own pool.

    Makes the places that --input and so on name absolute for Beam.

    Args:
        beam_flags: the flags that are not of the binary.

    Raises:
        ValueError: flags do not go with the engine.
    """
    _check()
    if not is_beam():
        return None
    from transfusion_tf import paths
    from transfusion_tf.conversion.beam import engine as beam_engine

    for name in _PLACES:
        place = FLAGS[name].value
        is_name = name == "input" and FLAGS.data_dir  # Of a data set.
        if place and not is_name and not paths.is_remote(place):
            FLAGS[name].value = os.path.abspath(place)
    return functools.partial(
        beam_engine.Beam, flags=beam_flags, further=FLAGS.beam_options or ()
    )


def _check():
    if is_beam() and FLAGS.num_workers is not None:
        raise ValueError(
            "--num_workers does not go with --engine=beam. With DirectRunner "
            "it is --direct_num_workers=N, with others what they call it, as "
            "--beam_options=--num_workers=N."
        )
    cli.check_goes_with("beam_options", holds=is_beam(), what="--engine=beam")
    for option in FLAGS.beam_options or ():
        if not option.startswith("--"):
            raise ValueError(
                "--beam_options must be --name=value,--name=value,... "
                f"Received: {option}."
            )
