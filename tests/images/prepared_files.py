"""Images and their files for tests of bringing them into one form."""

import io

import numpy as np
from PIL import Image

from tests import image_files
from tests.image_files import encoded

SECRET = image_files.SECRET.decode()


def gradient(height=12, width=16, *, dtype=np.uint8, colour=True):
    """Values that tell every pixel and direction apart."""
    y, x = np.mgrid[:height, :width]
    grey = (x * 5 + y * 11) * (1 if dtype == np.uint8 else 200)
    planes = [grey, grey[::-1], grey[:, ::-1]]
    return (np.stack(planes, -1) if colour else grey).astype(dtype)


def opened(data):
    """The Pillow image of a file."""
    return Image.open(io.BytesIO(data))


def exif(orientation):
    """Exif data with an orientation and something to hide."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = SECRET
    return tags.tobytes()


def two_frames():
    """A TIFF file of two images: black, and white."""
    frames = [Image.new("L", (4, 4), value) for value in (0, 255)]
    return encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
