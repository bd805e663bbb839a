"""Fits a two-dimensional Gabor function to patterns such as filters.

The function has eight parameters (Jones and Palmer 1987, J. Neurophysiol. 58,
1233-1258): with u along the wave and v across it, counted from the centre,

    exp(-u^2 / (2 sigma_u^2) - v^2 / (2 sigma_v^2))
        * (a cos(2 pi u / wavelength) + b sin(2 pi u / wavelength)),

a and b being amplitude and phase. It has no constant, since a Gabor filter does
not answer to even light; R squared is therefore the share of the sum of squares
about zero.

What is called a Gabor is bounded, or every blob and every ramp would be one:
its centre lies in the kernel, its wavelength is one that the kernel can show
(gabor.MIN_WAVELENGTH to its side, as for the bank that is drawn), and its
bandwidth is at most MAX_BANDWIDTH.
"""

import dataclasses

import numpy as np

from transfusion_tf.analysis.filters import variable_projection
from transfusion_tf.initialization import gabor

# Octaves. There the side lobes of an even wave have 17% of its peak; with a
# larger bandwidth they vanish, and what is left is a blob.
MAX_BANDWIDTH = 2.5
_MAX_WAVES = 2.0  # sigma_u over the wavelength: a grating in any kernel.
_MIN_SIGMA = 0.5  # Pixels; a narrower envelope holds a single pixel.
_ORIENTATIONS = 12  # To start from.


@dataclasses.dataclass(frozen=True)
class Fits:
    """Best fits, an array (num_patterns,) each; NaN for a pattern of zeros.

    Attributes:
      orientation: direction in which the wave travels, in degrees in [0, 180),
        counted from the columns' axis towards growing rows.
      wavelength: in pixels.
      r_squared: share of the sum of squares that the Gabor explains.
      blob_r_squared: share that the best Gaussian blob explains, which is the
        same function without a wave.
    """

    orientation: np.ndarray
    wavelength: np.ndarray
    r_squared: np.ndarray
    blob_r_squared: np.ndarray


def fit(patterns):
    """The best Gabor, and the best blob, for each pattern.

    Args:
      patterns: (num_patterns, side, side), side at least gabor.MIN_SIDE.

    Returns:
      Fits.

    Raises:
      ValueError: another shape, or numbers that are not finite.
    """
    unit, defined = _normalized(patterns)
    side = unit.shape[1]
    explained, values = variable_projection.best(_gabors(side), unit)
    blob, _ = variable_projection.best(_blobs(side), unit)
    return Fits(
        orientation=_spread(_degrees(values[:, 0]), defined),
        wavelength=_spread(np.exp(values[:, -1]), defined),
        r_squared=_spread(explained, defined),
        blob_r_squared=_spread(blob, defined),
    )


def r_squared(patterns):
    """The `r_squared` of `fit` alone, without the blob, which takes longer."""
    unit, defined = _normalized(patterns)
    explained, _ = variable_projection.best(_gabors(unit.shape[1]), unit)
    return _spread(explained, defined)


def _normalized(patterns):
    """(patterns that are not zero, with unit norm; which those are)."""
    patterns = np.asarray(patterns, np.float64)
    shape = patterns.shape
    if len(shape) != 3 or shape[1] != shape[2] or shape[1] < gabor.MIN_SIDE:
        raise ValueError(
            "Patterns must be (num_patterns, side, side) with a side of at "
            f"least {gabor.MIN_SIDE}. Received: shape {shape}"
        )
    if not np.isfinite(patterns).all():
        raise ValueError("Patterns must be finite. Received: NaN or infinity")
    norms = np.linalg.norm(patterns, axis=(1, 2))
    defined = norms > 0
    return patterns[defined] / norms[defined, None, None], defined


def _spread(values, defined):
    """`values` where `defined`, NaN elsewhere."""
    spread = np.full(len(defined), np.nan)
    spread[defined] = values
    return spread


def _degrees(radians):
    """In [0, 180): the remainder of a tiny negative angle rounds to 180."""
    degrees = np.degrees(radians) % 180
    return np.where(degrees < 180, degrees, 0.0)


def _gabors(side):
    """Parameters: orientation, centre x and y, log sigma_v,
    log (sigma_u / wavelength), log wavelength.
    """
    blobs = _blobs(side)
    waves = np.log([gabor.sigma_of(1.0, MAX_BANDWIDTH), _MAX_WAVES])
    lengths = np.log([gabor.MIN_WAVELENGTH, side])
    return variable_projection.Family(
        _gabor_basis,
        np.array([*blobs.lower[:4], waves[0], lengths[0]]),
        np.array([*blobs.upper[:4], waves[1], lengths[1]]),
        (
            *blobs.grid[:4],
            np.log([0.35, 0.6]),
            lengths[0] + np.diff(lengths) * [0.1, 0.5, 0.9],
        ),
    )


def _blobs(side):
    """Parameters: orientation, centre x and y, log sigma_v, log sigma_u."""
    half = (side - 1) / 2
    least, most = np.log([_MIN_SIGMA, side])
    centers = half * np.array([-0.5, 0, 0.5])
    sigmas = np.log([side / 6, side / 3])
    turn = np.arange(_ORIENTATIONS) * np.pi / _ORIENTATIONS
    return variable_projection.Family(
        _blob_basis,
        np.array([-np.inf, -half, -half, least, least]),
        np.array([np.inf, half, half, most, most]),
        (turn, centers, centers, sigmas, sigmas),
    )


def _gabor_basis(values, x, y):
    along, across = _axes(values, x, y)
    sigma_v, waves, wavelength = np.exp(values[:, 3:].T)[..., None]
    envelope = _envelope(along, across, waves * wavelength, sigma_v)
    angle = 2 * np.pi * along / wavelength
    return np.stack(
        [envelope * np.cos(angle), envelope * np.sin(angle)], axis=1
    )


def _blob_basis(values, x, y):
    along, across = _axes(values, x, y)
    sigma_v, sigma_u = np.exp(values[:, 3:].T)[..., None]
    return _envelope(along, across, sigma_u, sigma_v)[:, None]


def _axes(values, x, y):
    """Coordinates along and across the wave, (n, num_pixels) each."""
    turn, center_x, center_y = values[:, :3].T[..., None]
    x, y = x - center_x, y - center_y
    cosine, sine = np.cos(turn), np.sin(turn)
    return x * cosine + y * sine, y * cosine - x * sine


def _envelope(along, across, sigma_u, sigma_v):
    return np.exp(-((along / sigma_u) ** 2 + (across / sigma_v) ** 2) / 2)
