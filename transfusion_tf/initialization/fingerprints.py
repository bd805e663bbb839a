"""Which network of the zoo weights are of, seen from their shapes alone."""

import hashlib
import json

# {network: its fingerprint}; a test holds them to the zoo.
FINGERPRINTS = {
    "cbr_larget": "75a0a4e2670e5901",
    "cbr_largew": "d8a8db237816362f",
    "cbr_small": "8ad8e5aaa85768cb",
    "cbr_tiny": "786727c025212d5d",
    "cbr_tiny_wide": "89541bf4f19652c6",
    "resnet50": "22d31216580a8b54",
    "inception_v3": "efdb71da26ec7374",
    "densenet121": "7e8156cc6a80e744",
    "inception_resnet_v2": "69aeae54a6523e3e",
    "efficientnetv2_b0": "047111c3f5420fbd",
    "convnext_tiny": "168e4bd125082c61",
    "mobilenet_v3_small": "ddf2d0d33f20017a",
    "squeezenet": "4844448e762ff4f0",
    "mobilenet_v2": "5aba43d5ee888436",
    "resnet18": "e88c2397a35c4492",
    "resnet50_v1_5": "bcc531d3fff64041",
    "deit_tiny": "8e0ee738f9d60822",
    "vit_small": "ad3733a7bb0a1545",
}


def recognise(layers):
    """The zoo's name of the network that has such layers, or None.

    Slim networks, and those that the zoo lacks, are not recognised.

    Args:
      layers: for each layer with weights the shapes of its weights.
    """
    found = fingerprint(layers)
    for name, known in FINGERPRINTS.items():
        if known == found:
            return name
    return None


def fingerprint(layers):
    """16 hex digits of what `telling` finds in the layers, in any order.

    Each layer counts with the shape of its kernel and its number of weights, by
    which networks with biases differ from those without.
    """
    found = sorted(
        [*map(int, shapes[0]), len(shapes)]
        for shapes in telling(map(tuple, layers))
    )
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]


def telling(layers):
    """The layers by which a network is known, and which heads do not have.

    Those with a kernel (height, width, in, out) larger than 1x1; where there is
    one alone, as in vision transformers, layer norms as well. So a network is
    the same with any head or none.

    Args:
      layers: for each layer with weights the shapes of its weights.
    """
    layers = list(layers)
    spatial = [shapes for shapes in layers if is_spatial(shapes)]
    norms = [shapes for shapes in layers if _is_layer_norm(shapes)]
    return spatial + norms if len(spatial) == 1 else spatial


def is_spatial(shapes):
    """Whether a layer of these shapes has a kernel larger than 1x1."""
    return bool(shapes) and len(shapes[0]) == 4 and max(shapes[0][:2]) > 1


def _is_layer_norm(shapes):
    """Whether the weights are two vectors of one length."""
    return len(shapes) == 2 and len(shapes[0]) == 1 and shapes[0] == shapes[1]
