"""One batch's contribution to moments: sums of products, on the device.

Activations are shifted and multiplied in float32 and added up in float64; what
the products lose is about 1e-6 of their size.
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


def means(extractors, images):
    """{network: {stage: mean over images and positions (channels,)}}."""
    return {
        name: {
            stage: tf.reduce_mean(maps, axis=(0, 1, 2))
            for stage, maps in features(images).items()
        }
        for name, features in extractors.items()
    }


def function(extractors, pairs):
    """Returns a tf.function from one batch to its sums.

    Its arguments are images (batch, size, size, 3), the shifts {network:
    {stage: (channels,)}}, and `layout`, `chance` and `offsets` of the Pairing
    in whose order the images are. It returns float64 numbers, to be added up
    over the batches: {"images": count, "paired_images": count, "own": {network:
    {stage: sums}}, "cross": [{stage: sums of products} for each pair]}.
    """

    @tf.function(reduce_retracing=True)
    def sums(images, shifts, layout, chance, offsets):
        maps = {
            name: {
                stage: found - shifts[name][stage]
                for stage, found in features(images).items()
            }
            for name, features in extractors.items()
        }
        num_paired = tf.size(layout)
        own = {
            name: {stage: _own(x, num_paired) for stage, x in found.items()}
            for name, found in maps.items()
        }
        cross = [
            {
                stage: _cross(x, maps[right][stage], layout, chance, offsets)
                for stage, x in maps[left].items()
            }
            for left, right in pairs
        ]
        return {
            "images": _float64(tf.shape(images)[0]),
            "paired_images": _float64(num_paired),
            "own": own,
            "cross": cross,
        }

    return sums


@tf.function(reduce_retracing=True)
def add(totals, found):
    """Adds two results of the function above."""
    return tf.nest.map_structure(tf.add, totals, found)


def to_arrays(tensors):
    """The same nested structure with NumPy arrays."""
    return tf.nest.map_structure(lambda tensor: tensor.numpy(), tensors)


def _own(maps, num_paired):
    """Counts, sums and products of one network at one stage."""
    rows, paired = _rows(maps), _rows(maps[:num_paired])
    return {
        "count": _float64(tf.shape(rows)[0]),
        "sum": _float64(tf.reduce_sum(rows, axis=0)),
        "product": _float64(tf.matmul(rows, rows, transpose_a=True)),
        "paired_count": _float64(tf.shape(paired)[0]),
        "paired_sum": _float64(tf.reduce_sum(paired, axis=0)),
    }


def _cross(x, y, layout, chance, offsets):
    """Products of x with y, and of the paired x with its partners in y."""
    paired = _rows(x[: tf.size(layout)])
    partners = {
        "layout": _rows(tf.gather(y, layout)),
        "chance": tf.gather(_rows(y), _moved(y, chance, offsets)),
    }
    found = {
        name: tf.matmul(paired, rows, transpose_a=True)
        for name, rows in partners.items()
    }
    found["measured"] = tf.matmul(_rows(x), _rows(y), transpose_a=True)
    return {name: _float64(value) for name, value in found.items()}


def _moved(maps, partners, offsets):
    """The row of `_rows(maps)` that each position of a paired image meets."""
    height, width = maps.shape[1:3]
    offsets = tf.cast(offsets * [height, width], tf.int64)  # Rounds down.
    line = (tf.range(height, dtype=tf.int64) + offsets[:, :1]) % height
    column = (tf.range(width, dtype=tf.int64) + offsets[:, 1:]) % width
    position = line[:, :, None] * width + column[:, None, :]
    first = tf.cast(partners, tf.int64)[:, None, None] * (height * width)
    return tf.reshape(first + position, [-1])


def _rows(maps):
    """(batch, h, w, channels) -> (num_datapoints, num_neurons)."""
    return tf.reshape(maps, [-1, maps.shape[-1]])


def _float64(value):
    return tf.cast(value, tf.float64)
