"""Procedural fundus photographs with five grades of diabetic retinopathy.

An eye is drawn from its patient's traits (hue, brightness), its own (disc,
vessels, exposure) and the marks of its grade (see `lesions`); then a camera
blurs it and adds noise. Lengths are in units of half the image's side.
"""

import statistics

import numpy as np
from scipy import ndimage, special

from transfusion_tf.synthetic import drawing, lesions

CLASSES = ("0", "1", "2", "3", "4")
# As in screening most eyes are healthy, but less skewed: with 3,000 training
# images every grade has at least 300.
GRADE_SHARES = (0.40, 0.15, 0.20, 0.15, 0.10)
# Correlation of the severity behind the grades of a patient's two eyes: high
# enough that a split by image would leak.
EYE_CORRELATION = 0.8
EYES = 2  # A patient; even images are right eyes, odd ones left eyes.

# First entries of the seeds: three streams that never meet.
_PATIENT, _GRADE, _EYE = 0, 1, 2

FIELD_RADIUS = 0.95  # Of the round picture; the rest is the dark surround.
SURROUND = 0.02  # Not quite black, as a camera's dark level.
RETINA = (0.80, 0.39, 0.19)  # Orange-red, before hue and illumination.
DISC = (0.98, 0.84, 0.55)  # The pale yellow optic disc.
# What blood lets through of red, green and blue: it is seen best in green.
BLOOD = (0.52, 0.22, 0.28)
VESSEL = (0.70, 0.42, 0.48)
LIPID = (0.96, 0.82, 0.42)
COTTON = (0.92, 0.82, 0.66)
# How strongly marks cover the retina, (least, most), one draw for an eye and
# the same for its lesions and distractors. Some eyes are seen through a cloudy
# lens, where marks nearly drown in the noise: their share sets how far from 1
# the best AUC is, while the clear eyes let a network start to learn within an
# epoch. Fainter marks in all eyes would let it learn late or never, by luck.
MARK_OPACITY = (0.70, 1.00)
CLOUDY_OPACITY = (0.10, 0.35)
CLOUDY_SHARE = 0.27
PALE_OPACITY = 0.6  # Cotton wool is a soft veil, thinner than lipid.


def patient_of(index):
    """Returns the number of the patient of image `index`."""
    return index // EYES


def grade(index, *, seed):
    """Returns the grade 0..4 of image `index`.

    A severity with the patient's part and the eye's own is cut so that the
    grades have `GRADE_SHARES`.
    """
    shared = _rng(seed, _GRADE, patient_of(index)).standard_normal(EYES + 1)
    own = shared[1 + index % EYES]
    severity = (
        np.sqrt(EYE_CORRELATION) * shared[0]
        + np.sqrt(1 - EYE_CORRELATION) * own
    )
    rank = statistics.NormalDist().cdf(float(severity))
    return int(np.searchsorted(np.cumsum(GRADE_SHARES[:-1]), rank))


def render(index, *, seed, size):
    """Returns photograph `index`: (size, size, 3) uint8."""
    traits = _patient_traits(_rng(seed, _PATIENT, patient_of(index)))
    rng = _rng(seed, _EYE, index)
    eye_grade = grade(index, seed=seed)
    disc = _place_disc(rng)
    marks = lesions.plan(rng, eye_grade, disc=disc)
    vessels = _vessels(rng, size, disc=disc, beaded=eye_grade >= 3)
    image = _retina(rng, size, disc=disc, traits=traits)
    image = _absorb(image, vessels, VESSEL)
    image = _add_marks(rng, image, lesions.draw(rng, marks, size))
    if index % EYES:
        image = image[:, ::-1]
    return _photograph(rng, image)


def _rng(seed, stream, number):
    return np.random.default_rng((seed, stream, number))


def _patient_traits(rng):
    """Draws the tint of a patient's retina and its brightness, (3,)."""
    tint = np.exp(rng.normal(0, (0.05, 0.12, 0.18)))
    return np.asarray(RETINA) * tint * np.exp(rng.normal(0, 0.12))


def _place_disc(rng):
    """Draws (x, y, radius) of the optic disc of a right eye."""
    x = rng.uniform(0.42, 0.56)
    return x, rng.uniform(-0.10, 0.06), rng.uniform(0.13, 0.17)


def _retina(rng, size, *, disc, traits):
    """Background, macula and optic disc: (size, size, 3) float32."""
    x, y = drawing.grid(size)
    tilt = rng.normal(0, 0.12, 2)
    light = 1 + tilt[0] * x + tilt[1] * y
    light = light - rng.uniform(0.15, 0.45) * (x * x + y * y)
    light = light + 0.05 * drawing.smooth_noise(rng, size, cells=6)
    fovea_x, fovea_y = rng.normal((-0.05, 0.04), 0.03)
    to_fovea = (x - fovea_x) ** 2 + (y - fovea_y) ** 2
    light = light * (1 - rng.uniform(0.25, 0.45) * np.exp(-to_fovea / 0.03))
    image = light[..., None] * traits.astype(np.float32)
    return _add_disc(rng, image, light, disc=disc)


