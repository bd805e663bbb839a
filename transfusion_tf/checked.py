"""Values from JSON, checked against the types of a dataclass before use.

A file that is handed over can say anything where a number is expected. What is
checked here is the type of every value, however deep; which numbers and names
make sense is for the dataclass to say.
"""

import collections.abc
import dataclasses
import math
import re
import reprlib
import types
import typing

_SCALARS = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "text",
}
# Control characters, line breaks, halves of characters that no file can have.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Text that is shown of a wrong value.
_SHOWN = reprlib.Repr()
_SHOWN.maxlevel = 2


def dataclass(cls, value):
    """Returns the `cls` (a dataclass) that a JSON object describes.

    Lists become tuples where the annotation says so. Annotations are scalars,
    `X | None`, `tuple[X, ...]`, `list[X]`, mappings of text, TypedDicts,
    dataclasses, and typing.Any.

    Raises:
        ValueError: a key is missing or unknown, or a value has another type;
            the message is a part of a sentence.
    """
    return cls(**_members(cls, value, ""))


def checked(kind, value, where):
    """Returns `value` as the annotation `kind` has it.

    Args:
        kind: an annotation, see `dataclass`.
        value: from JSON.
        where: what messages call it.

    Raises:
        ValueError: it has another type.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is typing.Any:
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        (kind,) = (k for k in arguments if k is not types.NoneType)
        return checked(kind, value, where)
    if kind in _SCALARS:
        return _scalar(kind, value, where)
    if origin in (list, tuple):
        if not isinstance(value, list):
            raise _wrong(where, "a list", value)
        return origin(
            checked(arguments[0], item, f"{where}[{i}]")
            for i, item in enumerate(value)
        )
    if origin in (dict, collections.abc.Mapping):
        return {
            key: checked(arguments[1], item, f"{where}.{key}")
            for key, item in _object(value, where).items()
        }
    members = _members(kind, value, f"{where}.")
    return members if typing.is_typeddict(kind) else kind(**members)


def _members(cls, value, prefix):
    """Returns the checked members of a dataclass or TypedDict."""
    value = _object(value, prefix.rstrip(".") or "it")
    kinds = typing.get_type_hints(cls)
    unknown, missing = set(value) - set(kinds), _required(cls) - set(value)
    for problem, keys in (("has no", missing), ("has an unknown", unknown)):
        if keys:
            raise ValueError(f"it {problem} {prefix}{shown(min(keys))}")
    return {
        key: checked(kinds[key], item, f"{prefix}{key}")
        for key, item in value.items()
    }


def _required(cls):
    if typing.is_typeddict(cls):
        return set(cls.__required_keys__)
    missing = dataclasses.MISSING
    return {
        field.name
        for field in dataclasses.fields(cls)
        if field.default is missing and field.default_factory is missing
    }


def _object(value, where):
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    for key in value:
        _scalar(str, key, f"a key of {where}")
    return value


def _scalar(kind, value, where):
    allowed = (int, float) if kind is float else kind
    is_bool = isinstance(value, bool)
    if not isinstance(value, allowed) or is_bool != (kind is bool):
        raise _wrong(where, _SCALARS[kind], value)
    if kind is float and not math.isfinite(value):
        raise _wrong(where, "a finite number", value)
    if kind is str and _CONTROL.search(value):
        raise _wrong(where, "text of one line", value)
    return value


def _wrong(where, expected, value):
    return ValueError(f"{where} must be {expected}, not {shown(value)}")


def shown(value):
    """Returns a value as a message shows it: the beginning, on one line."""
    return _SHOWN.repr(value)
