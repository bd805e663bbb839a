"""One line of an exception, whatever it says."""

import pytest

from transfusion_tf.process import errors


@pytest.mark.parametrize(
    "error, length, expected",
    [
        (ValueError("two\n  lines"), 200, "two lines"),
        (EOFError(), 200, "EOFError"),
        ("", 200, ""),
        (ValueError("x" * 30), 10, "xxxxxxx..."),
        (ValueError("x" * 300), None, "x" * 300),
    ],
)
def test_one_line(error, length, expected):
    assert errors.one_line(error, length) == expected
