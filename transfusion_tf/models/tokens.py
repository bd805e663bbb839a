"""Layers of networks that see an image as a row of tokens.

Tokens stand where other networks have positions: (N, tokens, 1, channels), the
class token first, then the patches, line by line. So they are datapoints of
every analysis, and positions of the layout floor.

Weights of a shape that is unusual in Keras have PyTorch's. `multiply_adds` of a
layer is what models.cost cannot know from its kernels.
"""

import keras
from keras import ops


class ClassToken(keras.layers.Layer):
    """Puts a learned token before the others (Devlin et al. 2019, BERT)."""

    multiply_adds = 0

    def __init__(self, stddev=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.stddev = stddev
        self.kernel_initializer = keras.initializers.RandomNormal(stddev=stddev)

    def build(self, input_shape):
        """Makes the token, (1, 1, channels)."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(1, 1, input_shape[-1]),
            initializer=self.kernel_initializer,
        )

    def call(self, x):
        """(N, tokens, 1, channels) -> (N, tokens + 1, 1, channels)."""
        shape = (ops.shape(x)[0], 1, 1, x.shape[-1])
        token = ops.broadcast_to(ops.convert_to_tensor(self.kernel), shape)
        return ops.concatenate([token, x], axis=1)

    def compute_output_shape(self, input_shape):
        """One token more."""
        return (input_shape[0], input_shape[1] + 1, *input_shape[2:])

    def get_config(self):
        """What `from_config` needs."""
        return {**super().get_config(), "stddev": self.stddev}


class PositionEmbedding(keras.layers.Layer):
    """Adds a learned vector to each token, one for each position."""

    multiply_adds = 0

    def __init__(self, stddev=0.02, **kwargs):
        super().__init__(**kwargs)
        self.stddev = stddev
        self.kernel_initializer = keras.initializers.RandomNormal(stddev=stddev)

    def build(self, input_shape):
        """Makes the vectors, (1, tokens, channels)."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(1, input_shape[1], input_shape[-1]),
            initializer=self.kernel_initializer,
        )

    def call(self, x):
        """Returns `x` (N, tokens, 1, channels) and the vectors added up."""
        return x + ops.expand_dims(self.kernel, 2)

    def compute_output_shape(self, input_shape):
        """The input's."""
        return input_shape

    def get_config(self):
        """What `from_config` needs."""
        return {**super().get_config(), "stddev": self.stddev}


class SelfAttention(keras.layers.Dense):
    """Scaled dot-product attention of several heads (Vaswani et al. 2017,
    arXiv:1706.03762), all but the projection that follows it.

    One dense layer makes queries, keys and values, in this order; of each, the
    channels of one head stand together. From (N, tokens, 1, channels) to the
    same shape.

    Args:
      units: three times the channels.
      num_heads: number of heads, which share the channels equally.
    """

    def __init__(self, units, num_heads, **kwargs):
        super().__init__(units, **kwargs)
        self.num_heads = num_heads

    def call(self, x, training=None):
        """What each token takes from all tokens, the heads side by side."""
        return attend(super().call(x, training=training), self.num_heads)

    @property
    def multiply_adds(self):
        """Of one image: the kernel's, and two products of tokens by tokens."""
        num_tokens, channels = self.output.shape[1], self.output.shape[-1]
        per_token = self.kernel.shape[0] * self.units
        return num_tokens * (per_token + 2 * num_tokens * channels)

    def compute_output_shape(self, input_shape):
        """The input's, with a third of the units as channels."""
        return (*input_shape[:-1], self.units // 3)

    def get_config(self):
        """What `from_config` needs."""
        return {**super().get_config(), "num_heads": self.num_heads}


def attend(x, num_heads):
    """Attention of queries, keys and values, as of SelfAttention.

    Args:
      x: (N, tokens, 1, 3 * channels), a tensor or symbolic.
      num_heads: number of heads.

    Returns:
      (N, tokens, 1, channels).
    """
    num_tokens, channels = x.shape[1], x.shape[-1] // 3
    by_head = (-1, num_tokens, num_heads, channels // num_heads)
    parts = [ops.reshape(part, by_head) for part in ops.split(x, 3, axis=-1)]
    found = ops.dot_product_attention(*parts)
    return ops.reshape(found, (-1, num_tokens, 1, channels))
