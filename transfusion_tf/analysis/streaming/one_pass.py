"""One pass over the images: sums of stages of several networks and pairs."""

import numpy as np

from transfusion_tf.analysis import stage_sums
from transfusion_tf.analysis.streaming import (
    batch_sums,
    checkpoint,
    grouping,
    pairing,
    sampling,
)

# The data are shifted by the mean of this many images, so that large means do
# not eat the digits of float32. Any shift is exact; a few images are near
# enough to the mean.
_NUM_SHIFT_IMAGES = 8


class Pass:
    """One pass over the images for some StagePlans."""

    def __init__(self, backbones, plans, options, num_images):
        self._plans, self._options = plans, options
        self._sums = batch_sums.BatchSums(backbones, plans, options)
        self._draws = (
            sampling.Draws(plans, options, num_images)
            if options.sampled
            else None
        )
        totals = [[{} for _ in plans] for _ in range(options.num_slots)]
        self._state = checkpoint.State(0, None, totals)

    def run(self, images, batch_size, saved, samples):
        """The StageSums of the plans.

        Args:
          images, batch_size: of moments.gather.
          saved: checkpoint.SavedPass, or None.
          samples: {stage: {pair: {kind: neighbors.Sample}}}, or {}.
        """
        if saved and (found := saved.load()):
            self._state = found
        if not self._state.finished:
            self._add_all(images, batch_size, saved)
        return [
            self._stage_sums(number, samples.get(plan.stage))
            for number, plan in enumerate(self._plans)
        ]

    def _add_all(self, images, batch_size, saved):
        """Adds the batches that are not yet in the state."""
        state, seen = self._state, 0
        batches = grouping.batches(
            images(),
            num_groups=1 if self._draws else self._options.num_groups,
            batch_size=batch_size,
            seed=self._options.seed,
        )
        for index, (slot, batch) in enumerate(batches):
            if index >= state.num_batches:
                self._add(index, slot, batch, seen)
                state.num_batches = index + 1
                if saved:
                    saved.save_if_due(state)
            seen += len(batch["image"])
        if state.shifts is None:
            raise ValueError("There are no images to compare the networks on.")
        state.finished = True
        if saved:
            saved.save(state)

    def _add(self, index, slot, batch, seen):
        """Adds a batch to a slot; its first image is the `seen`-th of all."""
        partners = pairing.pair_images(
            len(batch["image"]),
            patients=batch.get("patient"),
            rng=np.random.default_rng((self._options.seed, index)),
        )
        pixels = np.asarray(batch["image"], np.float32)[partners.order]
        state = self._state
        if state.shifts is None:
            state.shifts = self._sums.shifts(pixels[:_NUM_SHIFT_IMAGES])
        selection = None
        if self._draws:
            selection = self._draws.of(seen + partners.order)
            if selection is None:
                return
        found = self._sums(pixels, state.shifts, partners, selection)
        slots = range(len(found)) if self._draws else [slot]
        for one, sums in zip(slots, found, strict=True):
            for plan, total, of in zip(
                self._plans, state.totals[one], sums, strict=True
            ):
                self._check_finite(plan, of, batch, partners)
                _add_to(total, of)

    def _check_finite(self, plan, sums, batch, partners):
        """Names the first image whose activations are not finite.

        Finite ones may still be too large for products in float32, or, where
        debiased CKA is asked for, for products of products.
        """
        for prefix, name, _ in plan.own:
            if not np.isfinite(sums[f"{prefix}/sum_x"]).all():
                images = np.asarray(batch["image"], np.float32)
                place = self._sums.first_not_finite(name, plan.stage, images)
                image = batch["id"][place] if "id" in batch else place
                raise ValueError(
                    f"Activations of {plan.stage} of {name} are not finite "
                    f"(NaN or infinity), first for image {image}; the training "
                    "of this network has diverged."
                )
            squares = np.diag(sums[f"{prefix}/product"])
            fourth_powers = sums.get(f"{prefix}/ss_tt", 0.0)
            if not np.isfinite([*squares, fourth_powers]).all():
                raise ValueError(
                    f"Activations of {plan.stage} of {name} are too large to "
                    "be multiplied in float32; the training of this network "
                    "has probably diverged. Leave the stage out, or (for cka) "
                    "take other --measures."
                )

    def _stage_sums(self, number, samples):
        plan = self._plans[number]
        pairs = {pair: plan.pair_prefix(pair) for pair in plan.pairs}
        sizes = {prefix: size for prefix, _, size in plan.own}
        sizes |= {prefix: plan.sizes[pair] for pair, prefix in pairs.items()}
        return stage_sums.StageSums(
            plan.stage,
            pairs=pairs,
            sides={
                prefix: [plan.own_prefix(n, plan.sizes[pair]) for n in pair]
                for pair, prefix in pairs.items()
            },
            shifts=[
                self._sums.of_channels(self._state.shifts, number, slot)
                for slot in range(len(self._state.totals))
            ],
            positions={
                p: height * width for p, (height, width) in sizes.items()
            },
            groups=[totals[number] for totals in self._state.totals],
            drawn=self._options.sampled,
            samples=samples,
        )


def _add_to(total, found):
    """Adds {name: array} to {name: float64 array}, in place."""
    for name, value in found.items():
        if name in total:
            total[name] += value
        else:
            total[name] = np.array(value, np.float64)
