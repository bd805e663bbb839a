"""absl flags derived from the fields of the configuration.

A binary that trains imports this module and adopts its flags with
`flags.adopt_module_key_flags(config_flags)`.
"""

import types
import typing

from absl import flags

from transfusion_tf import config

FLAGS = flags.FLAGS


def from_flags(names=None, **given):
    """The RunConfig that the parsed flags describe.

    Args:
      names: of the flags that count; None: all.
      **given: settings that are not left to the flags.
    """
    values = {n: FLAGS[n].value for n in names or config.flag_fields()}
    return config.RunConfig.from_flags_dict({**values, **given})


def _define(name, part, field):
    text, choices = field.metadata["help"], field.metadata["choices"]
    owner = config.PARTS.get(part, config.RunConfig)
    kind = _plain_type(typing.get_type_hints(owner)[field.name])
    if choices:
        flags.DEFINE_enum(name, field.default, choices, text)
    elif kind is int:
        flags.DEFINE_integer(name, field.default, text)
    elif kind is float:
        flags.DEFINE_float(name, field.default, text)
    elif kind is str:
        flags.DEFINE_string(name, field.default, text)
    else:
        flags.DEFINE_list(name, list(field.default), text)


def _plain_type(hint):
    """int for `int | None`, and so on."""
    if isinstance(hint, types.UnionType):
        return next(t for t in hint.__args__ if t is not type(None))
    return hint


for _name, (_part, _field) in config.flag_fields().items():
    _define(_name, _part, _field)
