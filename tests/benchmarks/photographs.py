"""Made photographs, as large and as hard to compress as of a fundus camera."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from transfusion_tf.process import pool

SIZE = 2196, 1958  # Pixels across and down.
QUALITY = 95


def photograph(seed):
    """A JPEG of a disc on black, with vessels and noise, like a fundus."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    shade = rng.uniform(0.6, 1.0, (6, 6, 3)) * (200, 90, 40)
    image = Image.fromarray(shade.astype(np.uint8)).resize(
        SIZE, Image.Resampling.BICUBIC
    )
    draw = ImageDraw.Draw(image)
    for _ in range(25):
        angle = rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.2, 60).cumsum()
        steps = 25 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        path = steps.cumsum(axis=0) + rng.uniform((0, 0), SIZE)
        draw.line(
            [tuple(point) for point in path],
            fill=(110, 30, 20),
            width=int(rng.integers(3, 14)),
            joint="curve",
        )
    image = image.filter(ImageFilter.GaussianBlur(2))
    y, x = np.ogrid[:height, :width]
    inside = np.hypot(x - width / 2, y - height / 2) < height * 0.48
    # The noise of a sensor: fine, and coarser after its own processing.
    coarse = rng.normal(0, 3, (height // 2, width // 2, 1))
    noise = np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)
    noise = noise + rng.normal(0, 2.5, (height, width, 1))
    pixels = (np.asarray(image) + noise) * inside[..., None]
    buffer = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(
        buffer, "JPEG", quality=QUALITY
    )
    return buffer.getvalue()


def write(folder, num_images, num_workers):
    """Writes <folder>/<a or b>/<number>.jpg; returns their paths."""
    for name in "ab":
        (folder / name).mkdir(parents=True)
    paths = [folder / "ab"[i % 2] / f"{i}.jpg" for i in range(num_images)]
    with pool.Pool(None, num_workers) as workers:
        for _ in workers.run(_make, enumerate(paths)):
            pass
    return paths


def _make(_, task):
    seed, path = task
    path.write_bytes(photograph(seed))
