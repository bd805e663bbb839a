"""How many filters of a first convolution are like Gabor filters.

Raghu et al. 2019 (arXiv:1902.07208, figure 5) look at them. Here each filter's
pattern in its main colour is fitted (analysis.gabor_fit), and it is Gabor-like
if its R squared

- is above the threshold, which 5% of the fits to phase-scrambled patterns of
  the same kernel exceed: eight parameters fit small noise well (on average 0.48
  for 5x5 and 0.30 for 7x7 kernels), and smooth noise better, and
- is above that of the best Gaussian blob: a blob's phases are aligned too.

A scrambled pattern has the Fourier amplitudes of the filter, thus its strength,
smoothness and orientation, and random phases. So the question is whether the
phases are aligned as in one wave packet, at one place. Scrambled Gabor filters
are packets too, yet wrapped around or split: 5% of those of `--init=gabor`
exceed 0.98 (5x5) or 0.97 (7x7), the filters themselves are at 0.99 and more.

Of white noise, 5% are Gabor-like by chance, which is what is given as expected.
Of smooth noise it is up to 16%, since scrambled patterns wrap around, and are
therefore not quite as smooth; hence look at R squared, and at what changed.
"""

import numpy as np

from transfusion_tf.analysis.filters import gabor_fit
from transfusion_tf.initialization import gabor

LEVEL = 0.05  # Share of scrambled patterns that exceed the threshold.
MIN_SCRAMBLED = 20  # With fewer, the threshold is beyond all of them.
COLUMNS = (
    "run",
    "filter",
    "rank",
    "step",
    "color_share",
    "orientation_degrees",
    "wavelength_pixels",
    "r_squared",
    "blob_r_squared",
    "threshold",
    "gabor_like",
    "note",
)
COUNT_COLUMNS = (
    "run",
    "step",
    "num_filters",
    "num_gabor_like",
    "expected_by_chance",
    "threshold",
    "num_scrambles",
    "note",
)
SCRAMBLED_COLUMNS = ("run", "step", "filter", "scramble", "r_squared")


def main_patterns(kernel):
    """What each filter looks like in its main colour.

    The main colour is the first principal component over the channels, not
    centred. Of a filter that is one pattern times one colour the pattern comes
    back, also of a colour-opponent one, which has no grey.

    Args:
      kernel: (height, width, channels_in, num_filters).

    Returns:
      (patterns (num_filters, height, width) of any sign, share (num_filters,)
      of the filter's sum of squares that is in them, NaN for a filter of
      zeros).
    """
    height, width, channels, count = np.shape(kernel)
    flat = np.asarray(kernel, np.float64).reshape(-1, channels, count)
    left, strengths, _ = np.linalg.svd(np.moveaxis(flat, -1, 0), False)
    patterns = left[:, :, 0] * strengths[:, :1]
    squares = strengths**2
    with np.errstate(invalid="ignore"):
        share = squares[:, 0] / squares.sum(axis=1)
    return patterns.reshape(count, height, width), share


def scrambled(patterns, num_scrambles, *, seed):
    """Patterns with the same Fourier amplitudes and random phases.

    The phases are those of white noise, so that the result is real. Patterns
    of the same place and size get the same phases at every call.

    Args:
      patterns: (num_patterns, height, width).
      num_scrambles: of each.
      seed: of the phases.

    Returns:
      (num_scrambles, num_patterns, height, width).
    """
    rng = np.random.default_rng(seed)
    noise = np.fft.fft2(rng.normal(size=(num_scrambles, *np.shape(patterns))))
    amplitudes = np.abs(np.fft.fft2(patterns))
    return np.fft.ifft2(amplitudes * noise / np.abs(noise)).real


def rows(kernel, changed, *, step, num_scrambles, seed):
    """Fits to the filters of one kernel, their count, and what chance gives.

    Args:
      kernel: (height, width, channels_in, num_filters), finite.
      changed: the rows of `filters.changes`, which give run and rank.
      step: the step of the run that the kernel is of.
      num_scrambles: phase-scrambled patterns for each filter.
      seed: of the phases.

    Returns:
      (one row (dict of COLUMNS) per filter, one row (dict of COUNT_COLUMNS),
      one row (dict of SCRAMBLED_COLUMNS) per scrambled pattern). What is not
      known is None, and `note` says why.
    """
    patterns, share = main_patterns(kernel)
    note = _too_small(patterns)
    fits, null = None, np.empty((0, len(patterns)))
    if not note:
        fits = gabor_fit.fit(patterns)
        many = scrambled(patterns, num_scrambles, seed=seed)
        null = gabor_fit.r_squared(many.reshape(-1, *patterns.shape[1:]))
        null = null.reshape(many.shape[:2])
    threshold, fault = _threshold(null)
    note = note or fault
    fitted = [
        {
            "run": of["run"],
            "filter": of["filter"],
            "rank": of["rank"],
            "step": step,
            "color_share": _defined(share[of["filter"]]),
            **_fit_of(fits, of["filter"], threshold),
            "threshold": threshold,
            "note": note or _zero_note(share[of["filter"]]),
        }
        for of in changed
    ]
    count = _count(fitted, threshold, note)
    head = {"run": changed[0]["run"], "step": step}
    return (
        fitted,
        {**head, **count, "num_scrambles": num_scrambles},
        _scrambled_rows(null, head),
    )


def _too_small(patterns):
    """Why the patterns are not fitted, or ""."""
    height, width = patterns.shape[1:]
    if min(height, width) >= gabor.MIN_SIDE:
        return ""
    return (
        f"kernel {height}x{width} is smaller than "
        f"{gabor.MIN_SIDE}x{gabor.MIN_SIDE}"
    )


def _threshold(null):
    """(threshold or None, why there is none or "")."""
    null = null[np.isfinite(null)]
    if len(null) >= MIN_SCRAMBLED:
        return float(np.quantile(null, 1 - LEVEL)), ""
    return None, (
        f"{len(null)} scrambled patterns give no threshold; at least "
        f"{MIN_SCRAMBLED} do"
    )


def _zero_note(share):
    return "" if np.isfinite(share) else "all zeros"


def _defined(value):
    return float(value) if np.isfinite(value) else None


def _fit_of(fits, index, threshold):
    """The columns of one filter's fit; all None without one."""
    names = {
        "orientation_degrees": "orientation",
        "wavelength_pixels": "wavelength",
        "r_squared": "r_squared",
        "blob_r_squared": "blob_r_squared",
    }
    if fits is None:
        return dict.fromkeys([*names, "gabor_like"])
    found = {
        column: _defined(getattr(fits, name)[index])
        for column, name in names.items()
    }
    share, blob = found["r_squared"], found["blob_r_squared"]
    undecided = threshold is None or share is None
    like = None if undecided else int(share > max(threshold, blob))
    return {**found, "gabor_like": like}


def _count(fitted, threshold, note):
    """How many are Gabor-like, and how many would be by chance."""
    decided = [row["gabor_like"] for row in fitted if not row["note"]]
    undefined = len(fitted) - len(decided)
    if not note and undefined:
        note = f"filters of zeros, left out: {undefined}"
    return {
        "num_filters": len(fitted),
        "num_gabor_like": None if threshold is None else sum(decided),
        "expected_by_chance": (
            None if threshold is None else LEVEL * len(decided)
        ),
        "threshold": threshold,
        "note": note,
    }


def _scrambled_rows(null, head):
    return [
        {
            **head,
            "filter": index,
            "scramble": scramble,
            "r_squared": _defined(null[scramble, index]),
        }
        for scramble, index in np.ndindex(null.shape)
    ]
