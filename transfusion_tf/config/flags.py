"""absl flags derived from the fields of the configuration.

A binary that trains imports this module and adopts its flags with
`flags.adopt_module_key_flags(config_flags)`.
"""

from absl import flags

from transfusion_tf.config import define_flags, run

FLAGS = flags.FLAGS


def from_flags(names=None, **given):
    """The RunConfig that the parsed flags describe.

    Args:
      names: of the flags that count; None: all.
      **given: settings that are not left to the flags.
    """
    values = {n: FLAGS[n].value for n in names or run.flag_fields()}
    return run.RunConfig.from_flags_dict({**values, **given})


for _name, (_part, _field) in run.flag_fields().items():
    define_flags.define(_name, _field)
