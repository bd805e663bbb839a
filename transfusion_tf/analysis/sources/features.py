"""Features of frozen networks, computed once and kept on the disk.

A file holds the means over positions of the stages of one network for the
images of one split, and the images' ids; labels and patients stay in the
records. It is known by what it is of: weights, images, their order and size,
versions. Features of something else are never taken.
"""

import hashlib
import json
import pathlib
import zipfile

import keras
import numpy as np
import tensorflow as tf

from transfusion_tf import files
from transfusion_tf.analysis import comparison
from transfusion_tf.analysis.views import probe
from transfusion_tf.stores import npy

# Of what is stored, and of how it is computed: raise it when either changes.
FORMAT = 1
HEAD = "head"
_IDENTITY, _IDS, _STAGE = "identity", "id", "stage/"


class Store:
    """A directory with a file for each network and split.

    Args:
      directory: made when something is saved.
    """

    def __init__(self, directory):
        self._directory = pathlib.Path(directory)

    def get(self, backbone, images, ids):
        """The features of a frozen network, computed if they are not there.

        Args:
          backbone: Backbone.
          images: comparison.ComparisonImages.
          ids: (num_images,) str, their ids in order.

        Returns:
          {stage: (num_images, neurons) float32} of all stages, so that other
          ones cost no other pass, and of HEAD what goes into the head, if that
          is one dense layer.

        Raises:
          ValueError: the file is damaged.
        """
        identity = json.dumps(
            {
                "format": FORMAT,
                "network": comparison.weights_digest(backbone),
                "images": images.identity,
                "versions": [np.__version__, tf.__version__],
            },
            sort_keys=True,
        )
        digest = hashlib.sha256(identity.encode()).hexdigest()
        path = self._directory / f"{digest[:32]}.npz"
        found = _load(path, identity, ids)
        if found is None:
            found = _computed(backbone, images, ids)
            _save(path, identity, ids, found)
        return found


def has_dense_head(backbone):
    """Whether one dense layer is all that has weights above the stages."""
    return len(backbone.head) == 1 and isinstance(
        backbone.head[0], keras.layers.Dense
    )


class _WithHead:
    """As far as probe.pooled needs it, a Backbone with HEAD as a stage."""

    def __init__(self, backbone):
        outputs = [stage.output for stage in backbone.stages]
        self.stage_names = backbone.stage_names
        if has_dense_head(backbone):
            self.stage_names += (HEAD,)
            outputs.append(backbone.head[0].input[:, None, None, :])
        self._extractor = keras.Model(backbone.model.input, outputs)

    def feature_extractor(self):
        """Model from images to the outputs; HEAD's is (N, 1, 1, neurons)."""
        return self._extractor


def _computed(backbone, images, ids):
    extended = _WithHead(backbone)
    features, columns = probe.pooled(
        {"": extended}, extended.stage_names, images()
    )
    if not np.array_equal(columns["id"], ids):
        raise ValueError(
            "The images do not come in the order of the records' index; "
            "convert the data again."
        )
    return {
        stage: array.astype(np.float32) for stage, array in features[""].items()
    }


def _load(path, identity, ids):
    """The features in a file; None where there are none of this identity."""
    if not path.is_file():
        return None
    try:
        with zipfile.ZipFile(path) as stored:
            if str(npy.read_member(stored, _IDENTITY)) != identity:
                return None
            if not np.array_equal(npy.read_member(stored, _IDS), ids):
                return None
            found = {
                key.removeprefix(_STAGE): npy.read_member(stored, key)
                for key in npy.keys(stored)
                if key.startswith(_STAGE)
            }
        if any(len(array) != len(ids) for array in found.values()):
            raise ValueError("a stage has another number of images")
    except npy.NPZ_DAMAGE as error:
        raise ValueError(
            f"{path} is damaged ({files.one_line(error)}); delete it, and the "
            "features are computed again."
        ) from None
    return found


def _save(path, identity, ids, found):
    """Writes features, whole or not at all."""
    arrays = {
        _IDENTITY: np.array(identity),
        _IDS: np.asarray(ids, str),
        **{f"{_STAGE}{stage}": array for stage, array in found.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    files.require_space(
        path, sum(array.nbytes for array in arrays.values()) + npy.NPZ_OVERHEAD
    )
    with files.naming_failures(path), files.atomic_write(path) as temporary:
        with temporary.open("wb") as stream:
            np.savez(stream, **arrays)