def _add_disc(rng, image, light, *, disc):
    """Lays the optic disc, with its brighter cup, over the retina."""
    x, y = drawing.grid(len(image))
    disc_x, disc_y, radius = disc
    distance = np.hypot(x - disc_x, (y - disc_y) * 0.92) / radius
    colour = np.asarray(DISC, np.float32) * light[..., None]
    edge = special.expit((1 - distance) * 12)
    image = _cover(image, 0.75 * edge, colour)
    cup = special.expit((rng.uniform(0.3, 0.55) - distance) * 12)
    return _cover(image, 0.5 * cup, colour * 1.12)


def _vessels(rng, size, *, disc, beaded):
    """Arteries and veins that fan out from the disc: coverage (size, size)."""
    ink = drawing.Ink(size)
    # Directions up and down, towards the fovea (bending round it) and away.
    headings = np.radians([-110, -100, 110, 100, -50, -35, 50, 35])
    bends = np.radians([-85, -70, 85, 70, 35, 20, -35, -20])
    is_vein = np.tile([True, False], 4)
    count = len(headings)
    lengths = np.where(np.abs(headings) > 1.6, 1.75, 0.9)
    trunks = drawing.walks(
        rng,
        np.tile(disc[:2], (count, 1)) + rng.normal(0, 0.02, (count, 2)),
        headings=headings + rng.normal(0, 0.12, count),
        bends=bends + rng.normal(0, 0.25, count),
        lengths=lengths * rng.uniform(0.85, 1.15, count),
        wobble=0.5,
        num_points=20,
    )
    widths = np.where(is_vein, 0.052, 0.036) * rng.uniform(0.85, 1.15, count)
    widths = widths[:, None] * np.linspace(1, 0.35, trunks.shape[1])
    _draw_branches(rng, ink, trunks, widths, is_vein)
    if beaded:
        beads = 1 + 0.5 * np.sin(np.arange(trunks.shape[1]) * np.pi / 1.5)
        widths = np.where(is_vein[:, None], widths * beads, widths)
    outlines = drawing.ribbons(trunks, widths)
    ink.polygons(outlines[~is_vein], density=0.6)
    ink.polygons(outlines[is_vein], density=0.9)
    return ink.coverage()


def _draw_branches(rng, ink, trunks, widths, is_vein):
    """Draws two generations of side branches of `trunks` into `ink`."""
    paths, is_branch_vein = trunks, is_vein
    for per_parent, length in ((4, 0.6), (2, 0.3)):
        parents = np.repeat(np.arange(len(paths)), per_parent)
        at = rng.integers(3, paths.shape[1] - 2, len(parents))
        here, before = paths[parents, at], paths[parents, at - 1]
        along = here - before
        side = rng.choice([-1.0, 1.0], len(parents))
        branch_widths = 0.6 * widths[parents, at]
        is_branch_vein = is_branch_vein[parents]
        paths = drawing.walks(
            rng,
            here,
            headings=np.arctan2(along[:, 1], along[:, 0])
            + side * rng.uniform(0.5, 1.0, len(parents)),
            bends=-side * rng.uniform(0, 0.8, len(parents)),
            lengths=length * rng.uniform(0.6, 1.3, len(parents)),
            wobble=0.6,
        )
        widths = branch_widths[:, None] * np.linspace(1, 0.4, paths.shape[1])
        outlines = drawing.ribbons(paths, widths)
        ink.polygons(outlines[~is_branch_vein], density=0.5)
        ink.polygons(outlines[is_branch_vein], density=0.75)


def _add_marks(rng, image, inks):
    """Lays the inks of the marks over the retina."""
    is_cloudy = rng.random() < CLOUDY_SHARE
    opacity = rng.uniform(*(CLOUDY_OPACITY if is_cloudy else MARK_OPACITY))
    # A mark is seen in the light that falls on it.
    light = image.max(axis=2, keepdims=True) / RETINA[0]
    image = _cover(
        image, opacity * inks["bright"], light * np.asarray(LIPID, np.float32)
    )
    veil = ndimage.gaussian_filter(inks["pale"], 0.02 * len(image))
    image = _cover(
        image,
        opacity * PALE_OPACITY * veil,
        light * np.asarray(COTTON, np.float32),
    )
    return _absorb(image, opacity * inks["red"], BLOOD)


def _absorb(image, coverage, passed):
    """Darkens `image` where `coverage` is, to the share `passed` (3,)."""
    loss = 1 - np.asarray(passed, np.float32)
    return image * (1 - coverage[..., None] * loss)


def _cover(image, coverage, colour):
    """Blends `colour` over `image` where `coverage` (H, W) is."""
    return image + coverage[..., None] * (colour - image)


def _photograph(rng, image):
    """Exposure, blur, the round field, noise: (H, W, 3) float to uint8."""
    size = len(image)
    exposure = np.exp(rng.normal(0, 0.10, 3) * 0.4 + rng.normal(0, 0.12))
    image = image * exposure.astype(np.float32)
    # Of the optics, so in units of the field: up to half a pixel at size 64.
    blur = rng.uniform(0.002, 0.008) * size
    image = ndimage.gaussian_filter(image, (blur, blur, 0), truncate=3.0)
    x, y = drawing.grid(size)
    inside = (FIELD_RADIUS - np.hypot(x, y)) * (size / 2) + 0.5
    inside = np.clip(inside, 0, 1)[..., None]
    image = SURROUND + inside * (image - SURROUND)
    # Of the sensor, so the same for a pixel of any size.
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    image = image + rng.uniform(0.008, 0.022) * noise
    return (np.clip(image, 0, 1) * 255).round().astype(np.uint8)
