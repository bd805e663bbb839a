"""Tests of values from JSON against the types of a dataclass."""

import dataclasses
import typing
from collections.abc import Mapping

import pytest

from transfusion_tf import checked


class Point(typing.TypedDict):
    """A place."""

    x: int
    y: int


@dataclasses.dataclass
class Inner:
    """Inside of another."""

    rate: float


@dataclasses.dataclass
class Outer:
    """Has all kinds of members."""

    name: str
    size: int | None
    inner: Inner
    tags: tuple[str, ...] = ()
    points: list[Point] = dataclasses.field(default_factory=list)
    counts: Mapping[str, int] = dataclasses.field(default_factory=dict)
    more: typing.Any = None


PLAIN = {"name": "a", "size": None, "inner": {"rate": 1}}


def test_all_kinds_of_members():
    value = {
        **PLAIN,
        "size": 3,
        "tags": ["x", "y"],
        "points": [{"x": 1, "y": -2}],
        "counts": {"z": 0},
        "more": [None, {"any": "thing"}],
    }
    assert checked.dataclass(Outer, value) == Outer(
        "a",
        3,
        Inner(1),
        ("x", "y"),
        [{"x": 1, "y": -2}],
        {"z": 0},
        [None, {"any": "thing"}],
    )
    assert checked.dataclass(Outer, PLAIN) == Outer("a", None, Inner(1))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"name": None}, "^name must be text, not None$"),
        ({"name": "a\x00b"}, "^name must be text of one line, not "),
        ({"size": True}, "^size must be an integer, not True$"),
        ({"size": 2.0}, "^size must be an integer, not 2.0$"),
        ({"inner": None}, "^inner must be an object, not None$"),
        ({"inner": {}}, "^it has no inner.'rate'$"),
        ({"inner": {"rate": "1"}}, "^inner.rate must be a number, not '1'$"),
        ({"inner": {"rate": 1e999}}, "^inner.rate must be a finite number"),
        ({"tags": "xy"}, "^tags must be a list, not 'xy'$"),
        ({"tags": ["x", 1]}, r"^tags\[1\] must be text, not 1$"),
        ({"points": [{"x": 1}]}, r"^it has no points\[0\].'y'$"),
        ({"counts": {"a": {}}}, "^counts.a must be an integer, not {}$"),
        ({"counts": {"a\n": 1}}, "^a key of counts must be text of one line"),
        ({"other": 1}, "^it has an unknown 'other'$"),
        ({"name": ["y" * 10_000]}, "^name must be text, not .{1,60}$"),
    ],
)
def test_what_has_another_type(change, message):
    with pytest.raises(ValueError, match=message):
        checked.dataclass(Outer, PLAIN | change)
    with pytest.raises(ValueError, match="^it must be an object, not "):
        checked.dataclass(Outer, [change])
