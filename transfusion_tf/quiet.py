"""Starting TensorFlow without its start-up notes."""

import os
import sys

from transfusion_tf import silence


def start_tensorflow():
    """Imports TensorFlow without what its C++ code then writes to stderr.

    Those notes come before any log level can hold them back. To be called
    before anything else imports TensorFlow; does nothing later on.
    """
    if "tensorflow" in sys.modules:
        return
    # Errors still arrive, as exceptions; set it to 0 to see everything.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0":
        return
    with silence.of_stderr:
        import tensorflow  # noqa: F401
