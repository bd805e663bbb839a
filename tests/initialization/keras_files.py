"""Files as each Keras writes them, and what becomes of them."""

import pytest

from transfusion_tf.initialization import matching, weight_files

# Whole or weights alone, by each Keras that can write it so.
FORMS = [
    ("tf_keras", "weights", ".h5"),
    ("tf_keras", "whole", ".h5"),
    ("tf_keras", "weights", ".weights.h5"),
    ("tf_keras", "whole", ".keras"),
    ("keras", "whole", ".h5"),
    ("keras", "weights", ".weights.h5"),
    ("keras", "whole", ".keras"),
]
NAMELESS = FORMS[2]


def library(name):
    return pytest.importorskip(name)


def write(model, path, what):
    """Writes a model, whole or its weights alone; returns the path."""
    if what == "whole":
        model.save(path)
    elif path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save_weights(path, save_format="h5")
    return path


def refusal(backbone, path, stages=None):
    """The message that a file is refused with."""
    with pytest.raises(ValueError) as error:
        matching.plan(backbone, weight_files.read(path), stages=stages)
    message = str(error.value)
    assert "\n" not in message
    return message
