"""Means and covariances of one stage of networks, from sums by group."""

import collections.abc
import dataclasses
import functools

import numpy as np

from transfusion_tf.analysis import block_sums, marginals, neighbors


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
      sample: neighbors.Sample; None where that was not gathered.
      split: what makes `halves`; None where there are none.
    """

    x: marginals.Marginal
    y: marginals.Marginal
    cov_xy: np.ndarray
    num_datapoints: int
    num_images: int
    hsic: float | None = None
    sample: neighbors.Sample | None = None
    split: collections.abc.Callable | None = None

    @functools.cached_property
    def halves(self):
        """Moments of one half of the patients, and of the others; or None.

        Made when they are asked for, since few measures need them.
        """
        return self.split and self.split()

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
      samples: {pair: {kind of moments: neighbors.Sample}}, whose groups are
        places in `groups`; of pairs that have some.
    """

    def __init__(
        self,
        stage,
        *,
        pairs,
        sides,
        shifts,
        positions,
        groups,
        drawn,
        samples=None,
    ):
        self.stage, self.drawn = stage, drawn
        self.pairs = tuple(pairs)
        self._pairs, self._sides = pairs, sides
        self._positions = positions
        kept = [i for i, group in enumerate(groups) if group.get("images")]
        self._groups = [groups[i] for i in kept]
        self._shifts = [shifts[i] for i in kept]
        self._kept, self._samples = np.array(kept, int), samples or {}
        self._of_halves = {}

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
        return {
            pair: StageMoments(
                **{
                    kind: dataclasses.replace(
                        found,
                        sample=self._sample(pair, kind, chosen),
                        split=functools.partial(
                            self._halves, pair, kind, chosen
                        ),
                    )
                    for kind, found in kinds.items()
                }
            )
            for pair, kinds in self._moments(chosen).items()
        }

    def _moments(self, chosen):
        """{pair: {kind: Moments}} of some groups."""
        total = functools.partial(self._total, groups=chosen)
        shifts = self._shifts[chosen[0]]
        own = {
            prefix: self._marginal(prefix, total, shifts[prefix])
            for prefix in dict.fromkeys(
                side for sides in self._sides.values() for side in sides
            )
        }
        return {
            pair: self._of_kinds(prefix, total, own)
            for pair, prefix in self._pairs.items()
        }

    def _halves(self, pair, kind, groups):
        """Moments of the groups of each half; None without one of them.

        Which half a group is in depends on it alone, so that leaving one out
        moves no other.
        """
        middle = self.num_groups / 2
        halves = [
            tuple(g for g in groups if (g < middle) == first)
            for first in (True, False)
        ]
        if self.drawn or not all(halves):
            return None
        found = [self._of_half(half)[pair] for half in halves]
        if not all(kind in kinds for kinds in found):
            return None
        return tuple(kinds[kind] for kinds in found)

    def _of_half(self, groups):
        """`_moments`, of which the last two are kept.

        One half is the same wherever a group of the other is left out.
        """
        found = self._of_halves.pop(groups, None) or self._moments(groups)
        self._of_halves = dict([*self._of_halves.items()][-1:])
        self._of_halves[groups] = found
        return found

    def _sample(self, pair, kind, groups):
        found = self._samples.get(pair, {}).get(kind)
        return found and found.of_groups(self._kept[list(groups)])

    def _total(self, name, *, groups):
        return sum(self._groups[group][name] for group in groups)

    def _marginal(self, prefix, total, shift):
        """The Marginal of a network."""
        images = total("images")
        count = images * self._positions[prefix]
        mean = total(f"{prefix}/sum_x") / count
        cov = total(f"{prefix}/product") / count - np.outer(mean, mean)
        return marginals.marginal(
            shift + mean,
            (cov + cov.T) / 2,
            np.float32,
            hsic=self._hsic(prefix, total, images, self._positions[prefix]),
        )

    def _of_kinds(self, prefix, total, own):
        sides = [own[side] for side in self._sides[prefix]]
        found = {}
        for kind in KINDS:
            if f"{prefix}/{kind}/product" not in self._groups[0]:
                continue
            images = total("images" if kind == "measured" else "paired_images")
            if images:
                found[kind] = self._crossed(prefix, kind, total, sides, images)
        return found

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
