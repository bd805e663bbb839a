"""Names that flags offer, known without importing TensorFlow.

The modules that own a family (zoo, SCHEMES, sources, measures) are held to
these tuples by tests, so that `--help` is quick and never lies.
"""

import difflib
import re

# What tensorflow_datasets takes as the name of a data set.
DATA_SET = re.compile(r"[a-z][a-z0-9_]*")
# Networks that were published with weights of ImageNet.
_STANDARD_MODELS = (
    "resnet50",
    "inception_v3",
    "densenet121",
    "inception_resnet_v2",
    "efficientnetv2_b0",
    "convnext_tiny",
    "mobilenet_v3_small",
    "squeezenet",
)
# Networks as PyTorch's libraries build them, for weights in their files.
PYTORCH_MODELS = ("mobilenet_v2", "resnet18", "resnet50_v1_5")
MODELS = (
    "cbr_larget",
    "cbr_largew",
    "cbr_small",
    "cbr_tiny",
    "cbr_tiny_wide",
    *_STANDARD_MODELS,
    *PYTORCH_MODELS,
    "cbr_larget_slim",
    "cbr_largew_slim",
    "cbr_small_slim",
    "cbr_tiny_slim",
    "cbr_tiny_wide_slim",
    "resnet50_slim",
    "inception_v3_slim",
)
WITHOUT_BATCH_NORM = ("convnext_tiny", "squeezenet")
SCHEMES = (
    "random",
    "pretrained",
    "mean_var",
    "shuffled",
    "transfusion",
    "gabor",
)
RESTS = ("random", "mean_var")  # Of transfusion, above its last stage.
# {what --weights offers besides files and runs: networks it has}
PUBLISHED_WEIGHTS = {
    "imagenet": _STANDARD_MODELS,
    "radimagenet": (
        "resnet50",
        "inception_v3",
        "densenet121",
        "inception_resnet_v2",
    ),
}
INPUT_SCALINGS = (
    "caffe",
    "tf",
    "torch",
    "unit",
    "radimagenet_a",
    "radimagenet_b",
)
SYNTHETIC = ("synthetic_fundus", "synthetic_textures")
PLANES = ("axial", "coronal", "sagittal")  # Of volumes that are sliced.
TASKS = ("multiclass", "multilabel", "ordinal")
MULTILABEL_VALUES = (-1, 0, 1)  # Missing, no, yes.
SPLITS = ("train", "val", "test")
MEASURES = ("cca", "svcca", "pwcca", "cka", "cka_plain", "procrustes")
INTERVENTIONS = ("resilience", "barrier", "shortcut", "probes")
GAIN_BASELINES = ("seed", "mean")
GAIN_CLUSTERS = ("dataset", "seed")
FILTER_SCALES = ("all", "run")
OPTIMIZERS = ("adam", "adamw", "sgd")
SCHEDULES = ("cosine", "constant", "plateau", "step")
HEAD_BIASES = ("zero", "prior")
CACHES = ("auto", "memory", "disk", "off")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
STRATEGIES = ("auto", "one_device", "mirrored", "multi_worker")
BATCH_NORMS = ("synchronized", "per_replica")
# In the order in which they are applied.
AUGMENTATIONS = (
    "horizontal_flip",
    "vertical_flip",
    "shift",
    "rotation",
    "zoom",
    "shear",
    "brightness",
    "contrast",
    "saturation",
    "hue",
    "erasing",
)
# {what --augment offers besides: the augmentations that it stands for}
RECIPES = {
    # Juodelyte et al. 2023, published code, on chest X-rays: no flip, which
    # would move the heart to the right.
    "chest": ("shift", "rotation", "zoom", "shear"),
    # A round field, in which left and right eyes mirror each other, and which
    # cameras light differently.
    "fundus": (
        "horizontal_flip",
        "vertical_flip",
        "rotation",
        "brightness",
        "contrast",
        "saturation",
        "hue",
    ),
    # What costs least: pixels are moved, and none is computed.
    "light": ("horizontal_flip", "shift"),
    "none": (),
}

# Ratio of difflib: two letters of ten that differ, or are exchanged.
_SIMILAR = 0.8


def check(kind, name, known):
    """Raises ValueError, listing the choices, unless `name` is in `known`."""
    if name not in known:
        raise ValueError(
            f"Unknown {kind} {name!r}; known: {', '.join(map(str, known))}."
        )


def near(name, known):
    """Those of `known` that `name` may have been meant to be, at most three.

    They begin with it, differ in few letters, or have its words and others.
    """
    words = f"_{name}_"
    found = [
        other
        for other in known
        if len(name) > 2
        and (other.startswith(name) or words in f"_{other}_")
        or f"_{other}_" in words
    ]
    found += difflib.get_close_matches(name, known, cutoff=_SIMILAR)
    return list(dict.fromkeys(found))[:3]
