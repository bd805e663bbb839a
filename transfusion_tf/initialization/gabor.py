"""A synthetic bank of Gabor filters for the first convolution.

Raghu et al. 2019 (arXiv:1902.07208) start conv1 from synthetic Gabor filters
and everything else at random; the parameters of their bank are not published.
Ours are settings (config.InitConfig), with these defaults and reasons:

- orientations: 8, evenly over half a turn.
- wavelengths: WAVELENGTHS of the kernel's side, from one and a half waves in
  the kernel (shorter ones are close to the Nyquist limit) to one (a longer one
  cannot be distinguished from a ramp).
- phases: 4, evenly over a full turn. After a ReLU, light on dark and dark on
  light are different features.
- bandwidth: one octave, as of simple cells (Jones and Palmer 1987).
- color fraction: half of the filters are colour-opponent (red-green or
  blue-yellow), the others grey. On grey images colour opponents see nothing.
"""

import dataclasses

import numpy as np

MIN_SIDE = 5  # Below, a kernel does not hold one wave and its surroundings.
WAVELENGTHS = (0.6, 0.75, 0.9)
# At 2 pixels, the Nyquist limit, half of the phases are sampled to nothing.
MIN_WAVELENGTH = 2.5
# Unit vectors of (red, green, blue). Opponents sum to zero over the channels.
COLORS = {
    "grey": np.array([1, 1, 1]) / np.sqrt(3),
    "red_green": np.array([1, -1, 0]) / np.sqrt(2),
    "blue_yellow": np.array([-1, -1, 2]) / np.sqrt(6),
}


@dataclasses.dataclass(frozen=True)
class Wave:
    """One filter: angles in radians, lengths in pixels.

    `orientation` is the direction in which the wave travels, counted from the
    columns' axis towards growing rows.
    """

    orientation: float
    wavelength: float
    phase: float
    sigma: float
    color: str


def sigma_of(wavelength, bandwidth):
    """Width of the Gaussian for a half-response bandwidth in octaves.

    Petkov and Kruizinga 1997, eq. 4.
    """
    power = 2.0**bandwidth
    return (
        wavelength / np.pi * np.sqrt(np.log(2) / 2) * (power + 1) / (power - 1)
    )


def waves(num_filters, side, settings, rng):
    """Draws the parameters of `num_filters` filters, each value equally often.

    Args:
      num_filters: how many.
      side: of the kernel, in pixels.
      settings: InitConfig.
      rng: numpy.random.Generator; decides what meets what.

    Raises:
      ValueError: the kernel is smaller than MIN_SIDE, or a wavelength does not
        fit it.
    """
    if side < MIN_SIDE:
        raise ValueError(
            f"--init=gabor needs a first convolution of at least {MIN_SIDE}x"
            f"{MIN_SIDE}. Received: {side}x{side}; take another network, or "
            "another init."
        )
    lengths = settings.gabor_wavelengths or [f * side for f in WAVELENGTHS]
    wrong = [x for x in lengths if not MIN_WAVELENGTH <= x <= side]
    if wrong:
        raise ValueError(
            f"--gabor_wavelengths must be {MIN_WAVELENGTH:g} to {side} pixels "
            f"for a {side}x{side} kernel. Received: "
            f"{', '.join(f'{x:g}' for x in wrong)}"
        )
    turn = np.arange(settings.gabor_orientations) / settings.gabor_orientations
    phase = np.arange(settings.gabor_phases) / settings.gabor_phases
    drawn = zip(
        _balanced_draw(turn * np.pi, num_filters, rng),
        _balanced_draw(lengths, num_filters, rng),
        _balanced_draw(phase * 2 * np.pi, num_filters, rng),
        _colors(num_filters, settings.gabor_color_fraction, rng),
        strict=True,
    )
    return [
        Wave(
            float(orientation),
            float(length),
            float(angle),
            float(sigma_of(length, settings.gabor_bandwidth)),
            str(color),
        )
        for orientation, length, angle, color in drawn
    ]


def kernel(parameters, side, *, std, bgr=False):
    """The filters of `waves` as one kernel (side, side, 3, num_filters).

    Each channel of each filter has zero mean, and each filter the L2 norm
    std * sqrt(3 * side^2), so that the kernel's standard deviation is `std`.

    Args:
      parameters: list of Wave.
      side: in pixels.
      std: standard deviation of the kernel's numbers.
      bgr: whether the network sees blue first.
    """
    filters = []
    for wave in parameters:
        pattern = _pattern(wave, side)
        color = COLORS[wave.color][::-1] if bgr else COLORS[wave.color]
        filters.append(pattern[..., None] * color)
    stacked = np.stack(filters, axis=-1)
    return (stacked * std * np.sqrt(3 * side**2)).astype(np.float32)


def _pattern(wave, side):
    """(side, side), zero mean, unit L2 norm."""
    axis = np.arange(side) - (side - 1) / 2
    y, x = np.meshgrid(axis, axis, indexing="ij")
    along = x * np.cos(wave.orientation) + y * np.sin(wave.orientation)
    envelope = np.exp(-(x**2 + y**2) / (2 * wave.sigma**2))
    carrier = np.cos(2 * np.pi * along / wave.wavelength + wave.phase)
    # A weighted mean, so that the envelope still falls to zero at the border.
    carrier -= (envelope * carrier).sum() / envelope.sum()
    pattern = envelope * carrier
    return pattern / np.linalg.norm(pattern)


def _balanced_draw(values, count, rng):
    """`count` values, each as often as any other (to one), shuffled."""
    return rng.permutation(np.resize(rng.permutation(values), count))


def _colors(count, fraction, rng):
    opponents = round(count * fraction)
    names = np.resize(["red_green", "blue_yellow"], opponents)
    grey = np.full(count - opponents, "grey")
    return rng.permutation(np.concatenate([grey, names]))
