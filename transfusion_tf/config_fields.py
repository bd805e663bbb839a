"""Fields of the configuration: how they are written and checked."""

import dataclasses


def setting(default, meaning, *, flag=None, choices=None):
    """A field with the text of its flag; `flag` where the name differs."""
    return dataclasses.field(
        default=default,
        metadata={"help": meaning, "flag": flag, "choices": choices},
    )


def flag_name(field):
    """The command-line name of a configuration field."""
    return field.metadata["flag"] or field.name


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
