"""Training steps in PyTorch, for train_step.py, which starts this.

    PYTHON_WITH_TORCH tests/benchmarks/torch_step.py NETWORK SIZE BATCH LAYOUT

Networks are those of the package, layer by layer; LAYOUT is `channels_last` or
`contiguous`. Says "ready", then for each number of steps on a line of standard
input how many seconds they took. Needs PyTorch alone.
"""

import sys
import time

import torch
from torch import nn

_CBR = {
    "cbr_tiny": ((32, 64, 128, 256), 5),
    "cbr_small": ((32, 64, 128, 256), 7),
}
# Kernel, expansion, width, squeeze-and-excitation, hard swish or ReLU, stride:
# table 2 of Howard et al. 2019, arXiv:1905.02244.
_MOBILE = (
    (3, 16, 16, True, False, 2),
    (3, 72, 24, False, False, 2),
    (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2),
    (5, 240, 40, True, True, 1),
    (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1),
    (5, 144, 48, True, True, 1),
    (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1),
    (5, 576, 96, True, True, 1),
)


def convolution(
    inputs, outputs, kernel, *, act=None, stride=1, groups=1, bias=False
):
    """Convolution, batch norm and an activation (None: none)."""
    padding = kernel // 2
    parts = [
        nn.Conv2d(
            inputs, outputs, kernel, stride, padding, groups=groups, bias=bias
        ),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*parts, *([act] if act else []))


def cbr(name, classes):
    """A network of the CBR family (Raghu et al. 2019)."""
    widths, kernel = _CBR[name]
    parts, inputs = [], 3
    for width in widths:
        parts.append(convolution(inputs, width, kernel, act=nn.ReLU()))
        parts.append(nn.MaxPool2d(3, 2, 1))
        inputs = width
    return nn.Sequential(*parts, *head(inputs, classes))


def head(width, classes):
    """The global mean and a dense layer."""
    return nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)


class Bottleneck(nn.Module):
    """A block of ResNet50, version 1 as in Keras: stride in the first 1x1."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        outputs = 4 * width
        self.body = nn.Sequential(
            convolution(
                inputs, width, 1, act=nn.ReLU(), stride=stride, bias=True
            ),
            convolution(width, width, 3, act=nn.ReLU(), bias=True),
            convolution(width, outputs, 1, bias=True),
        )
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = convolution(
                inputs, outputs, 1, stride=stride, bias=True
            )

    def forward(self, x):
        """The block's output."""
        across = x if self.shortcut is None else self.shortcut(x)
        return torch.relu(self.body(x) + across)


def resnet50(classes):
    """ResNet50 (He et al. 2016)."""
    parts = [convolution(3, 64, 7, act=nn.ReLU(), stride=2, bias=True)]
    parts.append(nn.MaxPool2d(3, 2, 1))
    inputs = 64
    for width, count, first in (
        (64, 3, 1),
        (128, 4, 2),
        (256, 6, 2),
        (512, 3, 2),
    ):
        for index in range(count):
            parts.append(Bottleneck(inputs, width, 1 if index else first))
            inputs = 4 * width
    return nn.Sequential(*parts, *head(inputs, classes))


class Excite(nn.Module):
    """Squeeze and excitation with a hard sigmoid."""

    def __init__(self, width):
        super().__init__()
        inner = rounded(width / 4)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(width, inner, 1),
            nn.ReLU(),
            nn.Conv2d(inner, width, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, x):
        """The maps, each times its gate."""
        return x * self.gate(x)


class Inverted(nn.Module):
    """An inverted residual block of MobileNetV3."""

    def __init__(self, inputs, kernel, inner, width, excites, swishes, stride):
        super().__init__()
        act = nn.Hardswish if swishes else nn.ReLU
        parts = []
        if inner != inputs:
            parts.append(convolution(inputs, inner, 1, act=act()))
        parts.append(
            convolution(
                inner, inner, kernel, act=act(), stride=stride, groups=inner
            )
        )
        if excites:
            parts.append(Excite(inner))
        parts.append(convolution(inner, width, 1))
        self.body = nn.Sequential(*parts)
        self.adds = stride == 1 and inputs == width

    def forward(self, x):
        """The block's output."""
        return x + self.body(x) if self.adds else self.body(x)


def rounded(width):
    """The next multiple of eight that is not a tenth less."""
    found = max(8, int(width + 4) // 8 * 8)
    return found + 8 if found < 0.9 * width else found


def mobilenet_v3_small(classes):
    """MobileNetV3 small without its classifier's hidden layer."""
    parts = [convolution(3, 16, 3, act=nn.Hardswish(), stride=2)]
    inputs = 16
    for kernel, inner, width, excites, swishes, stride in _MOBILE:
        parts.append(
            Inverted(inputs, kernel, inner, width, excites, swishes, stride)
        )
        inputs = width
    parts.append(convolution(inputs, 576, 1, act=nn.Hardswish()))
    return nn.Sequential(*parts, *head(576, classes))


def build(name, classes):
    """The network `name`."""
    if name in _CBR:
        return cbr(name, classes)
    return {"resnet50": resnet50, "mobilenet_v3_small": mobilenet_v3_small}[
        name
    ](classes)


class Steps:
    """Steps of Adam on one batch in memory."""

    def __init__(self, name, size, batch, layout):
        torch.manual_seed(0)
        self._model = build(name, 3).train()
        self._images = 255 * torch.rand(batch, 3, size, size)
        if layout == "channels_last":
            self._model = self._model.to(memory_format=torch.channels_last)
            self._images = self._images.contiguous(
                memory_format=torch.channels_last
            )
        self._labels = torch.randint(0, 3, (batch,))
        self._optimizer = torch.optim.Adam(
            self._model.parameters(), 1e-3, fused=True
        )
        self._loss = nn.CrossEntropyLoss()

    def take(self, count):
        """Takes `count` steps; returns the seconds that they took."""
        start = time.perf_counter()
        for _ in range(count):
            self._optimizer.zero_grad(set_to_none=True)
            logits = self._model((self._images - 127.5) / 127.5)
            self._loss(logits, self._labels).backward()
            self._optimizer.step()
        return time.perf_counter() - start


def main(name, size, batch, layout):
    """Answers numbers of steps with seconds, until the input ends."""
    steps = Steps(name, int(size), int(batch), layout)
    steps.take(2)
    print("ready", flush=True)
    for line in sys.stdin:
        print(steps.take(int(line)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
