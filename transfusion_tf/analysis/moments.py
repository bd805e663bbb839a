"""Moments: means and covariances of two representations, and their floors.

A representation is (num_datapoints, num_neurons), always in this order. For a
convolutional stage a datapoint is one position of one image, and a neuron is a
channel. All similarity measures are functions of moments (similarity.py):

    m = moments.from_arrays(x, y)
    similarity.cca(m).value

`gather` makes them for all stages of several networks at once, as sums by group
of images; every network sees every image once, however many pairs it is in, and
memory does not depend on the number of images.
"""

import functools
import itertools

import numpy as np

from transfusion_tf.analysis import block_sums, marginals, neighbors, stage_sums
from transfusion_tf.analysis.streaming import datapoints, one_pass, plan

# Debiased CKA needs sums of fourth powers, which stay within float64's range
# for any number of datapoints that fits in memory.
_LARGEST = 1e70


def from_arrays(x, y, *, images=None, patients=None):
    """Returns the Moments of two arrays (num_datapoints, num_neurons).

    Args:
      x: array of any real type; the rows are datapoints.
      y: likewise, with the same datapoints in the same order; its number of
        neurons may differ.
      images: (num_datapoints,) names of the images that the rows came from; by
        default every row is an image.
      patients: (num_datapoints,) names of their patients; by default every
        image is of another one. Half of them, drawn by their names alone, are
        in each of the `halves`.

    Raises:
      ValueError: not two-dimensional, different lengths, not finite, or too
        large for products in float64.
    """
    precisions = [_precision(side) for side in (x, y)]
    x, y = _checked(x, "x"), _checked(y, "y")
    images = np.arange(len(x)) if images is None else np.asarray(images)
    patients = images if patients is None else np.asarray(patients)
    if not len(x) == len(y) == len(images) == len(patients):
        raise ValueError(
            "`x`, `y`, `images` and `patients` must have the same datapoints. "
            f"Received: shapes {x.shape}, {y.shape} and {images.shape}, "
            f"{patients.shape}"
        )
    (x, mean_x), (y, mean_y) = _centered(x), _centered(y)
    sums = block_sums.of_arrays(x, y, images)
    # The caller may change arrays; these are ours.
    whole = x, y, images, patients
    return stage_sums.Moments(
        x=_own_of_array(x, mean_x, images, precisions[0]),
        y=_own_of_array(y, mean_y, images, precisions[1]),
        cov_xy=sums["product"] / len(x),
        num_datapoints=len(x),
        num_images=len(np.unique(images)),
        hsic=block_sums.hsic(sums, x.sum(axis=0), y.sum(axis=0)),
        sample=neighbors.of_arrays(*whole),
        split=functools.partial(_halves_of_arrays, *whole),
    )


def _halves_of_arrays(x, y, images, patients):
    """Moments of the rows of each half of the patients; None of a lone one."""
    names, index = np.unique(patients, return_inverse=True)
    if len(names) < 2:
        return None
    is_first = 2 * neighbors.ranks(len(names), seed=1)[index] < len(names)
    return tuple(
        from_arrays(
            x[half], y[half], images=images[half], patients=patients[half]
        )
        for half in (is_first, ~is_first)
    )


def gather(
    backbones,
    images,
    *,
    pairs=None,
    stages=None,
    options=None,
    batch_size=64,
    num_images=None,
    max_bytes=None,
    store=None,
):
    """Yields StageSums: every pair of every stage is in one of them.

    What a pass has gathered comes before the next pass begins, so a caller
    that keeps none of them needs the memory of one pass only.

    Args:
      backbones: {name: Backbone}.
      images: function that returns an iterable of batches {"image": (batch,
        size, size, 3), "patient" and "id": (batch,) if known}; called once a
        pass.
      pairs: list of (name, name); by default every two backbones.
      stages: stage names, by default all.
      options: plan.GatherOptions.
      batch_size: images of a batch as the networks see them.
      num_images: how many there are; needed where images are drawn.
      max_bytes: see `plan.split`.
      store: checkpoint.Store, where an interrupted pass is continued from.

    Raises:
      ValueError: an unknown stage, no images, too little memory, activations
        that are not finite, or drawing from unknown numbers.
    """
    options = options or plan.GatherOptions()
    if (options.sampled or options.neighbors) and num_images is None:
        raise ValueError("Drawing images needs `num_images`.")
    if pairs is None:
        pairs = list(itertools.combinations(backbones, 2))
    pairs = list(dict.fromkeys(pairs))
    backbones = {name: backbones[name] for pair in pairs for name in pair}
    stages = tuple(stages or next(iter(backbones.values())).stage_names)
    every = plan.stage_plans(backbones, pairs, stages, options)
    split = plan.split(
        every, options, batch_size=batch_size, max_bytes=max_bytes
    )
    return _passes(
        backbones, images, split, options, num_images, batch_size, store
    )


def _passes(backbones, images, split, options, num_images, batch_size, store):
    for plans in split:
        one = one_pass.Pass(backbones, plans, options, num_images)
        saved = store.of_pass(plans) if store else None
        samples = {}
        if options.neighbors:
            samples = datapoints.gather(
                backbones, plans, images(), options, num_images, batch_size
            )
        yield from one.run(images, batch_size, saved, samples)


def stream(backbones, images, **options):
    """Returns {pair: {stage name: StageMoments}}, all groups together.

    Args:
      backbones: {name: Backbone}.
      images: iterable of batches, as `gather` describes them.
      **options: of `gather`.
    """
    found = {}
    for sums in gather(backbones, lambda: images, **options):
        for pair, of in sums.moments().items():
            found.setdefault(pair, {})[sums.stage] = of
    return found


def _checked(array, name):
    array = np.asarray(array, np.float64)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"`{name}` must be (num_datapoints, num_neurons). "
            f"Received: shape {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be finite; it holds NaN or infinity.")
    largest = np.abs(array).max()
    if largest > _LARGEST:
        raise ValueError(
            f"`{name}` has values too large to be multiplied; divide it by a "
            f"constant, which changes no similarity. Received: {largest:.3g}; "
            f"allowed: {_LARGEST:g}"
        )
    return array


def _precision(array):
    """The type whose rounding is in the values of an array."""
    dtype = np.asarray(array).dtype
    return np.float32 if dtype == np.float32 else np.float64


def _centered(x):
    """x less its mean, and the mean.

    Twice, so that a neuron that never changes is left with nothing: the mean
    of n equal numbers may miss them by rounding.
    """
    mean = x.mean(axis=0)
    x = x - mean
    return x - x.mean(axis=0), mean


def _own_of_array(x, mean, images, precision):
    sums = block_sums.of_arrays(x, x, images)
    shifted = x.sum(axis=0)
    return marginals.marginal(
        mean,
        sums["product"] / len(x),
        precision,
        hsic=block_sums.hsic(sums, shifted, shifted),
    )
