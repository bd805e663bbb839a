"""The disc in photographs of the fundus: finding, cutting, normalising.

Cameras show the round field of view before black, mostly cut off at top and
bottom, sometimes with a notch or a label beside it.
"""

import math
import typing

import numpy as np
from PIL import Image, ImageFilter

from transfusion_tf.images import resizing

NOT_FOUND = "disc_not_found"

_SMALL = 256  # Side, in pixels, of the copy in which the disc is looked for.
# The border of the disc is where brightness has come this far from that of
# the corners to that of the middle; the field darkens towards its border.
_LEVEL = 0.15
_LEAST_CONTRAST = 16  # Between corners and middle, of 255.
_TOLERANCE = 1.5  # Of points on the circle, in pixels of the small copy.
_TRIPLES, _VOTERS = 128, 128  # Circles tried, and points that judge them.
_SECTORS = 36
# What a disc must have: this share of its circle's sectors inside the
# picture seen, and sectors at all; and light over this share of its area.
_LEAST_SEEN, _LEAST_SECTORS, _LEAST_LIGHT = 0.6, 9, 0.7

_GRAHAM_BLUR = 1 / 30  # Of the radius.
_GRAHAM_RADIUS = 0.9  # Of the radius, is kept.


class Disc(typing.NamedTuple):
    """A circle in pixels of an array, from its upper left corner."""

    x: float
    y: float
    radius: float

    def scaled(self, factor):
        """Returns the same disc in an array `factor` times as large."""
        return Disc(*(factor * value for value in self))


def find(pixels):
    """Returns the Disc in (H, W) or (H, W, 3) uint8, or None.

    A circle through the border between light and dark, chosen among those
    through three of its points as the one that most points agree with
    (RANSAC: Fischler and Bolles 1981), then fitted to these by least squares.
    The draws are always the same.
    """
    scale = max(1, round(max(pixels.shape[:2]) / _SMALL))
    small = np.asarray(Image.fromarray(pixels).reduce(scale))
    bright = small if small.ndim == 2 else small.max(axis=-1)
    light = _lit(bright)
    if light is None:
        return None
    points = _border(light)
    if len(points) < _LEAST_SECTORS:
        return None
    circle = _agreed_circle(points)
    if circle is None or not _is_plausible(circle, points, light):
        return None
    return circle.scaled(scale)


def cut(pixels, disc, *, image_size=None):
    """Returns the square around the disc, black outside it.

    Args:
        pixels: (H, W) or (H, W, 3), uint8.
        disc: a Disc in it, which may reach beyond it.
        image_size: side of the result; None: the disc's diameter.
    """
    height, width = pixels.shape[:2]
    x, y, radius = disc
    side = image_size or max(1, round(2 * radius))
    before = [max(0, math.ceil(radius - center)) for center in (y, x)]
    after = [
        max(0, math.ceil(center + radius - size))
        for center, size in ((y, height), (x, width))
    ]
    # What the square does not need is not copied.
    left, top = (max(0, math.floor(center - radius)) for center in (x, y))
    bottom, right = (math.ceil(center + radius) for center in (y, x))
    part = pixels[top:bottom, left:right]
    padding = list(zip(before, after, strict=True))
    part = np.pad(part, padding + [(0, 0)] * (pixels.ndim - 2))
    x0, y0 = x - radius - left + before[1], y - radius - top + before[0]
    square = resizing.scale_box(
        part, (side, side), (x0, y0, x0 + 2 * radius, y0 + 2 * radius)
    )
    return _outside(square, share=1, value=0)


def graham(square, *, masked):
    """Returns a square photograph with its local mean taken out.

    4 (image - blurred image) + 128, blurred with sigma = radius / 30; beyond
    90% of the radius, where the black border disturbs it, 128. From
    B. Graham, Kaggle Diabetic Retinopathy Detection competition report, 2015,
    and as there a disc that the camera cut off has bands where it ends.

    Args:
        square: (S, S) or (S, S, 3) uint8; the disc touches its sides.
        masked: whether to set what is beyond 90% of the radius to 128.
    """
    sigma = len(square) / 2 * _GRAHAM_BLUR
    blurred = Image.fromarray(square).filter(ImageFilter.GaussianBlur(sigma))
    difference = square.astype(np.int16) - np.asarray(blurred)
    result = np.clip(4 * difference + 128, 0, 255).astype(np.uint8)
    return (
        _outside(result, share=_GRAHAM_RADIUS, value=128) if masked else result
    )


