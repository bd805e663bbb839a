"""Contrast of the page's colours, from the custom properties of its style."""

import pathlib
import re

import pytest

from transfusion_tf.reporting import html

STYLE = pathlib.Path(html.__file__).parent / "templates/style.css"
# (ground, what is written on it).
PAIRS = [
    *(("ground", x) for x in ("text", "soft", "accent")),
    *(("ground", x) for x in ("good", "bad", "same", "open")),
    *(("panel", x) for x in ("text", "soft", "accent")),
    *(("warning-ground", x) for x in ("text", "warning", "accent")),
]


def luminance(color):
    """Relative luminance of "#rrggbb" by WCAG 2.2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4
        for x in parts
    ]
    return sum(
        weight * x
        for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def contrast(one, other):
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def schemes():
    """Colours by scheme: {scheme: {name: "#rrggbb"}}."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE.read_text(), re.DOTALL)
    colors = [
        dict(re.findall(r"--([\w-]+): (#\w{6});", text))
        for text in (light, dark)
    ]
    return {"light": colors[0], "dark": colors[0] | colors[1]}


def test_the_formula():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # The lightest grey that passes on white, and the next.
    assert (
        contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(scheme):
    colors = schemes()[scheme]
    pale = {
        (ground, text): contrast(colors[ground], colors[text])
        for ground, text in PAIRS
        if contrast(colors[ground], colors[text]) < 4.5
    }
    assert not pale


def test_the_schemes_differ_in_every_color():
    light, dark = schemes().values()
    assert not [name for name in light if light[name] == dark[name]]
