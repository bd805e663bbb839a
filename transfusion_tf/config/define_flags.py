"""How a field of a configuration becomes an absl flag."""

from absl import flags

from transfusion_tf.config import fields

# Flags are those of the module that calls `define`.
flags.disclaim_key_flags()


def define(name, field):
    """Defines the flag of a field that is written with `fields.setting`."""
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
        default = field.default
        default = None if default is None else [f"{x}" for x in default]
        flags.DEFINE_list(name, default, text)