def _lit(bright):
    """Returns (h, w) bool, the largest lit region, or None without contrast."""
    from scipy import ndimage

    height, width = bright.shape
    y, x = (max(1, n // 20) for n in (height, width))
    corners = [
        np.median(bright[rows, columns])
        for rows in (np.s_[:y], np.s_[-y:])
        for columns in (np.s_[:x], np.s_[-x:])
    ]
    dark = np.median(corners)
    middle = bright[height // 4 : -(height // 4), width // 4 : -(width // 4)]
    if not middle.size or np.median(middle) - dark < _LEAST_CONTRAST:
        return None
    light = bright > dark + _LEVEL * (np.median(middle) - dark)
    regions, count = ndimage.label(light)
    if not count:
        return None
    sizes = np.bincount(regions.ravel())[1:]
    return regions == 1 + sizes.argmax()


def _border(light):
    """Returns (n, 2) the x, y where rows and columns enter and leave the light.

    Without those at the picture's border, where the disc is cut off.
    """
    columns, rows = (_ends(mask) for mask in (light.T, light))
    points = np.concatenate([rows, columns[:, ::-1]])
    # Between lit and unlit: pixel n reaches from n to n + 1.
    height, width = light.shape
    inside = (points > 1) & (points < np.array([width, height]) - 1)
    # The place along the line is the pixel's middle; only the other counts.
    return points[inside.all(axis=1)]


def _ends(light):
    """Returns (n, 2): first and last lit place of each row, and the row."""
    rows = np.flatnonzero(light.any(axis=1))
    first = light[rows].argmax(axis=1)
    last = light.shape[1] - light[rows, ::-1].argmax(axis=1)
    places = np.concatenate([first, last]).astype(float)
    return np.column_stack([places, np.tile(rows + 0.5, 2)])


def _agreed_circle(points):
    """Returns the Disc that most of the points (n, 2) agree with, or None."""
    rng = np.random.default_rng(0)
    triples = points[rng.integers(len(points), size=(_TRIPLES, 3))]
    centers, radii = _circles(triples)
    possible = np.isfinite(radii)
    if not possible.any():
        return None
    centers, radii = centers[possible], radii[possible]
    voters = points[:: max(1, len(points) // _VOTERS)]
    agreeing = _agree(voters, centers[:, None], radii[:, None])
    best = agreeing.sum(axis=1).argmax()
    circle = Disc(*centers[best], radii[best])
    for _ in range(3):
        on_circle = _agree(points, circle[:2], circle.radius)
        if on_circle.sum() < _LEAST_SECTORS:
            return None
        circle = _fit(points[on_circle])
    return circle


def _agree(points, centers, radii):
    distances = np.hypot(*np.moveaxis(points - centers, -1, 0))
    return np.abs(distances - radii) < _TOLERANCE


def _circles(triples):
    """Returns centres (n, 2) and radii (n,) of circles through (n, 3, 2)."""
    a, b, c = triples.transpose(1, 0, 2)
    # |p - center| is the same for all: two linear equations.
    matrix = 2 * np.stack([b - a, c - a], axis=1)
    squares = [(p**2).sum(-1) for p in (a, b, c)]
    right = np.stack([squares[1] - squares[0], squares[2] - squares[0]], -1)
    straight = np.abs(np.linalg.det(matrix)) < 1e-6
    matrix[straight] = np.eye(2)
    centers = np.linalg.solve(matrix, right[..., None])[..., 0]
    radii = np.linalg.norm(a - centers, axis=-1)
    radii[straight] = np.nan
    return centers, radii


def _fit(points):
    """Returns the least-squares circle (Kasa 1976) through (n, 2) points."""
    middle = points.mean(axis=0)
    x, y = (points - middle).T
    matrix = np.column_stack([2 * x, 2 * y, np.ones_like(x)])
    (a, b, c), *_ = np.linalg.lstsq(matrix, x**2 + y**2, rcond=None)
    radius = math.sqrt(max(0.0, c + a * a + b * b))
    return Disc(float(middle[0] + a), float(middle[1] + b), radius)


def _is_plausible(circle, points, light):
    """Whether enough of the circle is seen, and light fills it alone."""
    height, width = light.shape
    x, y, radius = circle
    if not (
        min(height, width) / 4 < radius < max(height, width)
        and 0 < x < width
        and 0 < y < height
    ):
        return False
    offsets = points - (x, y)
    on_circle = _agree(points, circle[:2], radius)
    angles = np.arctan2(offsets[:, 1], offsets[:, 0])[on_circle]
    sectors = ((angles + np.pi) / (2 * np.pi) * _SECTORS).astype(int)
    seen = np.unique(sectors % _SECTORS)
    middles = (np.arange(_SECTORS) + 0.5) * 2 * np.pi / _SECTORS - np.pi
    at = np.column_stack([np.cos(middles), np.sin(middles)]) * radius + (x, y)
    inside = ((at > 1) & (at < np.array([width, height]) - 1)).all(axis=1)
    if len(seen) < max(_LEAST_SECTORS, _LEAST_SEEN * inside.sum()):
        return False
    disc = _squared_distances(light.shape, x, y) <= radius**2
    return light[disc].mean() > _LEAST_LIGHT and light[~disc].mean() < 0.1


def _squared_distances(shape, x, y):
    """Returns (H, W): how far the middle of each pixel is from (x, y)."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2


def _outside(square, *, share, value):
    """Returns the square with `value` beyond `share` of its circle."""
    half = len(square) / 2
    distances = _squared_distances(square.shape, half, half)
    result = square.copy()
    result[distances > (share * half) ** 2] = value
    return result
