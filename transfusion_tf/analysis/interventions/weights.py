"""Weights between two networks of the same shape."""


def between(first, second, alpha):
    """{path: (1 - alpha) * first + alpha * second} of the paths of `second`.

    At 0 and 1 it is exactly the one or the other.
    """
    return {
        path: ((1 - alpha) * first[path] + alpha * value).astype(value.dtype)
        for path, value in second.items()
    }
