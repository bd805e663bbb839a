"""One batch's contribution to moments: sums of products, on the device.

Activations are shifted and multiplied in float32; what the products of a batch
lose is about 1e-6 of their size. They are added up in float64 by the caller.
"""

import tensorflow as tf


def extractor(backbone, stages):
    """A function from images to {stage name: maps (batch, h, w, channels)}."""
    model = backbone.feature_extractor()

    def features(images):
        found = model(images, training=False)
        maps = dict(zip(backbone.stage_names, found, strict=True))
        return {name: tf.cast(maps[name], tf.float32) for name in stages}

    return features


def resized(maps, size):
    """Maps averaged to `size`, (height, width): area by area, (1, 1) for all.

    Returned as they are if that is their size.
    """
    if tuple(maps.shape[1:3]) == tuple(size):
        return maps
    if tuple(size) == (1, 1):
        return tf.reduce_mean(maps, axis=(1, 2), keepdims=True)
    return tf.image.resize(maps, size, method="area")


def floors(x, y, partners, rows, *, all_paired, debiased):
    """{"layout", "chance": sums of products} of x with its partners in y.

    Args:
      x, y: maps of one size of the batch, in the order of its Pairing.
      partners: `layout`, `chance` and `offsets` of the Pairing, as tensors.
      rows: which of the paired images are taken; None for all.
      all_paired: whether every image of the batch has a partner.
      debiased: see `cross`.
    """
    layout, chance, offsets = partners
    if rows is None and not all_paired:
        x, y = x[: tf.size(layout)], y[: tf.size(layout)]
    whole = rows is None and not debiased
    if rows is not None:
        x = tf.gather(x, rows)
        layout, chance, offsets = (tf.gather(p, rows) for p in partners)
    moved = tf.gather(_rows(y), _moved(y, chance, offsets))
    if whole:
        # Both floors only rearrange the rows of y: the sums are as they were.
        sums = _sums(x, y)
        return {
            "layout": sums | {"product": _rotated(x, y, layout)},
            "chance": sums | {"product": _product(_rows(x), moved)},
        }
    shape = [-1, *y.shape[1:]]
    met = {"layout": tf.gather(y, layout), "chance": tf.reshape(moved, shape)}
    return {
        name: cross(x, maps, debiased=debiased) for name, maps in met.items()
    }


def cross(x, y, *, debiased):
    """{name: sum} of two maps (batch, h, w, neurons), and of their products.

    Args:
      x, y: maps of one batch and one size.
      debiased: whether to add the sums over images (block_sums) that debiased
        CKA needs.
    """
    if not debiased:
        return _sums(x, y) | {"product": _product(_rows(x), _rows(y))}
    x, y = _by_image(x), _by_image(y)
    product, within = _products(x, y)
    s, t = tf.reduce_sum(x, axis=1), tf.reduce_sum(y, axis=1)
    # M_b t_b = X_b' (Y_b t_b), without making M_b.
    along_t = tf.linalg.matvec(y, t)
    along_s = tf.linalg.matvec(x, s)
    ss, tt = tf.reduce_sum(s * s, axis=1), tf.reduce_sum(t * t, axis=1)
    return {
        "sum_x": tf.reduce_sum(s, axis=0),
        "sum_y": tf.reduce_sum(t, axis=0),
        "product": product,
        "sums": tf.matmul(s, t, transpose_a=True),
        "within": within,
        "left": tf.einsum("bpc,bp->c", x, along_t),
        "right": tf.einsum("bpc,bp->c", y, along_s),
        "through": tf.reduce_sum(along_s * along_t),
        "s_tt": tf.linalg.matvec(s, tt, transpose_a=True),
        "t_ss": tf.linalg.matvec(t, ss, transpose_a=True),
        "ss_tt": tf.reduce_sum(ss * tt),
        "ss": tf.reduce_sum(ss),
        "tt": tf.reduce_sum(tt),
    }


def _sums(x, y):
    """{"sum_x", "sum_y": sum over images and positions} of two maps."""
    return {
        "sum_x": tf.reduce_sum(x, axis=(0, 1, 2)),
        "sum_y": tf.reduce_sum(y, axis=(0, 1, 2)),
    }


def _product(x, y):
    return tf.matmul(x, y, transpose_a=True)


def _rotated(x, y, partners):
    """Product of x with its partners in y, all one step along a circle.

    From slices, which copy nothing.
    """
    step = tf.cast(tf.reduce_sum(partners[:1]), tf.int32)  # 0 without images.
    middle = tf.shape(x)[0] - step
    first = _product(_rows(x[:middle]), _rows(y[step:]))
    return first + _product(_rows(x[middle:]), _rows(y[:step]))


def _products(x, y):
    """(sum_b M_b, sum_b |M_b|^2) by the smaller of two ways to the second."""
    positions = x.shape[1]
    if positions > max(x.shape[2], y.shape[2]):
        by_image = tf.matmul(x, y, transpose_a=True)
        return tf.reduce_sum(by_image, axis=0), tf.reduce_sum(by_image**2)
    product = _product(_rows(x), _rows(y))
    # |X' Y|^2 is also the inner product of X X' with Y Y'.
    gram_x, gram_y = (tf.matmul(a, a, transpose_b=True) for a in (x, y))
    return product, tf.reduce_sum(gram_x * gram_y)


def _moved(maps, partners, offsets):
    """The row of `_rows(maps)` that each position of a paired image meets."""
    height, width = maps.shape[1:3]
    offsets = tf.cast(offsets * [height, width], tf.int64)  # Rounds down.
    line = (tf.range(height, dtype=tf.int64) + offsets[:, :1]) % height
    column = (tf.range(width, dtype=tf.int64) + offsets[:, 1:]) % width
    position = line[:, :, None] * width + column[:, None, :]
    first = tf.cast(partners, tf.int64)[:, None, None] * (height * width)
    return tf.reshape(first + position, [-1])


def _by_image(maps):
    """(batch, h, w, neurons) -> (batch, positions, neurons)."""
    _, height, width, neurons = maps.shape
    return tf.reshape(maps, [-1, height * width, neurons])


def _rows(maps):
    """(..., neurons) -> (num_datapoints, num_neurons)."""
    return tf.reshape(maps, [-1, maps.shape[-1]])
