"""Moments: means and covariances of two representations, and their floors.

A representation is (num_datapoints, num_neurons), always in this order. For a
convolutional stage a datapoint is one position of one image, and a neuron is a
channel. All similarity measures are functions of moments (similarity.py):

    m = moments.from_arrays(x, y)
    similarity.cca(m).mean

`stream` gathers the moments of all stages of several networks in one pass over
the images; its memory does not depend on their number.
"""

import dataclasses
import functools
import itertools

import numpy as np

from transfusion_tf.analysis import pairing, products

# The data are shifted by the mean of this many images, so that large means do
# not eat the digits of float32. Any shift is exact; a few images are near
# enough to the mean.
_NUM_SHIFT_IMAGES = 8


@dataclasses.dataclass(frozen=True, eq=False)
class Marginal:
    """Mean (num_neurons,) and covariance of one representation, float64."""

    mean: np.ndarray
    cov: np.ndarray

    @functools.cached_property
    def spectrum(self):
        """Variances, descending, and directions (num_neurons, num_neurons).

        Kept, because all pairs and floors of a network share it.
        """
        variances, directions = np.linalg.eigh(self.cov)
        return np.maximum(variances[::-1], 0.0), directions[:, ::-1]


@dataclasses.dataclass(frozen=True, eq=False)
class Moments:
    """What any similarity of representations x and y needs, in float64.

    Covariances are divided by the number of datapoints.

    Attributes:
      x: Marginal of x.
      y: Marginal of y.
      cov_xy: (num_neurons_x, num_neurons_y) cross-covariance.
      num_datapoints: number of rows that x and y had.
      num_images: number of images that the rows came from.
    """

    x: Marginal
    y: Marginal
    cov_xy: np.ndarray
    num_datapoints: int
    num_images: int

    mean_x = property(lambda self: self.x.mean, doc="(num_neurons_x,)")
    mean_y = property(lambda self: self.y.mean, doc="(num_neurons_y,)")
    cov_xx = property(lambda self: self.x.cov, doc="Covariance of x.")
    cov_yy = property(lambda self: self.y.cov, doc="Covariance of y.")


@dataclasses.dataclass(frozen=True, eq=False)
class StageMoments:
    """Moments of one stage of two networks, and of its two null floors.

    Attributes:
      measured: Moments; both networks look at the same image and position.
      layout: Moments; y looks at the same position of another image (what the
        shared frame, borders and padding alone give), or None where no image
        had a partner.
      chance: Moments; y looks at another image of another patient, shifted by
        a random circular offset (what size and within-image correlation alone
        give), or None.
    """

    measured: Moments
    layout: Moments | None
    chance: Moments | None


def from_arrays(x, y, *, num_images=None):
    """Returns the Moments of two arrays (num_datapoints, num_neurons).

    Args:
      x: array of any real type; the rows are datapoints.
      y: likewise, with the same datapoints in the same order; its number of
        neurons may differ.
      num_images: number of images that the rows came from; by default every
        row is an image.

    Raises:
      ValueError: not two-dimensional, different lengths, or not finite.
    """
    x, y = _checked(x, "x"), _checked(y, "y")
    if len(x) != len(y):
        raise ValueError(
            "`x` and `y` must have the same datapoints. Received: "
            f"shapes {x.shape} and {y.shape}"
        )
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    x, y = x - mean_x, y - mean_y
    return Moments(
        x=_marginal(mean_x, x.T @ x / len(x), np.float64),
        y=_marginal(mean_y, y.T @ y / len(x), np.float64),
        cov_xy=x.T @ y / len(x),
        num_datapoints=len(x),
        num_images=len(x) if num_images is None else num_images,
    )


