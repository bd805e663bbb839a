"""One batch through all networks, and its sums for every stage and pair."""

import functools

import numpy as np
import tensorflow as tf

from transfusion_tf.analysis.streaming import products, sampling

# float32 products of values whose mean is at most so many standard deviations
# away from zero lose at most 1 + 3^2 times what shifted ones lose, 1e-5.
_LARGEST_MEAN = 3


class BatchSums:
    """Callable: a batch's sums for the StagePlans of a pass.

    Args:
      backbones: {name: Backbone}.
      plans: StagePlans.
      options: plan.GatherOptions.
    """

    def __init__(self, backbones, plans, options):
        self._plans, self._options = plans, options
        names = dict.fromkeys(
            n for plan in plans for p in plan.pairs for n in p
        )
        stages = list(dict.fromkeys(plan.stage for plan in plans))
        self._extractors = {
            name: products.extractor(backbones[name], stages) for name in names
        }
        self._channels = [
            [self._drawn(backbones, plan, draw) for plan in plans]
            for draw in range(options.repeats)
        ]
        self._function = tf.function(self._all, autograph=False)

    def shifts(self, images):
        """{"network/stage": what to subtract from its maps (channels,)}.

        The mean over `images`, so that products in float32 keep the variance
        of activations that are far from zero; zeros where none is, which
        saves writing all maps once more.
        """
        return {
            f"{name}/{stage}": _shift(
                maps, always=self._is_averaged(name, stage, maps)
            )
            for name, features in self._extractors.items()
            for stage, maps in features(images).items()
        }

    def _is_averaged(self, name, stage, maps):
        """Whether datapoints are averages, which vary less than `maps`."""
        size = tuple(maps.shape[1:3])
        return any(
            plan.stage == stage and name == network and size != tuple(compared)
            for plan in self._plans
            for _, network, compared in plan.own
        )

    def first_not_finite(self, name, stage, images):
        """Place of the first image with a NaN or infinity at a stage."""
        maps = self._extractors[name](images)[stage].numpy()
        finite = np.isfinite(maps).all(axis=(1, 2, 3))
        return int(np.argmin(finite))

    def __call__(self, images, shifts, partners, selection):
        """Returns a list, one entry a draw, of lists, one {name: sum} a plan.

        Args:
          images: (batch, size, size, 3) in the order of `partners`.
          shifts: as `shifts` gives them.
          partners: Pairing.
          selection: sampling.Selection, or None for every image in one draw.
        """
        met = (partners.layout, partners.chance, partners.offsets)
        arguments = tf.nest.map_structure(
            tf.convert_to_tensor,
            (
                images,
                {name: shift for name, shift in shifts.items() if shift.any()},
                met,
                (selection.rows, selection.counts) if selection else (),
            ),
        )
        constants = {"all_paired": partners.num_paired == len(images)}
        traced = self._traced(*arguments, **constants)
        found = traced(*arguments, **constants)
        found = tf.nest.map_structure(lambda tensor: tensor.numpy(), found)
        for draw, plans in enumerate(found):
            for number, sums in enumerate(plans):
                sums |= _counts(len(images), partners, selection, draw, number)
        return found

    def of_channels(self, shifts, number, slot):
        """{prefix of own sums: shift of the channels in them} of a plan."""
        plan = self._plans[number]
        drawn = self._channels[slot][number] if self._options.sampled else None
        kept = slice(None) if drawn is None else drawn
        return {
            prefix: shifts[f"{name}/{plan.stage}"][kept]
            for prefix, name, _ in plan.own
        }

    def _drawn(self, backbones, plan, draw):
        available = min(
            backbones[name].stage(plan.stage).output.shape[-1]
            for pair in plan.pairs
            for name in pair
        )
        return sampling.channels(plan, self._options, draw, available)

    def _traced(self, images, shifts, *others, **constants):
        """The function for batches of any length: one trace serves them all.

        A trace of large networks costs as much as several batches.
        """
        return self._function.get_concrete_function(
            _of_any_length(images),
            tf.nest.map_structure(tf.TensorSpec.from_tensor, shifts),
            *tf.nest.map_structure(_of_any_length, others),
            **constants,
        )

    def _all(self, images, shifts, partners, selection, *, all_paired):
        maps = {
            name: {
                stage: _shifted(found, shifts.get(f"{name}/{stage}"))
                for stage, found in features(images).items()
            }
            for name, features in self._extractors.items()
        }
        if not selection:
            of_plan = functools.partial(self._of_plan, all_paired=all_paired)
            return [
                [
                    of_plan(plan, maps, partners, None, None)
                    for plan in self._plans
                ]
            ]
        return [
            [
                self._of_plan(
                    plan,
                    maps,
                    partners,
                    rows[: counts[number]],
                    self._channels[draw][number],
                )
                for number, plan in enumerate(self._plans)
            ]
            for draw, (rows, counts) in enumerate(zip(*selection, strict=True))
        ]

    def _of_plan(
        self, plan, maps, partners, rows, channels, *, all_paired=False
    ):
        """{name: sum} of a stage, of the images `rows` and some channels."""
        cross = functools.partial(
            products.cross, debiased=self._options.debiased
        )

        def at(name, size):
            """Maps of the whole batch, of the channels taken, at `size`."""
            found = products.resized(maps[name][plan.stage], size)
            return (
                found
                if channels is None
                else tf.gather(found, channels, axis=3)
            )

        def chosen(found):
            return found if rows is None else tf.gather(found, rows)

        sums = {}
        for prefix, name, size in plan.own:
            x = chosen(at(name, size))
            sums |= _prefixed(prefix, cross(x, x))
        for pair in plan.pairs:
            x, y = (at(name, plan.sizes[pair]) for name in pair)
            kinds = {"measured": cross(chosen(x), chosen(y))}
            if self._options.floors:
                kinds |= products.floors(
                    x,
                    y,
                    partners,
                    _paired(rows, partners),
                    all_paired=all_paired,
                    debiased=self._options.debiased,
                )
            for kind, found in kinds.items():
                sums |= _prefixed(f"{plan.pair_prefix(pair)}/{kind}", found)
        return sums


def _of_any_length(tensor):
    return tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype)


def _shift(maps, *, always):
    mean, variance = (m.numpy() for m in tf.nn.moments(maps, axes=(0, 1, 2)))
    far = np.abs(mean) > _LARGEST_MEAN * np.sqrt(variance)
    return mean if always or far.any() else np.zeros_like(mean)


def _shifted(maps, shift):
    return maps if shift is None else maps - shift


def _paired(rows, partners):
    """Those of `rows` that have a partner; None for all that have one."""
    if rows is None:
        return None
    return rows[rows < tf.size(partners[0], out_type=rows.dtype)]


def _prefixed(prefix, sums):
    return {f"{prefix}/{name}": value for name, value in sums.items()}


def _counts(num_images, partners, selection, draw, number):
    """{"images", "paired_images"} of a draw at a plan."""
    if selection is None:
        return {"images": num_images, "paired_images": partners.num_paired}
    rows = selection.rows[draw][: selection.counts[draw][number]]
    return {
        "images": len(rows),
        "paired_images": int(np.sum(rows < partners.num_paired)),
    }
