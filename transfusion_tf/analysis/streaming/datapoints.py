"""A sample of datapoints of every stage and network, for mutual k-NN.

One datapoint an image: the mean over its positions, or one position drawn at
random, at the same place in every stage and network. Floors meet the partners
of a Pairing as in the sums: `layout` another image at the same position,
`chance` another patient's at a shifted one.
"""

import collections

import numpy as np
import tensorflow as tf

from transfusion_tf.analysis import neighbors
from transfusion_tf.analysis.streaming import grouping, pairing, products


def gather(backbones, plans, images, options, num_images, batch_size):
    """Returns {stage: {pair: {kind of moments: neighbors.Sample}}}.

    At most neighbors.MAX_IMAGES images are looked at, a function of the seed
    and the order of images; they are in the groups that they have in the sums.

    Args:
      backbones: {name: Backbone}.
      plans: StagePlans.
      images: iterable of batches, as moments.gather describes them.
      options: plan.GatherOptions.
      num_images: how many images there are.
      batch_size: images of a batch as the networks see them.
    """
    if options.sampled:
        return {}
    limit = max(
        neighbors.MAX_IMAGES,
        options.num_groups * grouping.MIN_IMAGES_PER_GROUP,
    )
    is_chosen = neighbors.ranks(num_images, seed=options.seed) < limit
    batches = grouping.batches(
        _chosen(images, is_chosen),
        num_groups=options.num_groups,
        batch_size=batch_size,
        seed=options.seed,
    )
    features = _Features(backbones, plans, options)
    for index, (group, batch) in enumerate(batches):
        rng = np.random.default_rng((options.seed, index))
        features.add(group, batch, rng)
    return features.samples()


def _chosen(images, is_chosen):
    """The batches with the chosen images alone, named where they were not."""
    seen = 0
    for batch in images:
        places = seen + np.arange(len(batch["image"]))
        seen += len(places)
        kept = is_chosen[places]
        named = {"id": places.astype(str), **batch}
        if kept.any():
            yield {name: np.asarray(rows)[kept] for name, rows in named.items()}


class _Features:
    """Datapoints of some StagePlans, batch by batch."""

    def __init__(self, backbones, plans, options):
        self._plans, self._options = plans, options
        stages = list(dict.fromkeys(plan.stage for plan in plans))
        used = dict.fromkeys(n for plan in plans for p in plan.pairs for n in p)
        self._features = {
            name: products.extractor(backbones[name], stages) for name in used
        }
        self._extractors = {}
        self._found = collections.defaultdict(list)
        self._patients, self._groups, self._is_paired = [], [], []

    def add(self, group, batch, rng):
        """Adds the images of a batch, all of one group."""
        partners = pairing.pair_images(
            len(batch["image"]), patients=batch.get("patient"), rng=rng
        )
        places = rng.random((len(batch["image"]), 2))
        images = np.asarray(batch["image"], np.float32)[partners.order]
        names = np.asarray(batch["id"])
        if "patient" in batch:
            patients = np.asarray(batch["patient"])
            names = np.where(patients == "", names, patients)
        self._patients.append(names[partners.order])
        self._groups.append(np.full(len(images), group))
        self._is_paired.append(np.arange(len(images)) < partners.num_paired)
        for network in self._features:
            maps = self._maps(network, images)
            for plan in self._plans:
                for prefix, name, size in plan.own:
                    if name == network:
                        resized = products.resized(maps[plan.stage], size)
                        self._take(
                            (plan.stage, plan.pairs, prefix),
                            resized.numpy(),
                            partners,
                            places,
                        )

    def _maps(self, network, images):
        """{stage: maps}; one trace serves batches of any length."""
        if network not in self._extractors:
            function = tf.function(self._features[network], autograph=False)
            # Called as it is: TensorFlow warns of traces of many networks.
            self._extractors[network] = function.get_concrete_function(
                tf.TensorSpec([None, *images.shape[1:]], images.dtype)
            )
        return self._extractors[network](tf.convert_to_tensor(images))

    def _take(self, key, maps, partners, places):
        """Keeps the datapoints of one network and stage, of every kind."""
        size = np.array(maps.shape[1:3])
        at = (places * size).astype(int)
        paired = slice(partners.num_paired)
        shift = (partners.offsets * size).astype(int)
        met = {
            "measured": (np.arange(len(maps)), at),
            "layout": (partners.layout, at[paired]),
            "chance": (partners.chance, (at[paired] + shift) % size),
        }
        for kind, (rows, where) in met.items():
            if kind == "measured" or self._options.floors:
                found = maps[rows, where[:, 0], where[:, 1]]
                self._found[*key, kind].append(found)

    def samples(self):
        """As of `gather`."""
        if not self._patients:
            return {}
        _, patients = np.unique(
            np.concatenate(self._patients), return_inverse=True
        )
        groups = np.concatenate(self._groups)
        is_paired = np.concatenate(self._is_paired)
        of_key = {k: np.concatenate(parts) for k, parts in self._found.items()}
        samples = collections.defaultdict(dict)
        for plan in self._plans:
            for pair in plan.pairs:
                x, y = (
                    (
                        plan.stage,
                        plan.pairs,
                        plan.own_prefix(n, plan.sizes[pair]),
                    )
                    for n in pair
                )
                samples[plan.stage][pair] = {
                    kind: neighbors.Sample(
                        of_key[*x, "measured"][rows],
                        of_key[*y, kind],
                        patients[rows],
                        groups[rows],
                    )
                    for kind, rows in (
                        ("measured", slice(None)),
                        ("layout", is_paired),
                        ("chance", is_paired),
                    )
                    if (*y, kind) in of_key
                }
        return samples
