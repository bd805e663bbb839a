"""What is gathered of which stage and pair of networks, and in which pass.

Sums of a stage are float64 matrices (neurons, neurons), for each network and
each pair, for each group of images: 2 GiB for a pair of resnet50 with floors
and ten groups. A batch's maps and the moments come on top. What does not fit in
memory at once goes in several passes.
"""

import dataclasses
import math

from transfusion_tf.analysis import neighbors
from transfusion_tf.process import machine

_GIB = 2**30


@dataclasses.dataclass(frozen=True)
class StagePlan:
    """One stage of some pairs.

    Attributes:
      stage: name of the stage.
      pairs: tuple of (name, name).
      sizes: {pair: (height, width)} that the stage is compared at: the smaller
        of the two networks'.
      neurons: {name of a network: number of neurons}.
      values: {name of a network: values of the stage's maps of an image}.
    """

    stage: str
    pairs: tuple
    sizes: dict
    neurons: dict
    values: dict

    @property
    def identity(self):
        """What is gathered, JSON-able; networks by their place, as in sums."""
        order = list(self.neurons)
        return {
            "stage": self.stage,
            "pairs": [
                [*map(order.index, pair), *self.sizes[pair]]
                for pair in self.pairs
            ],
            "neurons": list(self.neurons.values()),
        }

    @property
    def own(self):
        """[(prefix, network, size)] of the networks' own sums."""
        keys = dict.fromkeys(
            (name, self.sizes[pair]) for pair in self.pairs for name in pair
        )
        return [(self.own_prefix(*key), *key) for key in keys]

    def own_prefix(self, name, size):
        """Name of the own sums of a network at a size."""
        return f"own/{list(self.neurons).index(name)}/{size[0]}x{size[1]}"

    def pair_prefix(self, pair):
        """Name of the sums of a pair."""
        return "pair/" + "/".join(
            str(list(self.neurons).index(name)) for name in pair
        )

    def num_bytes(self, options, batch_size):
        """Memory of the sums, of the moments made of them, and of a batch."""
        kinds = 3 if options.floors else 1
        own = sum(self.neurons[name] ** 2 for _, name, _ in self.own)
        crossed = sum(
            kinds * self.neurons[left] * self.neurons[right]
            for left, right in self.pairs
        )
        # Debiased, the products of the images' sums are as large again.
        sums = (own + crossed) * (2 if options.debiased else 1)
        # Moments come with the directions of the networks' own; the sums of a
        # batch, which are float32, are gone by then.
        moments = 2 * own + crossed
        if options.halves:
            moments *= 3
        sample = (
            kinds
            * neighbors.MAX_IMAGES
            * sum(self.neurons[n] for _, n, _ in self.own)
            if options.neighbors
            else 0
        )
        names = {name for pair in self.pairs for name in pair}
        # Maps, and shifted or rearranged ones.
        maps = 2 * batch_size * sum(self.values[name] for name in names)
        sums *= options.num_slots
        return 8 * (sums + moments) + 4 * (maps + sample)


@dataclasses.dataclass(frozen=True)
class GatherOptions:
    """What is gathered.

    Attributes:
      datapoints: "positions" (every position of every image) or "pooled"
        (mean over the positions of an image).
      floors: whether the null floors are gathered.
      debiased: whether debiased CKA will be asked for.
      halves: whether held-out measures will be asked for; they need memory, and
        no other sums.
      neighbors: whether mutual k-NN will be asked for: a sample of datapoints
        is gathered too, and needs the images of the sample once more.
      num_groups: groups of images, for intervals; 1 for none.
      max_points: paper 2's protocol: of each stage only round(max_points /
        positions) images, drawn at random; None for all.
      channels: channels drawn at random, the same in both networks; None for
        all.
      repeats: how often images and channels are drawn; goes with `max_points`
        or `channels`.
      seed: seed of groups, pairings and draws.
    """

    datapoints: str = "positions"
    floors: bool = True
    debiased: bool = False
    halves: bool = False
    neighbors: bool = False
    num_groups: int = 10
    max_points: int | None = None
    channels: int | None = None
    repeats: int = 1
    seed: int = 0

    @property
    def sampled(self):
        """Whether images or channels are drawn."""
        return self.max_points is not None or self.channels is not None

    @property
    def num_slots(self):
        """Number of sums kept apart: one a repeat or group."""
        return self.repeats if self.sampled else self.num_groups


def stage_plans(backbones, pairs, stages, options):
    """Returns the StagePlans of all pairs, one a stage."""
    return [
        StagePlan(
            name,
            tuple(pairs),
            {pair: _size(backbones, pair, name, options) for pair in pairs},
            {
                network: _neurons(backbone, name, options)
                for network, backbone in backbones.items()
            },
            {
                network: math.prod(backbone.stage(name).output.shape[1:])
                for network, backbone in backbones.items()
            },
        )
        for name in stages
    ]


def split(plans, options, *, batch_size, max_bytes=None):
    """Returns lists of StagePlans, each of which fits in memory at once.

    Args:
      plans: as of `stage_plans`.
      options: GatherOptions.
      batch_size: images of a batch.
      max_bytes: memory for all but the networks; by default half of
        what this process may use.

    Raises:
      ValueError: one stage of one pair is too large.
    """
    max_bytes = max_bytes or default_max_bytes()
    found, free = [[]], max_bytes
    for plan, needed in _small_enough(plans, options, batch_size, max_bytes):
        if needed > free and found[-1]:
            found.append([])
            free = max_bytes
        found[-1].append(plan)
        free -= needed
    return found


def default_max_bytes():
    """Half of the memory that this process may use."""
    return machine.memory_bytes() // 2


def _small_enough(plans, options, batch_size, max_bytes):
    """Yields StagePlans of few enough pairs, and the memory of each."""
    for plan in plans:
        needed = plan.num_bytes(options, batch_size)
        if needed <= max_bytes:
            yield plan, needed
        elif len(plan.pairs) == 1:
            raise ValueError(
                f"The moments of {plan.stage} of one pair need "
                f"{needed / _GIB:.1f} GiB. Allowed: {max_bytes / _GIB:.1f} "
                "GiB; give fewer groups or smaller batches, leave the stage "
                "out, or allow more memory."
            )
        else:
            middle = len(plan.pairs) // 2
            halves = plan.pairs[:middle], plan.pairs[middle:]
            yield from _small_enough(
                [dataclasses.replace(plan, pairs=half) for half in halves],
                options,
                batch_size,
                max_bytes,
            )


def _size(backbones, pair, stage, options):
    if options.datapoints == "pooled":
        return (1, 1)
    shapes = [backbones[name].stage(stage).output.shape for name in pair]
    return tuple(min(s[axis] for s in shapes) for axis in (1, 2))


def _neurons(backbone, stage, options):
    channels = backbone.stage(stage).output.shape[-1]
    return min(channels, options.channels or channels)
