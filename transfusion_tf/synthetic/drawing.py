"""Antialiased ink on a square: the pen of the procedural images.

Points are (x, y) with x to the right and y downwards, in units of half the
image's side, so that the image spans [-1, 1] and a drawing scales with its
size.
"""

import functools

import numpy as np
from PIL import Image, ImageDraw

# Ink is drawn this much larger and then averaged: an edge falls on a quarter
# of a pixel, so a dot one pixel wide keeps its place and its area.
SUPERSAMPLE = 4
NUM_CORNERS = 12  # Of a blob's outline; round enough below 40 pixels.


class Ink:
    """Coverage in [0, 1] of a `size` x `size` image by drawn polygons."""

    def __init__(self, size):
        self._half = size * SUPERSAMPLE / 2
        side = size * SUPERSAMPLE
        self._image = Image.new("L", (side, side))
        self._draw = ImageDraw.Draw(self._image)

    def polygons(self, outlines, *, density=1.0):
        """Fills each of `outlines` (k, corners, 2) with `density` in [0, 1]."""
        # Half a pixel off: Pillow's coordinates are the centres of pixels.
        corners = (np.asarray(outlines) + 1) * self._half - 0.5
        fill = round(255 * density)
        for outline in corners.reshape(len(corners), -1).tolist():
            self._draw.polygon(outline, fill=fill)

    def coverage(self):
        """Returns the mean ink of each pixel, (size, size) float32."""
        small = self._image.reduce(SUPERSAMPLE)
        return np.asarray(small, np.float32) / 255


@functools.lru_cache(maxsize=4)
def grid(size):
    """Returns x (1, size) and y (size, 1) of the pixel centres, read-only."""
    x = (np.arange(size, dtype=np.float32) * 2 + 1) / size - 1
    x.flags.writeable = False
    return x[None, :], x[:, None]


def walks(rng, starts, *, headings, bends, lengths, wobble, num_points=10):
    """Draws paths that turn steadily and a little at random.

    Args:
        rng: NumPy generator.
        starts: (k, 2) first points.
        headings, bends: (k,) first direction and the turn along the whole
            path, in radians.
        lengths: (k,) lengths of the paths.
        wobble: standard deviation of the random part of the turn, in radians
            over the whole path.
        num_points: points of each path.

    Returns:
        (k, num_points, 2) points.
    """
    steps = num_points - 1
    along = np.linspace(0, 1, steps)
    turns = rng.normal(0, wobble / np.sqrt(steps), (len(starts), steps))
    angles = (
        np.asarray(headings)[:, None]
        + np.asarray(bends)[:, None] * along
        + turns.cumsum(axis=1)
    )
    moves = np.stack([np.cos(angles), np.sin(angles)], axis=2)
    moves *= np.asarray(lengths)[:, None, None] / steps
    points = np.zeros((len(starts), num_points, 2))
    points[:, 1:] = moves.cumsum(axis=1)
    return points + np.asarray(starts)[:, None]


def ribbons(paths, widths):
    """Returns outlines (k, 2n, 2) of `paths` (k, n, 2), `widths` (k, n)."""
    along = np.empty_like(paths)
    along[:, 1:-1] = paths[:, 2:] - paths[:, :-2]
    along[:, 0] = paths[:, 1] - paths[:, 0]
    along[:, -1] = paths[:, -1] - paths[:, -2]
    along /= np.hypot(along[..., 0], along[..., 1])[..., None]
    normals = np.stack([-along[..., 1], along[..., 0]], axis=2)
    offsets = normals * (np.asarray(widths) / 2)[..., None]
    return np.concatenate([paths + offsets, (paths - offsets)[:, ::-1]], axis=1)


def blobs(rng, centres, *, lengths, widths, headings, roughness):
    """Returns outlines (k, NUM_CORNERS, 2) of uneven ellipses.

    Args:
        rng: NumPy generator.
        centres: (k, 2) centres.
        lengths, widths: (k,) axes along `headings` and across.
        headings: (k,) directions in radians.
        roughness: relative standard deviation of the radius at a corner.
    """
    angles = np.arange(NUM_CORNERS) * (2 * np.pi / NUM_CORNERS)
    uneven = rng.normal(1, roughness, (len(centres), NUM_CORNERS))
    along = np.asarray(lengths)[:, None] / 2 * np.cos(angles) * uneven
    across = np.asarray(widths)[:, None] / 2 * np.sin(angles) * uneven
    cos = np.cos(headings)[:, None]
    sin = np.sin(headings)[:, None]
    outline = np.stack(
        [along * cos - across * sin, along * sin + across * cos], axis=2
    )
    return outline + np.asarray(centres)[:, None]


def smooth_noise(rng, size, *, cells):
    """Returns (size, size) float32 noise with about `cells` patches a side."""
    coarse = rng.standard_normal((cells + 2, cells + 2), dtype=np.float32)
    image = Image.fromarray(coarse)
    return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC))
