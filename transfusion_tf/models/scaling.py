"""Named input scalings, as layers inside the model.

A network always takes raw pixel values in [0, 255]; what its weights were
trained on is the business of the network, so that no caller can get it wrong.
"""

from keras import layers

from transfusion_tf import names

# {name: (scale, offset)} of pixel * scale + offset. `tf` is what
# keras.applications calls mode "tf": values in [-1, 1].
SCALINGS = {"tf": (1 / 127.5, -1.0)}


def scaling_layer(name):
    """A layer from [0, 255] to the range that `name` stands for."""
    names.check("input scaling", name, sorted(SCALINGS))
    scale, offset = SCALINGS[name]
    return layers.Rescaling(scale, offset, name=f"scaling_{name}")
