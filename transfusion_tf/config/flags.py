"""absl flags derived from the fields of the configuration.

A binary that trains imports this module and adopts its flags with
`flags.adopt_module_key_flags(config_flags)`.
"""

from absl import flags

from transfusion_tf.config import fields, run

FLAGS = flags.FLAGS


def from_flags(names=None, **given):
    """The RunConfig that the parsed flags describe.

    Args:
      names: of the flags that count; None: all.
      **given: settings that are not left to the flags.
    """
    values = {n: FLAGS[n].value for n in names or run.flag_fields()}
    return run.RunConfig.from_flags_dict({**values, **given})


def _define(name, field):
    text, choices = field.metadata["help"], field.metadata["choices"]
    if field.metadata["default"] not in (field.default, ()):
        text += f" (default: {field.metadata['default']})"
    kind = fields.value_type(field)
    if choices:
        flags.DEFINE_enum(name, field.default, choices, text)
    elif kind is int:
        flags.DEFINE_integer(name, field.default, text)
    elif kind is float:
        flags.DEFINE_float(name, field.default, text)
    elif kind is str:
        flags.DEFINE_string(name, field.default, text)
    else:
        default = None if field.default is None else list(field.default)
        flags.DEFINE_list(name, default, text)


for _name, (_part, _field) in run.flag_fields().items():
    _define(_name, _field)
