"""The published files of ImageNet weights, and where each of them belongs.

Files, addresses and checksums are those of keras.applications (3.13 to 3.15:
resnet.py, inception_v3.py, densenet.py, inception_resnet_v2.py,
efficientnet_v2.py, convnext.py, mobilenet_v3.py), without heads. Known without
importing Keras.
"""

import dataclasses
import hashlib
import os
import pathlib

_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/"
_TF_NOTOP = "_weights_tf_dim_ordering_tf_kernels_notop.h5"


@dataclasses.dataclass(frozen=True)
class Published:
    """A published file.

    Attributes:
      file: its name in the cache.
      url: where it is.
      digest: its MD5 or SHA-256, in hex.
      is_downloaded: whether Keras fetches it.
    """

    file: str
    url: str
    digest: str
    is_downloaded: bool = True


def _of_keras(folder, file, digest):
    return Published(file, f"{_KERAS}{folder}/{file}", digest)


FILES = {
    "resnet50": _of_keras(
        "resnet", f"resnet50{_TF_NOTOP}", "4d473c1dd8becc155b73f8504c6f6626"
    ),
    "inception_v3": _of_keras(
        "inception_v3",
        f"inception_v3{_TF_NOTOP}",
        "bcbd6486424b2319ff4ef7d526e38f63",
    ),
    "densenet121": _of_keras(
        "densenet",
        f"densenet121{_TF_NOTOP}",
        "30ee3e1110167f948a6b9946edeeb738",
    ),
    "inception_resnet_v2": _of_keras(
        "inception_resnet_v2",
        f"inception_resnet_v2{_TF_NOTOP}",
        "d19885ff4a710c122648d3b5c3b684e4",
    ),
    "efficientnetv2_b0": _of_keras(
        "efficientnet_v2",
        "efficientnetv2-b0_notop.h5",
        "893217f2bb855e2983157299931e43ff",
    ),
    "convnext_tiny": _of_keras(
        "convnext",
        "convnext_tiny_notop.h5",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
    "mobilenet_v3_small": _of_keras(
        "mobilenet_v3",
        "weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        "d3e8ec802a04aa4fc771ee12a9a9b836",
    ),
    # Not of Keras, hence not in its cache unless put there. MIT licence.
    "squeezenet": Published(
        "squeezenet_v1.1_imagenet_notop.h5",
        "https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0/"
        "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "17154246284f555591549ac2c83e127abfbf4307dc4b0060fdaa2931d0fa38da",
        is_downloaded=False,
    ),
}


def cache():
    """The folder of Keras' cache for weights."""
    home = os.environ.get("KERAS_HOME", "~/.keras")
    return pathlib.Path(home).expanduser() / "models"


def is_published(path, model):
    """Whether a file is the published one of a network that is in FILES."""
    digest = FILES[model].digest
    algorithm = "sha256" if len(digest) == 64 else "md5"
    with pathlib.Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest() == digest
