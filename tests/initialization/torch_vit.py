"""Vision transformers in PyTorch alone, written down anew as timm builds them.

    python -m tests.initialization.torch_vit --output=features.npz
    python -m tests.initialization.torch_vit --golden

In an environment with torch and NumPy, from the root of the repository. The
first writes {"<network>/<side of weights>/<side of images>/<stage>": outputs
(images, tokens, channels)} for the weights and images of vit_weights, the
second tests/initialization/vit_golden.json, a part of them.
"""

import argparse
import json
import math

import numpy as np
import torch
from torch.nn import functional

from tests.initialization import vit_weights

HEADS = {"deit_tiny": 3, "vit_small": 6}


def stages(network, weights, images):
    """{stage: (images, tokens, channels)} of uint8 images."""
    given = {name: torch.from_numpy(x) for name, x in weights.items()}

    def linear(x, name):
        return functional.linear(
            x, given[f"{name}.weight"], given[f"{name}.bias"]
        )

    def norm(x, name):
        return functional.layer_norm(
            x,
            x.shape[-1:],
            given[f"{name}.weight"],
            given[f"{name}.bias"],
            1e-6,
        )

    def attention(x, name, heads):
        count, length, width = x.shape
        parts = linear(x, f"{name}.qkv")
        parts = parts.reshape(count, length, 3, heads, width // heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        scores = query * (width // heads) ** -0.5 @ key.transpose(-2, -1)
        found = scores.softmax(dim=-1) @ value
        found = found.transpose(1, 2).reshape(count, length, width)
        return linear(found, f"{name}.proj")

    mean, deviation = vit_weights.PIXELS[network]
    x = torch.from_numpy(images).float() / 255
    x = (x - torch.tensor(mean)) / torch.tensor(deviation)
    x = functional.conv2d(
        x.permute(0, 3, 1, 2),
        given["patch_embed.proj.weight"],
        given["patch_embed.proj.bias"],
        stride=vit_weights.PATCH,
    )
    side = x.shape[-1]
    x = x.flatten(2).transpose(1, 2)
    x = torch.cat([given["cls_token"].expand(len(x), -1, -1), x], dim=1)
    x = x + positions(given["pos_embed"], side)
    found = {"embed": x}
    for index in range(vit_weights.DEPTH):
        name = f"blocks.{index}"
        y = norm(x, f"{name}.norm1")
        x = x + attention(y, f"{name}.attn", HEADS[network])
        y = linear(norm(x, f"{name}.norm2"), f"{name}.mlp.fc1")
        x = x + linear(functional.gelu(y), f"{name}.mlp.fc2")
        if index % 3 == 2:
            found[f"block{index // 3 + 1}"] = x
    found["block4"] = norm(x, "norm")
    return {stage: output.numpy() for stage, output in found.items()}


def positions(embeddings, side):
    """Position embeddings (1, 1 + patches, channels) for a grid of `side`."""
    first, grid = embeddings[:, :1], embeddings[:, 1:]
    old = math.isqrt(grid.shape[1])
    if old == side:
        return embeddings
    grid = grid.reshape(1, old, old, -1).permute(0, 3, 1, 2)
    grid = functional.interpolate(
        grid, (side, side), mode="bicubic", antialias=True
    )
    grid = grid.permute(0, 2, 3, 1).reshape(1, side * side, -1)
    return torch.cat([first, grid], dim=1)


def features():
    """{"<network>/<weights>/<images>/<stage>": outputs} of all cases."""
    found = {}
    for network, cases in vit_weights.SIZES.items():
        for native, sizes in cases:
            weights = vit_weights.tensors(network, native)
            for size in sizes:
                outputs = stages(network, weights, vit_weights.images(size))
                for stage, output in outputs.items():
                    found[f"{network}/{native}/{size}/{stage}"] = output
    return found


def golden(outputs):
    """What is kept of {name: outputs}: some tokens and channels, a scale."""
    return {
        name: {
            "largest": float(np.abs(output).max()),
            "some": np.round(vit_weights.some(output), 5).ravel().tolist(),
        }
        for name, output in outputs.items()
    }


def main():
    """Writes features or golden values."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output")
    parser.add_argument("--golden", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with torch.no_grad():
        outputs = features()
    if arguments.output:
        np.savez(arguments.output, **outputs)
    if arguments.golden:
        lines = (
            f"{json.dumps(name)}: {json.dumps(values)}"
            for name, values in golden(outputs).items()
        )
        vit_weights.GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
