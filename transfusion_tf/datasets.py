"""Data sets by directory or by name, and their images."""

import contextlib
import dataclasses
import functools

import tensorflow as tf

from transfusion_tf import files, names, paths
from transfusion_tf.conversion import convert
from transfusion_tf.data import (
    augment,
    folds,
    parsing,
    pipeline,
    record_check,
    records,
)
from transfusion_tf.synthetic import datasets


def open_dataset(dataset, *, image_size=None):
    """Opens records as converted, making an embedded data set on first use.

    Args:
      dataset: a records directory, or one of names.SYNTHETIC.
      image_size: side in pixels at which an embedded data set is made (other
        data sets are resized when they are read); None: its default.

    Raises:
      FileNotFoundError: neither a directory nor a known name.
    """
    if dataset in names.SYNTHETIC:
        return records.open_records(_made(dataset, image_size))
    return _opened(dataset)


def open_existing(dataset, *, image_size=None):
    """As `open_dataset`, but an embedded data set is not made.

    Raises:
      FileNotFoundError: also where it is not there.
    """
    if dataset in names.SYNTHETIC:
        return records.open_records(_place(dataset, image_size))
    return _opened(dataset)


def _opened(dataset):
    """The Records in a directory."""
    _check_scheme(dataset)
    place = paths.path(dataset)
    with paths.reaching(place):
        is_there = place.is_dir()
    if not is_there:
        raise FileNotFoundError(
            f"--dataset={dataset} is not a directory; give one that "
            "make_tfrecords.py has written, or one of "
            f"{', '.join(names.SYNTHETIC)}."
        )
    return records.open_records(dataset)


def open_for(config):
    """(Records, RunConfig with the image size resolved) of a RunConfig.

    Raises:
      ValueError: the images differ in size and no --image_size is given,
        there are too few for its folds, or an augmentation would do nothing on
        them.
    """
    data = config.data
    opened = open_dataset(data.dataset, image_size=data.image_size)
    size = data.image_size or opened.card.image_size
    if size is None:
        raise ValueError(
            f"The images of {opened.root} differ in size; give "
            "--image_size=N, or convert them with --image_size=N."
        )
    data = dataclasses.replace(data, image_size=size)
    augment.check(data, channels=opened.card.channels, image_size=size)
    return cut_as(opened, data), dataclasses.replace(config, data=data)


def open_again(data, about, dataset=None):
    """The Records that a run is looked at on.

    Args:
      data: DataConfig of the run.
      about: dict on its records, of its config.json.
      dataset: other ones, or None. Where they are those of the run, they are
        cut into its folds, too: its training images are not to be its test.
    """
    opened = open_dataset(dataset or data.dataset, image_size=data.image_size)
    if opened.card.fingerprint != about["fingerprint"]:
        return opened
    return cut_as(opened, data)


def cut_as(opened, data):
    """Records with the splits of the fold that a DataConfig names, if any."""
    if data.num_folds is None:
        return opened
    with naming_damage(opened):
        return folds.of_records(
            opened, num_folds=data.num_folds, fold=data.fold
        )


def images(opened, split, *, image_size, batch_size, cache=None):
    """Yields NumPy batches of every example of `split`, once, in order.

    Args:
      opened: Records.
      split: "train", "val" or "test".
      image_size: side in pixels.
      batch_size: images a batch; the last may have fewer.
      cache: object whose `batches(split, batch_size)` gives those that are
        decoded already, of this size, or None where they are not.

    Yields:
      {"image": (n, image_size, image_size, 3) float32 in [0, 255], "label":
      (n,) or (n, num_labels) int64, "id", "patient" and "extra_<column>" for
      each column that the records carry: (n,) str}.
    """
    with naming_damage(opened):
        batches = cache and cache.batches(split, batch_size)
        yield from pipeline.numpy_batches(
            batches
            or pipeline.evaluation(
                opened, split, batch_size=batch_size, image_size=image_size
            )
        )


@contextlib.contextmanager
def naming_damage(opened):
    """Turns TensorFlow's report of a bad record into one that names the shard.

    Raises:
      ValueError: reading failed and a shard of `opened` is not what its data
        card says, or an example in it.
    """
    try:
        yield
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError):
        records.open_records(opened.root, verify=True)
        record_check.examine(opened, functools.partial(_size, opened.card))
        raise


def _size(card, data):
    """Height and width of an image in records; ValueError if damaged."""
    try:
        return tuple(parsing.decoded(data, card).shape[:2])
    except tf.errors.InvalidArgumentError:
        raise ValueError("its image cannot be decoded") from None


def _check_scheme(dataset):
    """Raises ValueError for object stores that TensorFlow does not read."""
    if paths.is_remote(dataset) and not paths.is_read_by_tensorflow(dataset):
        raise ValueError(
            f"--dataset={dataset}: TensorFlow reads records from a disk or "
            f"from {paths.TENSORFLOW_SCHEME}. Copy them there first."
        )


def _made(name, image_size):
    """The records directory of an embedded data set, made if need be."""
    size = image_size or datasets.DEFAULT_IMAGE_SIZE
    folder = _place(name, image_size)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # One process makes it, the others wait.
    with files.locked(folder.with_suffix(".lock")):
        found = records.find(folder)
        if found is None:
            print(f"Making {name} at {size} px in {folder}")
            found = convert.convert(
                datasets.manifest(name, image_size=size), folder
            )
    return found


def _place(name, image_size):
    """Where an embedded data set is kept."""
    size = image_size or datasets.DEFAULT_IMAGE_SIZE
    # A changed generator must not meet records that an older one has made.
    return paths.cache_dir() / f"{name}-{size}px-v{datasets.PROCEDURE}"
