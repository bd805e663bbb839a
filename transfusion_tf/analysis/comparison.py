"""Networks of runs on the same images: from run directories to moments."""

import dataclasses
import hashlib
import itertools

import numpy as np
import tensorflow as tf

from transfusion_tf import datasets, progress
from transfusion_tf.analysis import moments
from transfusion_tf.analysis.streaming import checkpoint
from transfusion_tf.data import pipeline
from transfusion_tf.models.stages import Backbone
from transfusion_tf.runs import labels, predictions, record
from transfusion_tf.runs import networks as run_networks


@dataclasses.dataclass(frozen=True)
class LoadedNetwork:
    """A network of a comparison.

    Attributes:
      backbone: Backbone.
      init: `labels.init_label` of its run.
      digest: `weights_digest` of the backbone.
    """

    backbone: Backbone
    init: str
    digest: str


def weights_digest(backbone):
    """SHA-256 of all that decides what the stages of a network compute.

    Weights themselves rather than their file: one file gives several networks
    (other input scaling, a seed for what it lacks), and several files may hold
    the same weights. The head belongs to no stage.

    Args:
      backbone: Backbone.
    """
    digest = hashlib.sha256()
    about = backbone.name, backbone.scaling, backbone.model.input_shape
    digest.update(repr(about).encode())
    for stage in backbone.stages:
        for layer in stage.layers:
            digest.update(f"{stage.name} {layer.dtype_policy.name}".encode())
        for variable in stage.variables:
            value = np.ascontiguousarray(variable)
            digest.update(f"{value.shape} {value.dtype}".encode())
            digest.update(value.tobytes())
    return digest.hexdigest()


class ComparisonImages:
    """The images that networks are compared on: callable, a fresh pass each.

    Args:
      opened: Records.
      split: "train", "val" or "test".
      image_size: side in pixels.
      max_images: the first so many; None for all.
      batch_size: images that are read at a time.

    Raises:
      ValueError: there are fewer than `max_images`, or none.
    """

    def __init__(self, opened, split, *, image_size, max_images, batch_size):
        available = opened.num_examples(split)
        if not available:
            raise ValueError(
                f"The split {split!r} of {opened.root} is empty; choose "
                "another --split."
            )
        if max_images and max_images > available:
            raise ValueError(
                f"--max_images={max_images}, but the split {split!r} of "
                f"{opened.root} has {available} images; give at most that."
            )
        self.opened, self.split = opened, split
        self.reading = {"image_size": image_size, "batch_size": batch_size}
        self.num_images = max_images or available
        self.identity = {
            "fingerprint": opened.card.fingerprint,
            "split": split,
            "image_size": image_size,
            "num_images": self.num_images,
        }
        if opened.fold_ids is not None:
            ids = "".join(sorted(opened.ids(split)))
            self.identity["ids"] = hashlib.sha256(ids.encode()).hexdigest()

    def num_patients(self):
        """How many patients the images are of; None where not known."""
        index = pipeline.read_index(self.opened, self.split)
        patients = index["patient"][: self.num_images]
        known = predictions.known_patients(patients)
        return None if known is None else len(np.unique(known))

    def __call__(self):
        """Yields the batches, with a progress bar."""
        left = self.num_images
        batches = datasets.images(self.opened, self.split, **self.reading)
        with progress.bar("Comparing", left, unit="images") as bar:
            for batch in batches:
                yield {name: rows[:left] for name, rows in batch.items()}
                read = min(left, len(batch["image"]))
                bar.update(read)
                left -= read
                if not left:
                    return


def images_of_runs(runs, *, dataset=None, **options):
    """The ComparisonImages that runs have in common.

    Args:
      runs: {name: RunDir}.
      dataset: records directory or embedded data set; None for that of the
        runs.
      **options: `split`, `max_images` and `batch_size` of
        ComparisonImages.

    Raises:
      ValueError: they differ in network, in image size, or in data without
        `dataset`.
    """
    records = {name: record.read(run) for name, run in runs.items()}
    _require_one(
        {name: r["config"]["model"]["name"] for name, r in records.items()},
        "network",
    )
    sizes = {name: r["data"]["image_size"] for name, r in records.items()}
    _require_one(sizes, "image size")
    known = {n: r["data"]["fingerprint"][:12] for n, r in records.items()}
    if dataset is None and len(set(known.values())) > 1:
        raise ValueError(
            "The runs were trained on different data; say with --dataset which "
            f"images to compare them on. Fingerprints: {known}"
        )
    configs = {name: record.read_config(run) for name, run in runs.items()}
    first = next(iter(runs))
    data = dataclasses.replace(configs[first].data, image_size=sizes[first])
    opened = datasets.open_again(data, records[first]["data"], dataset)
    if opened.card.fingerprint[:12] in known.values():
        # One run's test images are training images of another fold.
        _require_one({n: _fold(c.data) for n, c in configs.items()}, "fold")
    return ComparisonImages(opened, image_size=sizes[first], **options)


def load(runs, pairs, *, stages=(), given=None):
    """{Network: LoadedNetwork} of all networks in the pairs, each loaded once.

    Args:
      runs: {name: RunDir}.
      pairs: list of (Network, Network).
      stages: names of stages that all of them must have.
      given: {Network: LoadedNetwork} of networks of no run.

    Raises:
      ValueError: one lacks one of `stages`.
    """
    networks = dict.fromkeys(itertools.chain.from_iterable(pairs))
    for network in networks:
        if given and network in given:
            networks[network] = given[network]
        else:
            run = runs[network.run]
            backbone = run_networks.load_backbone(run, network.step)
            networks[network] = LoadedNetwork(
                backbone,
                init=labels.init_label(record.read(run)),
                digest=weights_digest(backbone),
            )
        for stage in stages:
            networks[network].backbone.stage(stage)
    return networks


def gather(networks, pairs, images, *, stages, options, batch_size, **where):
    """Yields the StageSums of pairs of networks, see `moments.gather`.

    Args:
      networks: {Network: LoadedNetwork}, as of `load`.
      pairs: list of (Network, Network).
      images: ComparisonImages.
      stages: names of stages, bottom to top.
      options: plan.GatherOptions.
      batch_size: images of a batch as the networks see them.
      **where: `max_bytes` (see plan.split) and `directory`, where the sums
        are kept (None: nowhere).
    """
    directory, max_bytes = where.get("directory"), where.get("max_bytes")
    # Which stages and pairs is added for each pass. Versions, because draws of
    # NumPy and decoding may change; a processor changes the rounding alone.
    # Halves are made of the same sums, and samples are not kept.
    of_sums = vars(options).keys() - {"halves", "neighbors"}
    identity = {
        "networks": [
            networks[network].digest
            for network in dict.fromkeys(itertools.chain.from_iterable(pairs))
        ],
        "images": images.identity,
        "options": {name: vars(options)[name] for name in of_sums},
        "batch_size": batch_size,
        "versions": [np.__version__, tf.__version__],
    }
    return moments.gather(
        {n: network.backbone for n, network in networks.items()},
        images,
        pairs=pairs,
        stages=stages,
        options=options,
        batch_size=batch_size,
        num_images=images.num_images,
        max_bytes=max_bytes,
        store=directory and checkpoint.Store(directory, identity),
    )


def _fold(data):
    """The fold of a DataConfig in words."""
    return f"{data.fold} of {data.num_folds}" if data.num_folds else "none"


def _require_one(values, what):
    if len(set(values.values())) > 1:
        raise ValueError(
            f"Runs of one {what} can be compared. Received: {values}"
        )