def stream(backbones, images, *, pairs=None, stages=None, seed=0):
    """Returns {pair: {stage name: StageMoments}} from one pass over `images`.

    Every network sees every batch once, however many pairs it is in.

    Args:
      backbones: {name: Backbone}.
      images: iterable of {"image": (batch, size, size, 3), "patient": (batch,)
        if known}; at least two images a batch give the floors.
      pairs: list of (name, name); by default every two backbones.
      stages: stage names, by default all.
      seed: seed of the pairings of the floors.

    Raises:
      ValueError: a pair whose stages do not fit, an unknown stage, no images,
        or activations that are not finite.
    """
    if pairs is None:
        pairs = list(itertools.combinations(backbones, 2))
    backbones = {name: backbones[name] for pair in pairs for name in pair}
    stages = _common_stages(backbones, pairs, stages)
    extractors = {
        name: products.extractor(backbone, stages)
        for name, backbone in backbones.items()
    }
    shifts, totals = _add_up(extractors, images, pairs, seed)
    own = {
        name: {
            stage: _streamed(sums, shifts[name][stage], f"{stage} of {name}")
            for stage, sums in found.items()
        }
        for name, found in totals["own"].items()
    }
    return {
        pair: {
            stage: _stage_moments(pair, stage, own, totals, crossed)
            for stage, crossed in found.items()
        }
        for pair, found in zip(pairs, totals["cross"], strict=True)
    }


def _checked(array, name):
    array = np.asarray(array, np.float64)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"`{name}` must be (num_datapoints, num_neurons). "
            f"Received: shape {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be finite; it holds NaN or infinity.")
    return array


def _common_stages(backbones, pairs, stages):
    """The stage names to compare, after checking that all pairs have them."""
    first = next(iter(backbones.values()))
    stages = tuple(stages or first.stage_names)
    for left, right in pairs:
        shapes = [
            [tuple(b.stage(name).output.shape[1:3]) for name in stages]
            for b in (backbones[left], backbones[right])
        ]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"Stages of {left} and {right} differ in height and width: "
                f"{shapes[0]} and {shapes[1]}; compare runs of one network "
                "and one image size."
            )
    return stages


def _add_up(extractors, images, pairs, seed):
    """One pass; returns the shifts and the sums of all batches as arrays."""
    sums_of, shifts, totals = products.function(extractors, pairs), None, None
    for index, batch in enumerate(images):
        partners = pairing.pair_images(
            len(batch["image"]),
            patients=batch.get("patient"),
            rng=np.random.default_rng((seed, index)),
        )
        pixels = np.asarray(batch["image"], np.float32)[partners.order]
        if shifts is None:
            shifts = products.means(extractors, pixels[:_NUM_SHIFT_IMAGES])
        found = sums_of(
            pixels, shifts, partners.layout, partners.chance, partners.offsets
        )
        totals = found if totals is None else products.add(totals, found)
    if totals is None:
        raise ValueError("There are no images to compare the networks on.")
    return products.to_arrays(shifts), products.to_arrays(totals)


def _streamed(sums, shift, what):
    """The Marginal of one network at one stage, from sums of shifted rows."""
    mean = sums["sum"] / sums["count"]
    cov = sums["product"] / sums["count"] - np.outer(mean, mean)
    if not np.isfinite(cov).all():
        raise ValueError(
            f"Activations of {what} are not finite (NaN or infinity); the "
            "training of this network has diverged."
        )
    return _marginal(shift + mean, (cov + cov.T) / 2, np.float32)


def _marginal(mean, cov, precision):
    """A Marginal in which neurons that only vary by rounding are constant."""
    rounding = 8 * np.finfo(precision).eps * np.abs(mean)
    constant = np.diag(cov) <= rounding**2
    return Marginal(mean, np.where(constant | constant[:, None], 0.0, cov))


def _stage_moments(pair, stage, own, totals, crossed):
    """StageMoments of a pair, from its sums of products {kind: product}."""
    left, right = (totals["own"][name][stage] for name in pair)

    def moments(kind, prefix):
        count = left[f"{prefix}count"]
        if not count:
            return None
        mean_x, mean_y = (s[f"{prefix}sum"] / count for s in (left, right))
        return Moments(
            x=own[pair[0]][stage],
            y=own[pair[1]][stage],
            cov_xy=crossed[kind] / count - np.outer(mean_x, mean_y),
            num_datapoints=int(count),
            num_images=int(totals[f"{prefix}images"]),
        )

    return StageMoments(
        measured=moments("measured", ""),
        layout=moments("layout", "paired_"),
        chance=moments("chance", "paired_"),
    )
