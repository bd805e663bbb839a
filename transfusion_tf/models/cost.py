"""What layers cost: parameters and multiply-adds."""

import math


def multiply_adds(layer):
    """Multiplications, each with an addition, of one image in a layer.

    Every entry of a kernel is used once at every position of the output, be it
    a convolution's (depthwise or in groups, too) or a dense layer's. Borders
    count like the middle; biases, norms and activations do not count. A layer
    of whose kernels this does not hold has `multiply_adds` of its own.
    """
    own = getattr(layer, "multiply_adds", None)
    if own is not None:
        return own
    positions = math.prod(layer.output.shape[1:-1])
    return positions * sum(_size(kernel) for kernel in _kernels(layer))


def num_parameters(layers, *, trainable=False):
    """Numbers in all weights, or in those that training moves."""
    return sum(
        _size(weight)
        for layer in layers
        for weight in (layer.trainable_weights if trainable else layer.weights)
    )


def paper_count(backbone):
    """Parameters as Raghu et al. 2019 seem to count those of CBR networks.

    All kernels but the first convolution's, no biases and no batch norm: the
    one rule that gives the published counts (cbr.PUBLISHED), with five outputs.
    """
    kernels = [kernel for x in backbone.model.layers for kernel in _kernels(x)]
    return sum(map(_size, kernels[1:]))


def _kernels(layer):
    """Weights that are summed over: those of two dimensions and more."""
    return [weight for weight in layer.weights if len(weight.shape) > 1]


def _size(weight):
    return math.prod(weight.shape)
