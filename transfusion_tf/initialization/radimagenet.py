"""RadImageNet weights, found in a folder by what they are.

Their authors (Mei et al. 2022) hand out Keras files of many names, without
checksums, and have not said how the images were scaled: their scripts do it in
two ways, and Juodelyte et al. 2023 in a third. The likeliest is that of the
scripts for Keras, and for PyTorch's file of ResNet50 that of the notebook for
PyTorch.
"""

import dataclasses

from transfusion_tf import names
from transfusion_tf.initialization import imagenet, weight_files
from transfusion_tf.models import slim

MODELS = (
    *("resnet50", "inception_v3", "densenet121", "inception_resnet_v2"),
    "resnet50_v1_5",
)
SCALINGS = ("radimagenet_a", "radimagenet_b", "caffe")
PYTORCH_SCALINGS = ("radimagenet_b", "radimagenet_a", "caffe")
PAGE = "https://github.com/BMEII-AI/RadImageNet"


def folder():
    """Where the files are looked for."""
    return imagenet.cache() / "radimagenet"


def read(model):
    """The Source of the one file in the folder that is of this network.

    Raises:
      FileNotFoundError: there is none.
      ValueError: there are several, or RadImageNet has none of this network.
    """
    base = slim.BASES.get(model, model)
    names.check("network with RadImageNet weights", base, MODELS)
    found = [s for s in _sources() if s.identity["architecture"] == base]
    if not found:
        raise FileNotFoundError(
            f"No file in {folder()} has weights of {base}; ask RadImageNet's "
            f"authors for them ({PAGE}; they have {', '.join(MODELS)}) and put "
            "the .h5 file there, or .safetensors made of PyTorch's, under any "
            "name."
        )
    if len(found) > 1:
        raise ValueError(
            f"Several files in {folder()} have weights of {base}: "
            f"{', '.join(s.identity['file'] for s in found)}; give one as "
            f"--weights=FILE --input_scaling={_scalings(base)[0]}."
        )
    (source,) = found
    return dataclasses.replace(
        source,
        name=f"RadImageNet ({source.name})",
        scalings=_scalings(base),
        identity={**source.identity, "kind": "radimagenet"},
    )


def _scalings(model):
    """Input scalings of a network's weights, the likeliest first."""
    return PYTORCH_SCALINGS if model in names.PYTORCH_MODELS else SCALINGS


def _sources():
    """Yields a Source for each file of the folder that has weights."""
    paths = sorted(folder().iterdir()) if folder().is_dir() else ()
    for path in paths:
        try:
            yield weight_files.read(path)
        except (FileNotFoundError, ValueError):
            continue  # A folder, a licence text, an archive.
