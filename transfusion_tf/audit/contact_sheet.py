"""A contact sheet: pairs of images side by side, with what is known of them.

Drawn by Pillow, pixel by pixel: small images are enlarged without smoothing,
so that what looks different is different.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from transfusion_tf import files
from transfusion_tf.images import fingerprints

MOST = 24  # Pairs on a sheet.
_COLUMNS = 3
SIDE = 180  # Pixels of the square that an image is fitted into.
_GAP, _MARGIN, _LINE = 8, 20, 17
_TITLE = 34
_CELL = (2 * SIDE + _GAP, SIDE + 3 * _LINE + _GAP)
_INK, _QUIET, _PAPER, _BACK = "#000000", "#555555", "#ffffff", "#dddddd"


def write(path, pairs, image_of, *, total):
    """Writes what `draw` returns as a PNG file; an OSError names `path`."""
    sheet = draw(pairs, image_of, total=total)
    with (
        files.naming_failures(path),
        files.atomic_write(path) as temporary,
        temporary.open("wb") as file,
    ):
        sheet.save(file, "PNG")


def draw(pairs, image_of, *, total):
    """Returns the PIL.Image of the first pairs, those across splits first.

    Args:
        pairs: pandas.DataFrame as of `pair_table.listed`.
        image_of: function of an id that returns its pixels.
        total: how many pairs there are; the title tells.
    """
    is_inside = pairs["split_a"] == pairs["split_b"]
    order = is_inside.sort_values(kind="stable").index[:MOST]
    shown = pairs.loc[order].to_dict("records")
    rows = max(1, -(-len(shown) // _COLUMNS))
    sheet = Image.new(
        "RGB",
        (
            _COLUMNS * (_CELL[0] + _MARGIN) + _MARGIN,
            _TITLE + rows * (_CELL[1] + _MARGIN) + _MARGIN,
        ),
        _PAPER,
    )
    canvas = ImageDraw.Draw(sheet)
    title = "No pairs of identical images or near-duplicates"
    if shown:
        title = (
            f"{len(shown):,} of {total:,} pairs of identical images or "
            "near-duplicates, those across splits first"
        )
    _text(canvas, (_MARGIN, _MARGIN // 2), title, sheet.width, size=18)
    for number, pair in enumerate(shown):
        _draw_pair(sheet, canvas, number, pair, image_of)
    return sheet


def place_of(number):
    """Returns row and column of the first pixel of a pair's first image."""
    row, column = divmod(number, _COLUMNS)
    return (
        _TITLE + _MARGIN + row * (_CELL[1] + _MARGIN) + _LINE + 3,
        _MARGIN + column * (_CELL[0] + _MARGIN),
    )


def _draw_pair(sheet, canvas, number, pair, image_of):
    y, x = place_of(number)
    _text(canvas, (x, y - _LINE - 3), _headline(pair), _CELL[0])
    for side in "ab":
        tile = _tile(image_of(pair[f"id_{side}"]))
        sheet.paste(tile, (x, y))
        lines = (
            (f"{pair[f'split_{side}']}, {pair[f'label_{side}']}", _INK),
            (pair[f"id_{side}"], _QUIET),
        )
        for line, (text, color) in enumerate(lines):
            place = (x, y + SIDE + 4 + line * _LINE)
            _text(canvas, place, text, SIDE, color=color)
        x += SIDE + _GAP


def _headline(pair):
    """What the two images are to each other, in a few words."""
    if pair["kind"] == "exact":
        text = "exact: identical pixels"
    else:
        text = f"near: hash distance {pair['distance']}"
    if not pair["same_label"]:
        text += ", other label"
    if pair["action"] == "dropped":
        text += ", left one dropped"
    return text


def _tile(pixels):
    """Returns the image in a grey square of SIDE pixels."""
    image = Image.fromarray(
        np.ascontiguousarray(fingerprints.in_8_bits(pixels))
    ).convert("RGB")
    scale = SIDE / max(image.size)
    size = [max(1, round(scale * n)) for n in image.size]
    enlarged = scale >= 1
    image = image.resize(
        size,
        Image.Resampling.NEAREST if enlarged else Image.Resampling.LANCZOS,
    )
    tile = Image.new("RGB", (SIDE, SIDE), _BACK)
    tile.paste(image, tuple((SIDE - n) // 2 for n in size))
    return tile


def _text(canvas, place, text, width, *, size=14, color=_INK):
    """Writes one line, cut with an ellipsis where it is too wide."""
    font = ImageFont.load_default(size)
    text = " ".join(str(text).split())
    while canvas.textlength(text, font) > width:
        text = text.rstrip("\N{HORIZONTAL ELLIPSIS}")[:-1]
        text += "\N{HORIZONTAL ELLIPSIS}"
    canvas.text(place, text, fill=color, font=font)
