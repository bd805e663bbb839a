"""Fields of the configuration: how they are written and checked."""

import dataclasses
import math
import types
import typing


def setting(default, meaning, *, flag=None, choices=None):
    """A field with the text of its flag; `flag` where the name differs."""
    return dataclasses.field(
        default=default,
        metadata={"help": meaning, "flag": flag, "choices": choices},
    )


def flag_name(field):
    """The command-line name of a configuration field."""
    return field.metadata["flag"] or field.name


def finite(config):
    """Raises ValueError where a setting is, or has in it, no finite number."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float) and not math.isfinite(number):
                raise ValueError(
                    f"--{flag_name(field)} must be a finite number. Received: "
                    f"{number}"
                )


def check_types(part, values):
    """Raises ValueError unless JSON `values` are what fields of `part` take.

    Args:
      part: a dataclass of settings.
      values: {name of a field: value}.
    """
    hints = typing.get_type_hints(part)
    for name, value in values.items():
        if not _is_of(value, hints[name]):
            wanted = getattr(hints[name], "__name__", hints[name])
            raise ValueError(
                f"{part.__name__} field {name!r} must be {wanted}. Received: "
                f"{value!r}"
            )


def _is_of(value, hint):
    """Whether a JSON value can be a field of the type `hint`."""
    if isinstance(hint, types.UnionType):
        return any(_is_of(value, kind) for kind in hint.__args__)
    if typing.get_origin(hint) is tuple:
        kind = typing.get_args(hint)[0]
        return isinstance(value, list | tuple) and all(
            _is_of(item, kind) for item in value
        )
    # By `type`, as `True` is an instance of int.
    return type(value) in ((int, float) if hint is float else (hint,))


def at_least(config, minimum, *fields):
    """Raises ValueError where one of the `fields` is below `minimum`."""
    for name in fields:
        value = getattr(config, name)
        if value is not None and value < minimum:
            raise ValueError(
                f"--{name} must be at least {minimum}. Received: {value}"
            )


def positive(config, *fields):
    """Raises ValueError where one of the `fields` is not above zero."""
    for name in fields:
        value = getattr(config, name)
        if value is not None and not value > 0:
            raise ValueError(f"--{name} must be positive. Received: {value}")
