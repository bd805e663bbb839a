"""Features of torchvision's networks, by PyTorch and without this package.

    PYTHON_WITH_TORCH tests/models/torch_features.py OUTPUT_DIR
    PYTHON_WITH_TORCH tests/models/torch_features.py --golden

Into OUTPUT_DIR go, for each network, NETWORK.safetensors with weights of
`named_weights`, and NETWORK-SIZE.npz with the outputs of its stages,
(N, H, W, C), for the images of that size. With --golden, the summaries of
all outputs go into torch_features.npz beside this file. Needs PyTorch and
safetensors. The modules are torchvision's by name and by what they compute.
"""

import pathlib
import sys

import named_weights
import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

GOLDEN = pathlib.Path(__file__).with_suffix(".npz")
_MEAN = torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
_STD = torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)


def conv(inputs, outputs, kernel, stride=1, groups=1):
    """A convolution as all of these networks have it."""
    return nn.Conv2d(
        inputs,
        outputs,
        kernel,
        stride,
        padding=kernel // 2,
        groups=groups,
        bias=False,
    )


class Residual(nn.Module):
    """A block of a ResNet: convolutions of (width, kernel, stride)."""

    def __init__(self, inputs, parts):
        super().__init__()
        self.count = len(parts)
        width, stride = inputs, 1
        for index, (outputs, kernel, step) in enumerate(parts, start=1):
            setattr(self, f"conv{index}", conv(width, outputs, kernel, step))
            setattr(self, f"bn{index}", nn.BatchNorm2d(outputs))
            width, stride = outputs, stride * step
        self.downsample = None
        if width != inputs:
            self.downsample = nn.Sequential(
                conv(inputs, width, 1, stride), nn.BatchNorm2d(width)
            )

    def forward(self, x):
        """The block's output."""
        y = x
        for index in range(1, self.count + 1):
            y = getattr(self, f"bn{index}")(getattr(self, f"conv{index}")(y))
            if index < self.count:
                y = torch.relu(y)
        return torch.relu(y + (self.downsample(x) if self.downsample else x))


class ResNet(nn.Module):
    """ResNet18 or ResNet50, the latter with the stride in the 3x3."""

    def __init__(self, counts, is_deep):
        super().__init__()
        self.conv1 = conv(3, 64, 7, 2)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        inputs = 64
        for number, count in enumerate(counts):
            width, blocks = 64 * 2**number, []
            for place in range(count):
                stride = 2 if number and place == 0 else 1
                parts = [(width, 3, stride), (width, 3, 1)]
                if is_deep:
                    parts = [(width, 1, 1), parts[0], (4 * width, 1, 1)]
                blocks.append(Residual(inputs, parts))
                inputs = parts[-1][0]
            setattr(self, f"layer{number + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, 1000)

    def forward(self, x):
        """The outputs of all stages."""
        x = torch.relu(self.bn1(self.conv1(x)))
        found = [x]
        x = self.maxpool(x)
        for number in (1, 2, 3, 4):
            x = getattr(self, f"layer{number}")(x)
            found.append(x)
        return found


class Unit(nn.Sequential):
    """Convolution, batch norm, ReLU6."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1):
        super().__init__(
            conv(inputs, outputs, kernel, stride, groups),
            nn.BatchNorm2d(outputs),
            nn.ReLU6(),
        )


class Inverted(nn.Module):
    """A block of MobileNetV2."""

    def __init__(self, inputs, outputs, stride, factor):
        super().__init__()
        inner = inputs * factor
        parts = [Unit(inputs, inner, 1)] if factor > 1 else []
        parts.append(Unit(inner, inner, 3, stride, groups=inner))
        parts += [conv(inner, outputs, 1), nn.BatchNorm2d(outputs)]
        self.conv = nn.Sequential(*parts)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        """The block's output."""
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    """MobileNetV2 of width 1."""

    _widths = (16, *2 * [24], *3 * [32], *4 * [64], *3 * [96], *3 * [160], 320)
    _halving = (1, 3, 6, 13)  # Which of them, from 0.
    _ends = (1, 3, 6, 13, 18)

    def __init__(self):
        super().__init__()
        parts, inputs = [Unit(3, 32, 3, 2)], 32
        for place, width in enumerate(self._widths):
            stride = 2 if place in self._halving else 1
            factor = 6 if place else 1
            parts.append(Inverted(inputs, width, stride, factor))
            inputs = width
        parts.append(Unit(inputs, 1280, 1))
        self.features = nn.Sequential(*parts)
        self.classifier = nn.Sequential(nn.Dropout(), nn.Linear(1280, 1000))

    def forward(self, x):
        """The outputs of all stages."""
        found = []
        for place, part in enumerate(self.features):
            x = part(x)
            if place in self._ends:
                found.append(x)
        return found


NETWORKS = {
    "mobilenet_v2": MobileNetV2,
    "resnet18": lambda: ResNet((2, 2, 2, 2), is_deep=False),
    "resnet50_v1_5": lambda: ResNet((3, 4, 6, 3), is_deep=True),
}


def build(name):
    """The network with its weights by name, for evaluation."""
    network = NETWORKS[name]().eval()
    for key, tensor in network.state_dict().items():
        if tensor.dtype == torch.float32:
            numbers = named_weights.value(key, tuple(tensor.shape))
            tensor.copy_(torch.from_numpy(numbers))
    return network


def outputs(network, size):
    """The outputs of all stages as arrays (N, H, W, C)."""
    pixels = torch.from_numpy(named_weights.images(size)).float()
    with torch.no_grad():
        found = network((pixels.permute(0, 3, 1, 2) / 255 - _MEAN) / _STD)
    return [np.ascontiguousarray(x.permute(0, 2, 3, 1)) for x in found]


def main(target):
    """Writes files into a folder, or the summaries."""
    kept = {}
    for name in named_weights.NETWORKS:
        network = build(name)
        for size in named_weights.SIZES:
            found = outputs(network, size)
            kept[f"{name}-{size}"] = np.stack(
                [named_weights.summary(x) for x in found]
            )
            if target != "--golden":
                np.savez(pathlib.Path(target, f"{name}-{size}"), *found)
        if target != "--golden":
            path = pathlib.Path(target, f"{name}.safetensors")
            save_file(network.state_dict(), path)
    if target == "--golden":
        np.savez_compressed(GOLDEN, **kept)


if __name__ == "__main__":
    main(*sys.argv[1:])
