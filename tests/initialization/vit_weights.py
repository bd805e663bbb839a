"""Weights and images of vision transformers, drawn by name: NumPy alone.

So that a test, a program in another environment and whoever makes the golden
values have the same ones, and none needs to keep them.
"""

import hashlib
import pathlib

import numpy as np

# Outputs of tests/initialization/torch_vit.py, in part.
GOLDEN = pathlib.Path(__file__).with_name("vit_golden.json")
WIDTHS = {"deit_tiny": 192, "vit_small": 384}
DEPTH, PATCH, NUM_CLASSES = 12, 16, 10
NUM_IMAGES = 2
# {network: (mean, standard deviation) of pixels in [0, 1], as in timm}
PIXELS = {
    "deit_tiny": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "vit_small": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}
# {network: (side of the images of the weights, sides of the images to look at)}
SIZES = {
    "deit_tiny": ((224, (224, 64)), (32, (48,))),
    "vit_small": ((224, (96,)),),
}


def tensors(network, image_size):
    """{name in timm: float32 array} of a network for images of this side."""
    return {
        name: _values(f"{network} {name}", shape, *spread)
        for name, (shape, spread) in _shapes(network, image_size).items()
    }


def images(size):
    """(2, size, size, 3) uint8."""
    rng = np.random.default_rng(size)
    noise = rng.integers(0, 256, (NUM_IMAGES, size, size, 3))
    # Light from the left in one image, from above in the other.
    light = np.linspace(0.2, 1, size)
    light = np.stack([np.tile(light, (size, 1)), np.tile(light, (size, 1)).T])
    return (noise * light[..., None]).astype(np.uint8)


def some(output):
    """Of (images, tokens, channels): three tokens, every 24th channel.

    The class token, one patch in the middle and the last.
    """
    middle = output.shape[1] // 2
    return output[:, [0, middle, -1], ::24].astype(np.float64)


def _shapes(network, image_size):
    """{name: (shape, (mean, standard deviation))}."""
    width = WIDTHS[network]
    num_tokens = (image_size // PATCH) ** 2 + 1
    found = {
        "cls_token": ((1, 1, width), (0, 0.5)),
        "pos_embed": ((1, num_tokens, width), (0, 0.5)),
        **_linear("patch_embed.proj", (width, 3, PATCH, PATCH)),
        **_norm("norm", width),
        **_linear("head", (NUM_CLASSES, width)),
    }
    for index in range(DEPTH):
        name = f"blocks.{index}"
        found |= _norm(f"{name}.norm1", width)
        found |= _linear(f"{name}.attn.qkv", (3 * width, width))
        found |= _linear(f"{name}.attn.proj", (width, width))
        found |= _norm(f"{name}.norm2", width)
        found |= _linear(f"{name}.mlp.fc1", (4 * width, width))
        found |= _linear(f"{name}.mlp.fc2", (width, 4 * width))
    return found


def _linear(name, shape):
    spread = 1.5 / np.sqrt(np.prod(shape[1:]))
    return {
        f"{name}.weight": (shape, (0, spread)),
        f"{name}.bias": (shape[:1], (0, 0.1)),
    }


def _norm(name, width):
    return {
        f"{name}.weight": ((width,), (1, 0.2)),
        f"{name}.bias": ((width,), (0, 0.1)),
    }


def _values(name, shape, mean, deviation):
    digest = hashlib.sha256(name.encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    return rng.normal(mean, deviation, shape).astype(np.float32)
