"""Vision transformers: ViT (Dosovitskiy et al. 2020, arXiv:2010.11929) and
DeiT (Touvron et al. 2020, arXiv:2012.12877).

As timm builds `deit_tiny_patch16_224` and `vit_small_patch16_224`: patches of
16 pixels, a class token, learned position embeddings, twelve blocks whose layer
norms (epsilon 1e-6) come before attention and perceptron, exact GELU, and a
layer norm at the end. Layers have timm's names, with an underscore for each
dot. The head is on the class token. There is no dropout, and no path is
dropped, as by default in timm.

Stages are `embed`, which ends when positions are added, and `block1` to
`block4` of three blocks each. They end at the sum of the residual branch, the
last one at the final norm.

Fresh weights are timm's. Its `trunc_normal_` with standard deviation 0.02 cuts
off at -2 and 2, a hundred deviations away, and so is a normal distribution; it
gives kernels and position embeddings. The class token is normal with 1e-6; the
kernel of the patches has PyTorch's default, uniform with the variance
1 / (3 fan_in). All biases are zero here; that of the patches is not in timm.
"""

import dataclasses
import functools

import keras
from keras import layers

from transfusion_tf.models import stages, tokens

PATCH_SIZE = 16
DEPTH = 12
_BLOCKS_PER_STAGE = 3
_EPSILON = 1e-6
_STDDEV = 0.02
_MLP_RATIO = 4
# Paths of what timm leaves out of weight decay, besides vectors.
UNDECAYED = ("cls_token/kernel", "pos_embed/kernel")


@dataclasses.dataclass(frozen=True)
class VitSpec:
    """Channels of a token, and heads of the attention."""

    width: int
    num_heads: int


SPECS = {"deit_tiny": VitSpec(192, 3), "vit_small": VitSpec(384, 6)}
# Of the weights that timm has by these names: DeiT's means of ImageNet; -1 to 1
# of the weights that were trained with much augmentation (Steiner et al. 2021,
# arXiv:2106.10270).
_SCALINGS = {"deit_tiny": "torch", "vit_small": "tf"}


def body(spec, x, bn_momentum):
    """From scaled images to normalized tokens, (N, 1 + patches, 1, width)."""
    del bn_momentum  # There is no batch norm.
    x = layers.Conv2D(
        spec.width,
        PATCH_SIZE,
        strides=PATCH_SIZE,
        kernel_initializer=keras.initializers.VarianceScaling(
            1 / 3, mode="fan_in", distribution="uniform"
        ),
        name="patch_embed_proj",
    )(x)
    num_patches = x.shape[1] * x.shape[2]
    x = layers.Reshape((num_patches, 1, spec.width), name="patches")(x)
    x = tokens.ClassToken(name="cls_token")(x)
    x = tokens.PositionEmbedding(name="pos_embed", stddev=_STDDEV)(x)
    for index in range(DEPTH):
        x = _block(x, spec, f"blocks_{index}")
    return _norm("norm")(x)


def _block(x, spec, name):
    """Attention and a perceptron, each beside what it is added to."""
    branch = _norm(f"{name}_norm1")(x)
    branch = tokens.SelfAttention(
        3 * spec.width,
        spec.num_heads,
        kernel_initializer=_normal(),
        name=f"{name}_attn_qkv",
    )(branch)
    branch = _dense(spec.width, f"{name}_attn_proj")(branch)
    x = layers.Add(name=f"{name}_attn_add")([x, branch])
    branch = _norm(f"{name}_norm2")(x)
    branch = _dense(_MLP_RATIO * spec.width, f"{name}_mlp_fc1")(branch)
    branch = layers.Activation("gelu", name=f"{name}_mlp_act")(branch)
    branch = _dense(spec.width, f"{name}_mlp_fc2")(branch)
    return layers.Add(name=f"{name}_out")([x, branch])


def _norm(name):
    return layers.LayerNormalization(epsilon=_EPSILON, name=name)


def _dense(units, name):
    return layers.Dense(units, kernel_initializer=_normal(), name=name)


def _normal():
    return keras.initializers.RandomNormal(stddev=_STDDEV)


def class_token(x):
    """The class token of a stage, (N, 1, 1, width): what the head sees."""
    others = x.shape[1] - 1
    return layers.Cropping2D(((0, others), (0, 0)), name="class_token")(x)


def _ends():
    """{stage: layer that it ends at}, bottom to top."""
    last = range(_BLOCKS_PER_STAGE - 1, DEPTH, _BLOCKS_PER_STAGE)
    ends = ["pos_embed", *(f"blocks_{index}_out" for index in last)]
    names = ["embed", *(f"block{i}" for i in range(1, len(ends)))]
    return {**dict(zip(names, ends, strict=True)), names[-1]: "norm"}


NETWORKS = {
    name: stages.Network(
        body=functools.partial(body, spec),
        outputs=_ends(),
        min_size=PATCH_SIZE,
        scaling=_SCALINGS[name],
        readout=class_token,
        multiple_of=PATCH_SIZE,
    )
    for name, spec in SPECS.items()
}
