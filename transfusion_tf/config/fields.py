"""Fields of the configuration: how they are written, and what each may be.

A part of the configuration is a frozen dataclass whose fields are written with
`setting` and which calls `check` in its `__post_init__`.
"""

import dataclasses
import math
import numbers
import operator
import os
import reprlib
import types
import typing

from transfusion_tf import names

_NOUNS = {int: "an integer", float: "a number", str: "text"}
_PLURALS = {float: "numbers", str: "texts"}
# {name of a limit: whether (value, limit) is within it}
_WITHIN = {
    "at_least": operator.ge,
    "above": operator.gt,
    "at_most": operator.le,
    "below": operator.lt,
}


@dataclasses.dataclass(frozen=True)
class GoesWith:
    """What a setting goes with: another one of the same part.

    Attributes:
      name: field of the other one, or a property that follows from others.
      values: those of the other one that it goes with, of which a list needs
        to hold one; None: any that is given.
      meaning: the values in words, where listing them would say less; needed
        with a property.
    """

    name: str
    values: tuple | None = None
    meaning: str | None = None

    def holds(self, value):
        """Whether the setting goes with this value of the other one."""
        if self.values is None:
            return value is not None
        held = value if isinstance(value, tuple) else (value,)
        return any(one in self.values for one in held)

    def in_words(self, flag):
        """The condition, `flag` being the other one's."""
        if self.values is None:
            return f"--{flag}"
        return self.meaning or f"--{flag}={'|'.join(self.values)}"


def setting(
    default, meaning, *, flag=None, choices=None, goes_with=None, **limits
):
    """A field of a part of the configuration.

    Args:
      default: value where none is given. One that goes with another setting is
        None where it does not go, and is given if it is not None: the default
        value, too, is refused where it would do nothing.
      meaning: the text of its flag.
      flag: name of the flag where it differs from the field's.
      choices: the values that are allowed, or None.
      goes_with: GoesWith, or None for a setting that always does something.
      **limits: of numbers: at_least, above, at_most, below.
    """
    return dataclasses.field(
        default=None if goes_with else default,
        metadata={
            "help": meaning,
            "default": default,
            "flag": flag,
            "choices": choices,
            "goes_with": goes_with,
            "limits": limits,
        },
    )


def flag_name(field):
    """The command-line name of a configuration field."""
    return field.metadata.get("flag") or field.name


def value_type(field):
    """int for `int | None`, and so on."""
    if isinstance(field.type, types.UnionType):
        return next(t for t in field.type.__args__ if t is not type(None))
    return field.type


def check(config):
    """Checks every field of a part of the configuration; fills in defaults.

    Raises:
      ValueError: a value of another type, not among the choices or beyond the
        limits, or one that does not go with the others.
    """
    fields = {field.name: field for field in dataclasses.fields(config)}
    for field in fields.values():
        value = typed(field, getattr(config, field.name))
        object.__setattr__(config, field.name, value)
    for field in fields.values():
        _check_goes_with(config, field, fields)
        value = getattr(config, field.name)
        _check_choice(field, value)
        _check_limits(field, value)


def without_effect(part, values):
    """Names of the `values` that do not go with the others.

    Args:
      part: class of a part of the configuration.
      values: {field: value}; fields that are absent have their defaults.
    """
    fields = {field.name: field for field in dataclasses.fields(part)}
    found = []
    for name, value in values.items():
        rule = fields[name].metadata["goes_with"]
        if rule is not None and value is not None:
            other = values.get(rule.name, fields[rule.name].default)
            if not rule.holds(other):
                found.append(name)
    return found


def check_type(name, value, kind):
    """Raises ValueError unless the part `name` is of the class `kind`."""
    if not isinstance(value, kind):
        raise ValueError(
            f"{name!r} of a configuration must be a {kind.__name__}. Received: "
            f"{reprlib.repr(value)}"
        )


def typed(field, value):
    """The value as its field's type: Python's numbers, tuples, text of paths.

    Raises:
      ValueError: it is of another type; no text is taken for a number but in
        lists, of which a flag hands on the words.
    """
    kind = value_type(field)
    if value is None and kind is not field.type:
        return None
    flag = flag_name(field)
    if typing.get_origin(kind) is not tuple:
        if kind not in _NOUNS:
            check_type(flag, value, kind)
            return value
        return _plain(flag, value, kind, _NOUNS[kind])
    item, _ = kind.__args__
    noun = _PLURALS[item]
    if not isinstance(value, list | tuple):
        raise ValueError(
            f"--{flag} must be a list of {noun}. Received: "
            f"{reprlib.repr(value)}"
        )
    return tuple(
        _plain(flag, _number(x) if item is float else x, item, noun)
        for x in value
    )


def _number(word):
    """The number that a text stands for, or what it is otherwise."""
    try:
        return float(word) if isinstance(word, str) else word
    except ValueError:
        return word


def _plain(flag, value, kind, noun):
    wanted = {int: numbers.Integral, float: numbers.Real, str: str}[kind]
    if kind is str and isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise ValueError(
            f"--{flag} must be {noun}. Received: {reprlib.repr(value)}"
        )
    try:
        plain = kind(value)
    except OverflowError:
        plain = math.inf
    if kind is float and not math.isfinite(plain):
        raise ValueError(f"--{flag} must be a finite number. Received: {plain}")
    return plain


def _check_goes_with(config, field, fields):
    """Fills in the default where the setting goes, and refuses it elsewhere."""
    rule = field.metadata.get("goes_with")
    if rule is None:
        return
    value, other = getattr(config, field.name), getattr(config, rule.name)
    if rule.holds(other):
        if value is None:
            object.__setattr__(config, field.name, field.metadata["default"])
    elif value is not None:
        flag = flag_name(field)
        if rule.name not in fields:
            raise ValueError(
                f"--{flag}={_text(value)} goes with {rule.meaning}; leave "
                f"--{flag} out."
            )
        other_flag = flag_name(fields[rule.name])
        there = f"--{other_flag}={_text(other)}"
        if other is None or other == ():
            there = f"no --{other_flag}"
        raise ValueError(
            f"--{flag} goes with {rule.in_words(other_flag)}. Received: "
            f"--{flag}={_text(value)} and {there}; leave --{flag} out."
        )


def _check_choice(field, value):
    choices = field.metadata.get("choices")
    if choices and value is not None:
        names.check(flag_name(field).replace("_", " "), value, choices)


def _check_limits(field, value):
    limits = field.metadata.get("limits")
    if not limits or value is None:
        return
    if not all(_WITHIN[name](value, limit) for name, limit in limits.items()):
        raise ValueError(
            f"--{flag_name(field)} must be {_in_words(**limits)}. Received: "
            f"{value}"
        )


def _in_words(*, at_least=None, above=None, at_most=None, below=None):
    """Limits as `in [0, 1)`, `at least 1` or `positive`."""
    low = above if at_least is None else at_least
    high = below if at_most is None else at_most
    if high is None:
        return "positive" if above == 0 else f"at least {low}"
    left, right = "[("[at_least is None], "])"[at_most is None]
    return f"in {left}{low}, {high}{right}"


def _text(value):
    return ",".join(map(str, value)) if isinstance(value, tuple) else value
