"""Means and covariances of one stage of networks, from sums by group."""

import dataclasses
import functools

import numpy as np

from transfusion_tf.analysis import block_sums


@dataclasses.dataclass(frozen=True, eq=False)
class Marginal:
    """Mean (num_neurons,) and covariance of one representation, float64.

    Attributes:
      mean: (num_neurons,).
      cov: (num_neurons, num_neurons), divided by the number of datapoints.
      hsic: debiased HSIC with itself; None where that was not gathered.
    """

    mean: np.ndarray
    cov: np.ndarray
    hsic: float | None = None

    @functools.cached_property
    def spectrum(self):
        """Variances, descending, and directions (num_neurons, num_neurons).

        Kept, because all pairs and floors of a network share it.
        """
        return _spectrum(self.cov)

    @functools.cached_property
    def deviations(self):
        """(num_neurons,) standard deviations; 1 where a neuron is constant."""
        deviations = np.sqrt(np.diag(self.cov))
        return np.where(deviations > 0, deviations, 1.0)

    @functools.cached_property
    def unit_spectrum(self):
        """`spectrum` of the neurons brought to unit variance."""
        return _spectrum(self.cov / self.deviations[:, None] / self.deviations)


@dataclasses.dataclass(frozen=True, eq=False)
class Moments:
    """What any similarity of representations x and y needs, in float64.

    Attributes:
      x: Marginal of x.
      y: Marginal of y.
      cov_xy: (num_neurons_x, num_neurons_y) cross-covariance.
      num_datapoints: number of rows that x and y had.
      num_images: number of images that the rows came from.
      hsic: debiased HSIC of x and y; None where that was not gathered.
    """

    x: Marginal
    y: Marginal
    cov_xy: np.ndarray
    num_datapoints: int
    num_images: int
    hsic: float | None = None

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
        had a partner, or floors were not asked for.
      chance: Moments; y looks at another image of another patient, shifted by
        a random circular offset (what size and within-image correlation alone
        give), or None.
    """

    measured: Moments
    layout: Moments | None = None
    chance: Moments | None = None


def _spectrum(cov):
    variances, directions = np.linalg.eigh(cov)
    return np.maximum(variances[::-1], 0.0), directions[:, ::-1]


KINDS = tuple(field.name for field in dataclasses.fields(StageMoments))


class StageSums:
    """Sums of one stage by group of images, from which moments follow.

    Args:
      stage: name of the stage.
      pairs: {(name, name): its prefix among the sums}.
      sides: {prefix of a pair: prefixes of the own sums of both networks}.
      shifts: one {prefix of own sums: (num_neurons,)} a group, what was
        subtracted from the activations; groups with different ones cannot be
        taken together.
      positions: {prefix of a pair or of own sums: positions of an image}.
      groups: list of {name of a sum: value}, one a group of images, with the
        numbers of "images" and "paired_images".
      drawn: whether a group is a draw of images and channels: then none is to
        be taken together with another.
    """

    def __init__(
        self, stage, *, pairs, sides, shifts, positions, groups, drawn
    ):
        self.stage, self.drawn = stage, drawn
        self.pairs = tuple(pairs)
        self._pairs, self._sides = pairs, sides
        self._positions = positions
        kept = [i for i, group in enumerate(groups) if group.get("images")]
        self._groups = [groups[i] for i in kept]
        self._shifts = [shifts[i] for i in kept]

    @property
    def num_groups(self):
        """Groups with images in them."""
        return len(self._groups)

    @property
    def images_of_groups(self):
        """(num_groups,) number of images of each."""
        return np.array([group["images"] for group in self._groups], int)

    def moments(self, groups=None):
        """Returns {pair: StageMoments} of some groups, by default of all.

        A network's Marginal is shared by all its pairs and floors.
        """
        chosen = tuple(range(self.num_groups) if groups is None else groups)
        total = functools.partial(self._total, groups=chosen)
        shifts = self._shifts[chosen[0]]
        own = {
            prefix: self._marginal(prefix, total, shifts[prefix])
            for prefix in dict.fromkeys(
                side for sides in self._sides.values() for side in sides
            )
        }
        return {
            pair: self._stage_moments(prefix, total, own)
            for pair, prefix in self._pairs.items()
        }

    def _total(self, name, *, groups):
        return sum(self._groups[group][name] for group in groups)

    def _marginal(self, prefix, total, shift):
        """The Marginal of a network."""
        images = total("images")
        count = images * self._positions[prefix]
        mean = total(f"{prefix}/sum_x") / count
        cov = total(f"{prefix}/product") / count - np.outer(mean, mean)
        return marginal(
            shift + mean,
            (cov + cov.T) / 2,
            np.float32,
            hsic=self._hsic(prefix, total, images, self._positions[prefix]),
        )

    def _stage_moments(self, prefix, total, own):
        sides = [own[side] for side in self._sides[prefix]]
        found = {}
        for kind in KINDS:
            if f"{prefix}/{kind}/product" not in self._groups[0]:
                continue
            images = total("images" if kind == "measured" else "paired_images")
            if images:
                found[kind] = self._crossed(prefix, kind, total, sides, images)
        return StageMoments(**found)

    def _crossed(self, prefix, kind, total, sides, images):
        positions = self._positions[prefix]
        count, sums = images * positions, f"{prefix}/{kind}"
        means = [total(f"{sums}/sum_{side}") / count for side in "xy"]
        return Moments(
            *sides,
            cov_xy=total(f"{sums}/product") / count - np.outer(*means),
            num_datapoints=int(count),
            num_images=int(images),
            hsic=self._hsic(sums, total, images, positions),
        )

    def _hsic(self, prefix, total, images, positions):
        if f"{prefix}/within" not in self._groups[0]:
            return None
        sums = {
            name: total(f"{prefix}/{name}")
            for name in (*block_sums.NAMES, "sum_x", "sum_y")
        }
        return block_sums.hsic(
            {**sums, "powers": block_sums.powers(positions, images)},
            sums["sum_x"],
            sums["sum_y"],
        )


def marginal(mean, cov, precision, *, hsic):
    """A Marginal in which neurons that only vary by rounding are constant."""
    rounding = 8 * np.finfo(precision).eps * np.abs(mean)
    constant = np.diag(cov) <= rounding**2
    cov = np.where(constant | constant[:, None], 0.0, cov)
    return Marginal(mean, cov, hsic)
