"""Procedural pictures of textured shapes: a stand-in for natural images.

A picture's class says which pattern its foremost shapes carry and what their
outline is. Colours, background, number, place, size and direction vary freely
within a class, and plain shapes and a smaller shape of another class lie
about: neither colour nor a single edge gives the class away. Lengths are in
units of half the image's side.
"""

import numpy as np
from scipy import ndimage

from transfusion_tf.synthetic import drawing

PATTERNS = ("stripes", "checks", "dots", "rings", "waves")
OUTLINES = ("disc", "triangle")
CLASSES = tuple(
    f"{pattern}_{outline}" for pattern in PATTERNS for outline in OUTLINES
)

# Of a pattern, (least, most): from 5 pixels in an image of 64, so that two full
# pixels of either colour are left after the blur.
PERIOD = (0.17, 0.26)
SHAPES = (2, 4)  # Of the picture's class, (least, most), in front.
SHAPE_RADIUS = (0.42, 0.65)
PLAIN_SHAPES = (0, 2)  # Without a pattern, behind the others.
OTHER_RADIUS = (0.18, 0.28)  # Of the one shape of another class.
# A pattern's two colours, (least, most) of each channel. One is dark and one is
# light, whatever their hues: with patterns between any two colours a small
# network is still at chance after two epochs of 3,000 images.
DARK = (0.0, 0.4)
LIGHT = (0.55, 1.0)
# How soft a pattern's edges are, as a gain on a sine; 1 would be the sine
# itself and a large number would show stair steps at few pixels a period.
SHARPNESS = 2.5


def label(index):
    """Returns the class index of image `index`: classes take turns."""
    return index % len(CLASSES)


def render(index, *, seed, size):
    """Returns picture `index`: (size, size, 3) uint8."""
    rng = np.random.default_rng((seed, index))
    image = _background(rng, size)
    for _ in range(rng.integers(PLAIN_SHAPES[0], PLAIN_SHAPES[1] + 1)):
        outline = OUTLINES[rng.integers(len(OUTLINES))]
        inside = _shape(rng, size, outline, radii=SHAPE_RADIUS)
        image = _blend(image, inside, rng.random(3, dtype=np.float32))
    other = (label(index) + rng.integers(1, len(CLASSES))) % len(CLASSES)
    image = _add_textured(rng, image, CLASSES[other], radii=OTHER_RADIUS)
    for _ in range(rng.integers(SHAPES[0], SHAPES[1] + 1)):
        image = _add_textured(
            rng, image, CLASSES[label(index)], radii=SHAPE_RADIUS
        )
    return _photograph(rng, image)


def _background(rng, size):
    """Two colours that run into each other in clouds."""
    first, second = rng.random((2, 3), dtype=np.float32)
    noise = drawing.smooth_noise(rng, size, cells=int(rng.integers(1, 5)))
    share = 0.5 + 0.5 * np.tanh(noise)
    return first + share[..., None] * (second - first)


def _add_textured(rng, image, name, *, radii):
    """Lays one shape of class `name` over `image`."""
    pattern, outline = name.split("_")
    size = len(image)
    inside = _shape(rng, size, outline, radii=radii)
    dark = rng.uniform(*DARK, 3).astype(np.float32)
    light = rng.uniform(*LIGHT, 3).astype(np.float32)
    share = _pattern(rng, size, pattern)[..., None]
    if rng.random() < 0.5:  # Or dots would be known by their dark ground.
        dark, light = light, dark
    return _blend(image, inside, dark + share * (light - dark))


def _shape(rng, size, outline, *, radii):
    """Coverage (size, size) of one shape at a random place."""
    corners = 40 if outline == "disc" else 3
    angles = np.arange(corners) * (2 * np.pi / corners)
    angles = angles + rng.uniform(0, 2 * np.pi)
    # A triangle of the disc's area: size must not give the outline away.
    scale = 1.0 if outline == "disc" else 1.55
    radius = rng.uniform(*radii) * scale
    squeeze = rng.uniform(0.75, 1.0)
    points = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = points * (1.0, squeeze) @ _rotation(rng.uniform(0, np.pi)).T
    ink = drawing.Ink(size)
    ink.polygons([points + rng.uniform(-0.65, 0.65, 2)])
    return ink.coverage()


def _rotation(angle):
    return np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    )


def _pattern(rng, size, pattern):
    """Share of the second colour, (size, size) in [0, 1]."""
    x, y = drawing.grid(size)
    turn = _rotation(rng.uniform(0, np.pi)).astype(np.float32)
    frequency = np.float32(2 * np.pi / rng.uniform(*PERIOD))
    shift = rng.uniform(0, 2 * np.pi, 2).astype(np.float32)
    u = (turn[0, 0] * x + turn[0, 1] * y) * frequency + shift[0]
    v = (turn[1, 0] * x + turn[1, 1] * y) * frequency + shift[1]
    if pattern == "stripes":
        wave = np.sin(u)
    elif pattern == "checks":
        wave = np.sin(u / 1.4) * np.sin(v / 1.4) * 1.4
    elif pattern == "dots":
        wave = np.cos(u) + np.cos(v) - 0.6
    elif pattern == "rings":
        centre = rng.uniform(-0.5, 0.5, 2).astype(np.float32)
        wave = np.sin(np.hypot(x - centre[0], y - centre[1]) * frequency)
    else:
        wave = np.sin(u + 1.6 * np.sin(v / 2))
    return np.clip(0.5 + 0.5 * SHARPNESS * wave, 0, 1)


def _blend(image, inside, colour):
    """Lays `colour` (3,) or (H, W, 3) over `image` where `inside` is."""
    return image + inside[..., None] * (colour - image)


def _photograph(rng, image):
    """Light that falls off to one side, blur, noise; to uint8."""
    size = len(image)
    x, y = drawing.grid(size)
    slope = rng.normal(0, 0.15, 2).astype(np.float32)
    image = image * (1 + slope[0] * x + slope[1] * y)[..., None]
    blur = rng.uniform(0.002, 0.010) * size
    image = ndimage.gaussian_filter(image, (blur, blur, 0), truncate=3.0)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    image = image + rng.uniform(0.01, 0.03) * noise
    return (np.clip(image, 0, 1) * 255).round().astype(np.uint8)
