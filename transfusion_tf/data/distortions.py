"""Images that lose their shapes or their details, and keep the rest.

Each is a pure function of (images, ids, seed), and sizes are relative to the
side of an image, so that they mean the same at any size. Images are (n, side,
side, channels) in [0, 255], and leave as float32 in that range.
"""

import dataclasses
import hashlib

import numpy as np
from scipy import ndimage

from transfusion_tf import names


@dataclasses.dataclass(frozen=True)
class Distortion:
    """One way to distort images.

    Attributes:
      kind: one of KINDS.
      strength: of "block_shuffle" the number of blocks along a side at least;
        of "low_pass" and "high_pass" the standard deviation of a Gaussian, as
        a share of the side; 0 of "plain".
    """

    kind: str
    strength: float = 0.0

    def __post_init__(self):
        names.check("distortion", self.kind, KINDS)

    @property
    def label(self):
        """What a figure calls it, in two lines at most."""
        return _LABELS[self.kind].format(self.strength, 100 * self.strength)

    def pixels(self, side):
        """Side of a block, or the standard deviation, in pixels; 0 of plain.

        Args:
          side: of the images in pixels.

        Raises:
          ValueError: images have fewer pixels along a side than blocks.
        """
        if self.kind == "block_shuffle":
            return block_side(side, int(self.strength))
        return self.strength * side

    def apply(self, images, ids, *, seed):
        """Distorts a batch.

        Args:
          images: (n, side, side, channels) in [0, 255].
          ids: (n,) str, which with the seed determine what is drawn.
          seed: int.

        Returns:
          (n, side, side, channels) float32 in [0, 255].

        Raises:
          ValueError: as `pixels`.
        """
        images = np.asarray(images, np.float32)
        if self.kind == "plain":
            return images
        if self.kind == "block_shuffle":
            blocks = int(self.strength)
            drawn = [_generator(seed, name, blocks) for name in ids]
            pairs = zip(images, drawn, strict=True)
            return np.stack([block_shuffled(*pair, blocks) for pair in pairs])
        filtered = {"low_pass": low_pass, "high_pass": high_pass}[self.kind]
        return filtered(images, self.strength)


_LABELS = {
    "plain": "as it is",
    "block_shuffle": "blocks shuffled\n{0:g} a side",
    "low_pass": "low-pass\n{1:.3g}% of the side",
    "high_pass": "high-pass\n{1:.3g}% of the side",
}
KINDS = tuple(_LABELS)
PLAIN = Distortion("plain")


def block_side(side, blocks):
    """Pixels along a block, when there are to be so many along a side.

    Where these do not divide the side, blocks are of the whole pixels below,
    and there are as many as fit.

    Args:
      side: of the images in pixels.
      blocks: along a side, at least.

    Raises:
      ValueError: there are more blocks than pixels.
    """
    if not 1 <= blocks <= side:
        raise ValueError(
            f"Images of {side} pixels can be cut into 1 to {side} blocks along "
            f"a side. Received: {blocks}"
        )
    return side // blocks


def block_shuffled(image, rng, blocks):
    """Cuts an image into square blocks and lays them out in another order.

    Neyshabur et al. 2020 (arXiv:2008.11687): what is left are the features
    within a block, and statistics. Blocks are as of `block_side`; a rim of
    less than one block, which is too narrow for one more, stays where it is,
    half of it at each end of a side.

    Args:
      image: (side, side, channels).
      rng: NumPy generator.
      blocks: along a side, at least.

    Returns:
      (side, side, channels), each pixel of the image once.
    """
    side, channels = len(image), image.shape[-1]
    block = block_side(side, blocks)
    count = side // block
    rim = (side - count * block) // 2
    inner = slice(rim, rim + count * block)
    # (row of blocks, row in a block, column of blocks, column, channel)
    split = image[inner, inner].reshape(count, block, count, block, channels)
    pieces = split.swapaxes(1, 2).reshape(-1, block, block, channels)
    pieces = pieces[_another_order(rng, len(pieces))]
    split = pieces.reshape(count, count, block, block, channels)
    shuffled = image.copy()
    shuffled[inner, inner] = split.swapaxes(1, 2).reshape(
        count * block, count * block, channels
    )
    return shuffled


def _another_order(rng, count):
    """A random order that is not 0, 1, ..., where there is another one.

    Of four blocks one order in 24 would leave the image as it is, and be
    counted as one that the network kept its answer for.
    """
    order = rng.permutation(count)
    while count > 1 and (order == np.arange(count)).all():
        order = rng.permutation(count)
    return order


def low_pass(images, share):
    """Blurs images by a Gaussian, continued by reflection at their rims.

    Args:
      images: (n, side, side, channels).
      share: standard deviation as a share of the side.
    """
    sigma = share * images.shape[1]
    return ndimage.gaussian_filter(images, (0, sigma, sigma, 0))


def high_pass(images, share):
    """What `low_pass` takes away, about the mean of each image and channel.

    So the mean colour stays. What leaves [0, 255] is cut off.

    Args:
      images, share: as of `low_pass`.
    """
    means = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(images - low_pass(images, share) + means, 0, 255)


def _generator(seed, name, blocks):
    """Draws by seed, image and number of blocks, in whatever order."""
    digest = hashlib.sha256(f"{seed}:{name}:{blocks}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
