"""absl flags of the fields of a configuration, see config.fields."""

from absl import flags

from transfusion_tf.config import fields

FLAGS = flags.FLAGS


def flags_of(named):
    """Defines a flag for each field; a binary adopts those of this module.

    Whether a value is allowed is checked where the configuration is built.

    Args:
      named: {name of the flag: dataclass field written with `setting`}.
    """
    for name, field in named.items():
        _define(name, field)


def values_of(names):
    """{name: value} of parsed flags."""
    return {name: FLAGS[name].value for name in names}


def _define(name, field):
    text, choices = field.metadata["help"], field.metadata["choices"]
    if field.metadata["default"] not in (field.default, ()):
        text += f" (default: {field.metadata['default']})"
    kind = fields.value_type(field)
    if choices:
        flags.DEFINE_enum(name, field.default, choices, text)
    elif kind is bool:
        flags.DEFINE_bool(name, field.default, text)
    elif kind is int:
        flags.DEFINE_integer(name, field.default, text)
    elif kind is float:
        flags.DEFINE_float(name, field.default, text)
    elif kind is str:
        flags.DEFINE_string(name, field.default, text)
    else:
        default = None if field.default is None else list(field.default)
        flags.DEFINE_list(name, default, text)
